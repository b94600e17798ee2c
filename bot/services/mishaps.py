"""What went wrong with messages, told to those who lead the school, and what they may do about it.

Telegram refuses a text  -> it is stopped for everyone, and the leaders are told in Telegram's words
the database was restored -> what may have been sent is held, and the leaders are told how much that is
a leader wants it so      -> what is uncertain is sent once more
"""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone
from bot.services import outbox
from bot.services.outbox import Errand
from bot.turn import Actor
from pals.roles import May, Role
from storage import audits, deliveries, occurrences
from storage.audiences import Audience
from storage.tables import OccurrenceStatus

LEADERS = Audience(frozenset({Role.LEADER}))
ABOUT_MISHAPS = frozenset({Errand.REFUSED, Errand.RESTORED})

KEEPS = timedelta(days=2)
"""For how long after it was asked for, sending again is still worth trying."""


async def tell_refused(
    db: AsyncSession, school_id: int, occurrence_id: int, words: str, now: datetime
) -> None:
    """Queues a letter to the leaders: this text was stopped. Nothing, when it was such a letter itself."""
    stopped = await occurrences.one(db, school_id, occurrence_id)
    if stopped is not None and stopped.kind not in ABOUT_MISHAPS:
        await outbox.put(db, school_id, Errand.REFUSED, str(occurrence_id), LEADERS, now=now)


async def tell_held(db: AsyncSession, school_id: int, until: datetime, now: datetime) -> None:
    """Queues a letter to the leaders: everything up to `until` is held."""
    await outbox.put(db, school_id, Errand.RESTORED, until.isoformat(timespec="seconds"), LEADERS, now=now)


async def send_again_uncertain(db: AsyncSession, actor: Actor, occurrence_id: int, now: datetime) -> int:
    """Sends an occurrence once more to those of whom nobody knows whether they got it. Returns how many that are.

    They may get it twice: only a leader can want that. Asking again adds nothing that is not uncertain anew.
    Raises NotAllowed, and Gone for an occurrence that is not the school's.
    """
    actor.must(May.ANNOUNCE)
    school = actor.school.id
    there = await occurrences.one(db, school, occurrence_id)
    if there is None:
        raise Gone
    again = await deliveries.send_again(db, school, occurrence_id, now)
    if again:
        await occurrences.keep_until(db, school, occurrence_id, now + KEEPS)
        if there.status is OccurrenceStatus.HELD:
            await occurrences.set_status(db, school, occurrence_id, OccurrenceStatus.CLOSED)
        await audits.leave(db, school, actor.person_id, now, "sent_again", ref=str(occurrence_id))
    return again
