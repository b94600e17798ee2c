"""Resolves an update to a Turn: the person, their role at a school, their language."""

from collections.abc import Callable
from datetime import datetime

from bot.feature import FeatureSet
from bot.i18n import language, negotiate
from bot.services.roles import actor_of
from bot.turn import Db, Turn, Visitor, start_command
from storage import people


async def turn_of(
    db: Db,
    now: datetime,
    features: FeatureSet,
    visitor: Visitor,
    message_id: int,
    sent_at: datetime | None,
    text: str = "",
    join_link: Callable[[str], str] = start_command,
    *,
    pressed: int | None = None,
) -> Turn:
    """Builds the turn; without an actor when the visitor has no active role at a school.

    The idempotency key holds the message's time (`sent_at`) too, because another bot, or a chat server that lost its
    memory, counts message ids from the beginning again.

    A person with several roles gets letters for each of them. A tap on a letter (the message `pressed`) acts in the
    role that it was sent to, for this turn only: the current role stays.
    """
    row = await people.actor(db, visitor.telegram_id)
    if row is not None and row.has_other_roles and pressed is not None:
        row = await people.actor_of_message(db, row.person_id, pressed) or row
    return Turn(
        db=db,
        now=now,
        language=language(negotiate(row.language if row is not None else visitor.phone_language)),
        features=features,
        visitor=visitor,
        message_id=message_id,
        idempotency_key=f"{visitor.telegram_id}:{message_id}:{int(sent_at.timestamp()) if sent_at else 0}",
        person_id=row.person_id if row is not None else None,
        maybe_actor=actor_of(row) if row is not None else None,
        text=text,
        join_link=join_link,
        unreachable=row is not None and not row.reachable,
    )
