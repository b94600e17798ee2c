"""Read models of announcements: delivery report, previews and lists, computed from the deliveries."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Self

from bot.content import typed_text
from bot.i18n import negotiate
from bot.services.announcements import CORRECTABLE, DELIVERABLE
from bot.services.announcements.audience import AnnouncementAudience, NamedAudience, name_audience
from bot.services.announcements.correct import is_deletable
from bot.services.announcements.read_receipts import receipt_count
from bot.services.announcements.write import (
    GRACE,
    find_occurrence,
    fingerprint,
    send_time,
    text_fingerprint,
)
from bot.turn import Actor, Db
from pals.roles import May
from pals.zone import to_utc
from storage import announcements, read_receipts
from storage.announcements import AnnouncementRow
from storage.corrections import CORRECTED_BY, SENT_BY, WITHDRAWN_BY
from storage.delivery import audiences, status_counts
from storage.delivery.occurrences import OccurrenceRow
from storage.delivery.status_counts import StatusCounts
from storage.tables import AnnouncementStatus, DeliveryStatus, OccurrenceStatus

UNSETTLED = frozenset({DeliveryStatus.WAITING, DeliveryStatus.CLAIMED, DeliveryStatus.SENDING})
"""The delivery statuses without an outcome."""

LATEST = 3
IN_MONTH = 20  # a list of twice as many would not fit in one message


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """Numbers of deliveries by outcome. `waiting` has none yet; `blocked` readers have closed their chat."""

    total: int = 0
    sent: int = 0
    waiting: int = 0
    blocked: int = 0
    uncertain: int = 0
    refused: int = 0
    missed: int = 0
    cancelled: int = 0

    @classmethod
    def from_statuses(cls, counts: StatusCounts) -> Self:
        return cls(
            total=sum(counts.values()),
            sent=counts.get(DeliveryStatus.SENT, 0),
            waiting=sum(counts.get(status, 0) for status in UNSETTLED),
            blocked=counts.get(DeliveryStatus.BLOCKED, 0) + counts.get(DeliveryStatus.GONE, 0),
            uncertain=counts.get(DeliveryStatus.UNCERTAIN, 0),
            refused=counts.get(DeliveryStatus.REFUSED, 0),
            missed=counts.get(DeliveryStatus.MISSED, 0),
            cancelled=counts.get(DeliveryStatus.CANCELLED, 0),
        )

    @property
    def settled(self) -> int:
        """The number with an outcome."""
        return self.total - self.waiting

    @property
    def failed(self) -> int:
        """Of a correction or withdrawal: chats in which it could not be made. A cancelled one was not needed."""
        return self.blocked + self.refused + self.missed

    @property
    def needed(self) -> int:
        """Of a correction or withdrawal: chats in which it is to be made."""
        return self.total - self.cancelled


@dataclass(frozen=True, slots=True)
class AnnouncementCounts:
    """The delivery counts of an announcement, of its newest correction and of its withdrawal.

    `accepts_readers` while members who join are still sent it. `seen` is None when receipts are not requested, or
    withheld.
    """

    sent: DeliveryCounts
    accepts_readers: bool
    correction: DeliveryCounts | None
    withdrawal: DeliveryCounts | None
    seen: int | None

    @property
    def waiting(self) -> int:
        """All deliveries without an outcome."""
        return sum(c.waiting for c in (self.sent, self.correction, self.withdrawal) if c is not None)

    @property
    def is_final(self) -> bool:
        """Whether the counts can no longer change without a leader's action."""
        return not self.accepts_readers and not self.waiting


@dataclass(frozen=True, slots=True)
class AnnouncementReport:
    """The delivery report, the content of the progress card: how far it has come, and what a leader may do.

    `resendable` is the number of uncertain deliveries that may be retried.
    """

    announcement: AnnouncementRow
    audience: NamedAudience
    counts: AnnouncementCounts
    due_at: datetime
    has_begun: bool
    unreachable: int
    can_stop: bool
    can_correct: bool
    can_withdraw: bool
    resendable: int


@dataclass(frozen=True, slots=True)
class AnnouncementPreview:
    """An unsent announcement: how many read it in which language (the most read first), and when it would go out."""

    announcement: AnnouncementRow
    audience: NamedAudience
    readers_by_language: dict[str, int]
    sends_at: datetime
    is_delayed: bool
    has_contact: bool
    fingerprint: str

    @property
    def readers(self) -> int:
        return sum(self.readers_by_language.values())


@dataclass(frozen=True, slots=True)
class CorrectionPreview:
    """An unconfirmed correction: sent messages would be edited, waiting ones sent with the new text."""

    audience: NamedAudience
    text: str
    counts: DeliveryCounts
    has_contact: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class AnnouncementOutcome:
    """A list entry; `counts` is None while it has no deliveries."""

    announcement: AnnouncementRow
    audience: NamedAudience
    counts: DeliveryCounts | None


async def count_deliveries(db: Db, row: AnnouncementRow) -> AnnouncementCounts:
    """Counts the deliveries; before the due time, the current readers of the audience count as waiting."""
    return await _count(db, row, await find_occurrence(db, row.school_id, row.id))


async def _count(db: Db, row: AnnouncementRow, occurrence: OccurrenceRow | None) -> AnnouncementCounts:
    statuses = await status_counts.by_kind_and_slot(db, row.school_id, row.id)
    if occurrence is not None and occurrence.status is OccurrenceStatus.PLANNED:
        rule = AnnouncementAudience.from_row(row).rule
        statuses[SENT_BY, ""] = {DeliveryStatus.WAITING: await audiences.reach(db, row.school_id, rule)}
    counts = {key: DeliveryCounts.from_statuses(found) for key, found in statuses.items()}
    corrections = [int(slot) for kind, slot in counts if kind == CORRECTED_BY]
    sent, seen = counts.get((SENT_BY, ""), DeliveryCounts()), None
    if row.asks_seen:
        seen = receipt_count(row.audience, sent.sent, await read_receipts.count(db, row.school_id, row.id))
    return AnnouncementCounts(
        sent=sent,
        accepts_readers=occurrence is not None
        and occurrence.status in (OccurrenceStatus.PLANNED, OccurrenceStatus.GOING),
        correction=counts[CORRECTED_BY, str(max(corrections))] if corrections else None,
        withdrawal=counts.get((WITHDRAWN_BY, "")),
        seen=seen,
    )


async def delivery_report(db: Db, row: AnnouncementRow, now: datetime) -> AnnouncementReport:
    occurrence = await find_occurrence(db, row.school_id, row.id)
    counts = await _count(db, row, occurrence)
    sent = counts.sent
    unreachable, due, is_recent = 0, row.created_at, False
    if occurrence is not None:
        rule = AnnouncementAudience.from_row(row).rule
        unreachable = await audiences.unreachable(db, row.school_id, rule, occurrence.id)
        due, is_recent = occurrence.due_at, is_deletable(occurrence, now)
    is_sending, is_correctable = row.status is AnnouncementStatus.SENDING, row.status in CORRECTABLE
    return AnnouncementReport(
        announcement=row,
        audience=await _name_audience(db, row),
        counts=counts,
        due_at=due,
        has_begun=now >= due or sent.waiting < sent.total,
        unreachable=unreachable,
        can_stop=is_sending and counts.waiting > 0,
        can_correct=is_correctable and (sent.sent > 0 or (is_sending and sent.waiting > 0)),
        can_withdraw=is_correctable and is_recent and sent.sent > 0,
        resendable=sent.uncertain if row.status in DELIVERABLE else 0,
    )


async def preview(db: Db, actor: Actor, row: AnnouncementRow, now: datetime) -> AnnouncementPreview:
    rule = AnnouncementAudience.from_row(row).rule
    readers: dict[str, int] = {}
    for code, count in (await audiences.languages(db, actor.school.id, rule)).items():
        readers[negotiate(code)] = readers.get(negotiate(code), 0) + count
    sends_at = await send_time(db, actor, now)
    return AnnouncementPreview(
        announcement=row,
        audience=await _name_audience(db, row),
        readers_by_language=readers,
        sends_at=sends_at,
        is_delayed=sends_at > now + GRACE,
        has_contact=typed_text.contact_in(row.text),
        fingerprint=fingerprint(row),
    )


async def preview_correction(db: Db, row: AnnouncementRow) -> CorrectionPreview:
    text = row.new_text or row.text
    counts = (await count_deliveries(db, row)).sent
    named = await _name_audience(db, row)
    return CorrectionPreview(named, text, counts, typed_text.contact_in(text), text_fingerprint(text))


async def list_latest(db: Db, actor: Actor) -> list[AnnouncementRow]:
    """The latest announcements that the actor may see, newest first. Raises NotAllowed."""
    actor.must(May.ANNOUNCE)
    return await announcements.latest(db, actor.school.id, LATEST, visible_to=actor.person_id)


async def list_month(db: Db, actor: Actor, month: date) -> list[AnnouncementOutcome]:
    """The announcements written since the first of a month, with their outcomes, newest first. Raises NotAllowed."""
    actor.must(May.ANNOUNCE)
    school = actor.school
    since = to_utc(datetime.combine(month.replace(day=1), time()), school.zone)
    rows = await announcements.latest(db, school.id, IN_MONTH, visible_to=actor.person_id, since=since)
    statuses = await status_counts.by_announcement(db, school.id, [row.id for row in rows])
    counts = {row_id: DeliveryCounts.from_statuses(found) for row_id, found in statuses.items()}
    return [AnnouncementOutcome(row, await _name_audience(db, row), counts.get(row.id)) for row in rows]


async def _name_audience(db: Db, row: AnnouncementRow) -> NamedAudience:
    return await name_audience(db, row.school_id, AnnouncementAudience.from_row(row))
