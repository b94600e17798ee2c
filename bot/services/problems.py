"""Delivery problems: the notices to the leaders, the read model of the list, and the retries a leader may ask for.

Telegram refuses a text   -> its occurrence is stopped, and the leaders are notified with Telegram's error message
a database is restored    -> deliveries that may have been sent are held, and the leaders are notified
a deadline is missed      -> nothing is sent, and the leaders are notified, once a day in working hours
a leader asks for a retry -> uncertain deliveries are retried, and missed occurrences are sent late
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.errors import Gone, existing
from bot.services import outbox
from bot.services.announcements import DELIVERABLE
from bot.turn import Actor, Db
from pals.quiet import QuietHours, when_to_send
from pals.roles import May
from pals.zone import to_utc, to_wall
from scheduler.message_kind import MessageKind, MessageKinds
from storage import announcements, audits, schools
from storage import problems as rows
from storage.corrections import SENT_BY
from storage.delivery import audiences, deliveries, occurrences
from storage.delivery.audiences import LEADERS
from storage.delivery.occurrences import OccurrenceRow
from storage.problems import ProblemRow
from storage.tables import DeliveryStatus, OccurrenceStatus

REFUSED = MessageKind("refused", audience=LEADERS, listed=False)
RESTORED = MessageKind("restored", audience=LEADERS, listed=False)
MISSED = MessageKind("missed", audience=LEADERS, listed=False)

RECENT = timedelta(days=14)
"""For how long a problem is listed, and may be retried."""

OUTSIDE_WORK_HOURS = QuietHours(time(17), time(7, 30))
"""The notice of missed deadlines comes in working hours, whatever a school's own quiet hours are."""

VALID_FOR = timedelta(days=2)
"""The new deadline of a retry, from when it was asked for."""


class ProblemState(StrEnum):
    """UNCERTAIN: may have arrived. FORGOTTEN: may have been sent before a restore. LATE: MISSED for some readers."""

    UNCERTAIN = "uncertain"
    FORGOTTEN = "forgotten"
    MISSED = "missed"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class DeliveryProblem:
    """Read model: an occurrence with uncertain or missed deliveries.

    `is_sendable` tells that it may be sent now: again to the uncertain readers, or late to all. An announcement is
    retried from its own card: `announcement_id` leads to it, None for other kinds.
    """

    occurrence: ProblemRow
    is_sendable: bool
    announcement_id: int | None = None

    @property
    def state(self) -> ProblemState:
        row = self.occurrence
        if row.uncertain:
            return ProblemState.UNCERTAIN
        if row.lost:
            return ProblemState.FORGOTTEN
        return (
            ProblemState.MISSED if row.was_never_expanded or row.missed == row.planned else ProblemState.LATE
        )


async def notify_refused(db: Db, school_id: int, occurrence_id: int, _reason: str, now: datetime) -> None:
    """Enqueues a notice to the leaders: this text was refused. Nothing, when it was such a notice itself."""
    refused = await occurrences.by_id(db, school_id, occurrence_id)
    if refused is not None and refused.kind not in (REFUSED.name, RESTORED.name, MISSED.name):
        await outbox.enqueue(db, school_id, REFUSED, str(occurrence_id), now=now)


async def notify_restored(db: Db, school_id: int, until: datetime, now: datetime) -> None:
    """Enqueues a notice to the leaders: deliveries due up to `until` are held."""
    await outbox.enqueue(db, school_id, RESTORED, until.isoformat(timespec="seconds"), now=now)


async def notify_missed(db: Db, kinds: MessageKinds, since: datetime, now: datetime) -> int:
    """Enqueues a notice to the leaders of each school where a deadline was missed since then. Returns how many.

    At most one a day, in working hours: what is missed later is in the next one.
    """
    notices = 0
    for school_id in await rows.just_missed(db, since, now, kinds.unlisted):
        school = await schools.by_id(db, school_id)
        assert school is not None  # noqa: S101 - foreign key of its occurrence
        zone = ZoneInfo(school.timezone)
        due = when_to_send(now, zone, OUTSIDE_WORK_HOURS)
        last = await rows.last_notice(db, school_id, MISSED.name, now + RECENT)
        if last is not None and last >= now:  # still to be sent, and composed then
            continue
        if not await _missed_since(db, kinds, school_id, last, now):
            continue
        day = to_wall(due, zone).date()
        if last is not None and to_wall(last, zone).date() == day:
            day += timedelta(days=1)
            due = when_to_send(to_utc(datetime.combine(day, time()), zone), zone, OUTSIDE_WORK_HOURS)
        await outbox.enqueue(db, school_id, MISSED, day.isoformat(), now=now, due=due)
        notices += 1
    return notices


async def find_refusal(db: Db, school_id: int, occurrence_id: int) -> tuple[OccurrenceRow, int] | None:
    """A refused occurrence, and how many readers have not got it; None when it is deleted or was not refused."""
    row = await occurrences.by_id(db, school_id, occurrence_id)
    if row is None or row.refusal is None:
        return None
    counts = await deliveries.count_by_status(db, school_id, row.id)
    return row, counts.get(DeliveryStatus.REFUSED, 0)


async def list_missed(
    db: Db, kinds: MessageKinds, school_id: int, notice_ref: str, now: datetime
) -> list[DeliveryProblem]:
    """The content of a notice: all deadlines missed since the notice before it."""
    notice = await occurrences.find(db, school_id, MISSED.name, notice_ref, "")
    if notice is None:
        return []
    last = await rows.last_notice(db, school_id, MISSED.name, notice.due_at)
    return await _views(db, kinds, school_id, await _missed_since(db, kinds, school_id, last, now), now)


async def list_recent(db: Db, kinds: MessageKinds, actor: Actor, now: datetime) -> list[DeliveryProblem]:
    """All problems of the actor's school, oldest first. Raises NotAllowed."""
    actor.must(May.ANNOUNCE)
    school_id = actor.school.id
    recent = await rows.of_school(db, school_id, now - RECENT, now, kinds.unlisted)
    return await _views(db, kinds, school_id, recent, now)


async def find_sendable(
    db: Db, kinds: MessageKinds, actor: Actor, occurrence_id: int, now: datetime
) -> tuple[DeliveryProblem, int] | None:
    """A problem that may be sent now, and to how many readers; None when it is settled. Raises as `send_late`."""
    row = await _find_sendable(db, kinds, actor, occurrence_id, now)
    if row is None:
        return None
    readers = row.uncertain
    if not readers and row.readers is not None:
        readers = await audiences.reach(db, actor.school.id, row.readers)
    return DeliveryProblem(row, is_sendable=True), readers


def is_missed(row: ProblemRow) -> bool:
    """Whether the deadline was missed for any reader, or the occurrence was forgotten by a restore."""
    return row.missed > 0 or row.status is OccurrenceStatus.MISSED


async def _missed_since(
    db: Db, kinds: MessageKinds, school_id: int, last_notice: datetime | None, now: datetime
) -> list[ProblemRow]:
    """The deadlines that were known to be missed after the last notice."""
    return [
        row
        for row in await rows.of_school(db, school_id, now - RECENT, now, kinds.unlisted)
        if is_missed(row)
        and (
            last_notice is None
            or (row.planned_at if row.was_never_expanded else row.too_late_at) > last_notice
        )
    ]


async def _views(
    db: Db, kinds: MessageKinds, school_id: int, problems: Iterable[ProblemRow], now: datetime
) -> list[DeliveryProblem]:
    views = []
    for row in problems:
        if (
            row.kind == SENT_BY
            and (sent := await announcements.by_id(db, school_id, int(row.ref))) is not None
        ):
            is_resendable = row.uncertain > 0 and sent.status in DELIVERABLE
            views.append(DeliveryProblem(row, is_resendable, sent.id))
        else:
            views.append(DeliveryProblem(row, row.kind != SENT_BY and _is_sendable(kinds, row, now)))
    return views


def _is_sendable(kinds: MessageKinds, row: ProblemRow, now: datetime) -> bool:
    """Whether it may be sent: again to uncertain readers, or late to all. Not if some readers have got it in time."""
    kind = kinds.by_name.get(row.kind)
    if kind is None or (not kind.worth_sending_late and now > row.too_late_at):
        return False
    return row.uncertain > 0 or (row.was_never_expanded and row.readers is not None)


async def resend_uncertain(db: Db, actor: Actor, occurrence_id: int, now: datetime) -> int:
    """Retries the uncertain deliveries of an occurrence, at the risk of duplicates. Returns their number.

    Idempotent: a second call finds none uncertain. Raises NotAllowed, and Gone for another school's occurrence.
    """
    actor.must(May.ANNOUNCE)
    school_id = actor.school.id
    occurrence = existing(await occurrences.by_id(db, school_id, occurrence_id))
    count = await deliveries.requeue_uncertain(db, school_id, occurrence_id, now)
    if count:
        await occurrences.extend_deadline(db, school_id, occurrence_id, now + VALID_FOR)
        if occurrence.status is OccurrenceStatus.HELD:
            await occurrences.set_status(db, school_id, occurrence_id, OccurrenceStatus.CLOSED)
        await audits.record(db, school_id, actor.person_id, now, "sent_again", ref=str(occurrence_id))
    return count


async def send_late(db: Db, kinds: MessageKinds, actor: Actor, occurrence_id: int, now: datetime) -> int:
    """Retries the uncertain deliveries, or sends a missed occurrence to all its readers. Returns their number.

    Idempotent: 0 when it is settled. Raises NotAllowed, and Gone for another school's occurrence and for an
    announcement, which is retried from its own card.
    """
    row = await _find_sendable(db, kinds, actor, occurrence_id, now)
    if row is None:
        return 0
    if row.uncertain:
        return await resend_uncertain(db, actor, occurrence_id, now)
    school_id = actor.school.id
    if row.readers is None or not await rows.reopen(db, school_id, occurrence_id, now + VALID_FOR):
        return 0
    count = await deliveries.create_for_audience(db, school_id, occurrence_id, row.readers, now)
    await audits.record(db, school_id, actor.person_id, now, "sent_late", ref=str(occurrence_id))
    return count


async def _find_sendable(
    db: Db, kinds: MessageKinds, actor: Actor, occurrence_id: int, now: datetime
) -> ProblemRow | None:
    """A sendable problem; None when it is settled. Raises as `send_late`."""
    actor.must(May.ANNOUNCE)
    school_id = actor.school.id
    occurrence = await occurrences.by_id(db, school_id, occurrence_id)
    if occurrence is None or occurrence.kind in (*kinds.unlisted, SENT_BY):
        raise Gone
    recent = await rows.of_school(db, school_id, now - RECENT, now, kinds.unlisted)
    row = next((row for row in recent if row.id == occurrence_id), None)
    return row if row is not None and _is_sendable(kinds, row, now) else None
