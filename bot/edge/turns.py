"""From somebody in a chat to a Turn: who they are to us, in which role, in which language."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.language import known, language
from bot.turn import Actor, Here, Origin, Turn, Visitor, by_hand
from storage import people
from storage.people import ActorRow
from storage.tables import Standing


async def turn_of(
    db: AsyncSession,
    now: datetime,
    visitor: Visitor,
    origin: Origin,
    text: str = "",
    join_link: Callable[[str], str] = by_hand,
    *,
    pressed: int | None = None,
) -> Turn:
    """The turn of whoever is in the chat; without an actor when they have no active role at a school.

    Somebody with several roles gets letters for each of them. A tap on a letter (the message `pressed`) acts in the
    role it was sent to, whichever they are in just now, and leaves them in that one.
    """
    row = await people.actor(db, visitor.telegram_id)
    if row is not None and not row.reachable:
        # The news that they came back was lost, or overtaken by a refusal from before: here they are.
        await people.set_reachable(db, visitor.telegram_id, True)
    if row is not None and row.several and pressed is not None:
        row = await people.reader(db, row.person_id, pressed) or row
    return Turn(
        db=db,
        now=now,
        language=language(known(row.language if row is not None else visitor.phone_language)),
        visitor=visitor,
        origin=origin,
        person_id=row.person_id if row is not None else None,
        somebody=_actor(row) if row is not None else None,
        text=text,
        join_link=join_link,
    )


def _actor(row: ActorRow) -> Actor | None:
    if (
        row.membership_id is None
        or row.role is None
        or row.school_id is None
        or row.slug is None
        or row.school_name is None
        or row.timezone is None
        or row.languages is None
        or row.standing is not Standing.ACTIVE
    ):
        return None
    here = Here(row.school_id, row.slug, row.school_name, ZoneInfo(row.timezone), tuple(row.languages))
    return Actor(row.person_id, row.telegram_id, row.membership_id, row.role, here)
