"""Mishaps: what goes wrong with messages, told to those who lead the school, and what they may do about the troubles.

Telegram refuses a text   -> it is stopped for everyone, and the leaders are told in Telegram's words
the database was restored -> what may have been sent is held, and the leaders are told of it
something was too late    -> it is not sent, and the leaders are told, once a day and by day
a leader wants it so      -> what is uncertain is sent once more, and what was missed after all
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone
from bot.services import outbox
from bot.turn import Actor
from pals.quiet import QuietHours, when_to_send
from pals.roles import May
from pals.zone import to_utc, to_wall
from scheduler.message_kind import MessageKind, MessageKinds
from storage import audits, schools
from storage import problems as rows
from storage.corrections import SENT_BY
from storage.delivery import audiences, deliveries, occurrences
from storage.delivery.audiences import LEADERS
from storage.problems import ProblemRow
from storage.tables import OccurrenceStatus

REFUSED = MessageKind("refused", audience=LEADERS, listed=False)
RESTORED = MessageKind("restored", audience=LEADERS, listed=False)
MISSED = MessageKind("missed", audience=LEADERS, listed=False)

RECENT = timedelta(days=14)
"""For how long what went wrong is shown, and may still be sent."""

OUTSIDE_WORK_HOURS = QuietHours(time(17), time(7, 30))
"""News of what was missed is for the working day, whatever hours a school keeps quiet."""

VALID_FOR = timedelta(days=2)
"""For how long after it was asked for, sending again is still worth trying."""


async def notify_refused(
    db: AsyncSession, school_id: int, occurrence_id: int, _reason: str, now: datetime
) -> None:
    """Enqueues a notice to the leaders: delivery of this text was stopped. Nothing, when it was such a notice itself."""
    stopped = await occurrences.by_id(db, school_id, occurrence_id)
    if stopped is not None and stopped.kind not in (REFUSED.name, RESTORED.name, MISSED.name):
        await outbox.enqueue(db, school_id, REFUSED, str(occurrence_id), now=now)


async def notify_restored(db: AsyncSession, school_id: int, until: datetime, now: datetime) -> None:
    """Queues a letter to the leaders: everything up to `until` is held."""
    await outbox.enqueue(db, school_id, RESTORED, until.isoformat(timespec="seconds"), now=now)


async def resend_uncertain(db: AsyncSession, actor: Actor, occurrence_id: int, now: datetime) -> int:
    """Sends an occurrence once more to those of whom nobody knows whether they got it. Returns how many that are.

    They may get it twice: only a leader can want that. Asking again adds nothing that is not uncertain anew.
    Raises NotAllowed, and Gone for an occurrence that is not the school's.
    """
    actor.must(May.ANNOUNCE)
    school = actor.school.id
    there = await occurrences.by_id(db, school, occurrence_id)
    if there is None:
        raise Gone
    again = await deliveries.send_again(db, school, occurrence_id, now)
    if again:
        await occurrences.extend_deadline(db, school, occurrence_id, now + VALID_FOR)
        if there.status is OccurrenceStatus.HELD:
            await occurrences.set_status(db, school, occurrence_id, OccurrenceStatus.CLOSED)
        await audits.record(db, school, actor.person_id, now, "sent_again", ref=str(occurrence_id))
    return again


# --- too late -----------------------------------------------------------------------------------------------


async def notify_missed(db: AsyncSession, kinds: MessageKinds, since: datetime, now: datetime) -> int:
    """Queues a letter to the leaders of each school where something has become too late since then.

    It comes in the working day, and only one a day: what is missed later waits for the next. Returns how many
    letters that is.
    """
    told = 0
    for school_id in await rows.just_missed(db, since, now, kinds.unlisted):
        school = await schools.by_id(db, school_id)
        assert school is not None  # noqa: S101 - its occurrence has it
        zone = ZoneInfo(school.timezone)
        due = when_to_send(now, zone, OUTSIDE_WORK_HOURS)
        last = await rows.last_notice(db, school_id, MISSED.name, now + RECENT)
        if last is not None and last >= now:  # it tells this too, when it comes
            continue
        if not await _missed_since(db, kinds, school_id, last, now):
            continue
        today = to_wall(due, zone).date()
        if last is not None and to_wall(last, zone).date() == today:
            today += timedelta(days=1)
            due = when_to_send(to_utc(datetime.combine(today, time()), zone), zone, OUTSIDE_WORK_HOURS)
        await outbox.enqueue(db, school_id, MISSED, today.isoformat(), now=now, due=due)
        told += 1
    return told


async def missed_before(
    db: AsyncSession, kinds: MessageKinds, school_id: int, due: datetime, now: datetime
) -> list[ProblemRow]:
    """What the letter that was due then is about: all that has become too late since the one before it."""
    return await _missed_since(
        db, kinds, school_id, await rows.last_notice(db, school_id, MISSED.name, due), now
    )


async def _missed_since(
    db: AsyncSession, kinds: MessageKinds, school_id: int, told: datetime | None, now: datetime
) -> list[ProblemRow]:
    found = await rows.of_school(db, school_id, now - RECENT, now, kinds.unlisted)
    return [one for one in found if is_missed(one) and (told is None or _noticed(one) > told)]


def is_missed(one: ProblemRow) -> bool:
    """Whether it was too late for anybody; what a restore has forgotten is counted among it."""
    return one.missed > 0 or one.status is OccurrenceStatus.MISSED


def _noticed(one: ProblemRow) -> datetime:
    """When it was known to be too late, at the earliest."""
    return one.planned_at if one.never_opened else one.too_late_at


# --- what a leader may do about it --------------------------------------------------------------------------


async def recent_problems(
    db: AsyncSession, kinds: MessageKinds, actor: Actor, now: datetime
) -> list[ProblemRow]:
    """All that may not have arrived at one's school, or was too late, oldest first. Raises NotAllowed."""
    actor.must(May.ANNOUNCE)
    return await rows.of_school(db, actor.school.id, now - RECENT, now, kinds.unlisted)


def is_sendable(kinds: MessageKinds, one: ProblemRow, now: datetime) -> bool:
    """Whether it is of any use to send it now: to the uncertain, or to all of what was never begun.

    What was too late for some only is not offered: the others have had it.
    """
    kind = kinds.by_name.get(one.kind)
    if kind is None or (not kind.worth_sending_late and now > one.too_late_at):
        return False
    return one.uncertain > 0 or (one.never_opened and one.readers is not None)


async def count_readers(db: AsyncSession, actor: Actor, one: ProblemRow) -> int:
    """How many readers would get it if it were sent now: those who are uncertain, or all it was for."""
    if one.uncertain or one.readers is None:
        return one.uncertain
    return await audiences.reach(db, actor.school.id, one.readers)


async def find_sendable(
    db: AsyncSession, kinds: MessageKinds, actor: Actor, occurrence_id: int, now: datetime
) -> ProblemRow | None:
    """What may still be sent; None when there is nothing left to do about it. Raises NotAllowed.

    Raises Gone for an occurrence that is not the school's, and for an announcement: that is sent from its own card.
    """
    there = next(
        (one for one in await recent_problems(db, kinds, actor, now) if one.id == occurrence_id), None
    )
    if there is None:
        known = await occurrences.by_id(db, actor.school.id, occurrence_id)
        if known is None or known.kind in (*kinds.unlisted, SENT_BY):
            raise Gone
        return None
    if there.kind == SENT_BY:
        raise Gone
    return there if is_sendable(kinds, there, now) else None


async def send_late(
    db: AsyncSession, kinds: MessageKinds, actor: Actor, occurrence_id: int, now: datetime
) -> int:
    """Sends it to the uncertain, or, when it was missed whole, to all its readers. Returns to how many.

    A second time there is nobody left. Raises as `find`.
    """
    there = await find_sendable(db, kinds, actor, occurrence_id, now)
    if there is None:
        return 0
    if there.uncertain:
        return await resend_uncertain(db, actor, occurrence_id, now)
    school = actor.school.id
    if there.readers is None or not await rows.reopen(db, school, occurrence_id, now + VALID_FOR):
        return 0
    count = await deliveries.create_for_audience(db, school, occurrence_id, there.readers, now)
    await audits.record(db, school, actor.person_id, now, "sent_late", ref=str(occurrence_id))
    return count
