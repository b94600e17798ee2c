"""What became of an announcement, its newest correction and its withdrawal, counted from their deliveries."""

from dataclasses import dataclass
from typing import Self

from bot.services.announcements import write as announcements
from bot.services.announcements.write import UNSETTLED, AnnouncementAudience
from bot.services.read_receipts import receipt_count
from bot.turn import Db
from storage import read_receipts
from storage.announcements import AnnouncementRow
from storage.corrections import CORRECTED_BY, SENT_BY, WITHDRAWN_BY
from storage.delivery import audiences, status_counts
from storage.delivery.status_counts import StatusCounts
from storage.tables import DeliveryStatus, OccurrenceStatus

CELLS = 10
TAKES_READERS = frozenset({OccurrenceStatus.PLANNED, OccurrenceStatus.GOING})


@dataclass(frozen=True, slots=True)
class Tally:
    """How many deliveries stand where. `blocked` are those who have closed their chat."""

    total: int = 0
    sent: int = 0
    waiting: int = 0
    blocked: int = 0
    uncertain: int = 0
    refused: int = 0
    missed: int = 0
    cancelled: int = 0

    @classmethod
    def of(cls, counts: StatusCounts) -> Self:
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
    def failed(self) -> int:
        """Of a revision: chats in which it could not be made. Those that were left out had no need of it."""
        return self.blocked + self.refused + self.missed

    @property
    def wanted(self) -> int:
        """Of a revision: chats in which it is to be made."""
        return self.total - self.cancelled

    def bar(self, stopped: bool = False) -> str:
        """`▓▓▓▓░░░░░░`; full only when all is done. What was `stopped` stays where it had come to."""
        left = self.waiting + (self.cancelled if stopped else 0)
        full = CELLS * (self.total - left) // self.total if self.total else CELLS
        return "▓" * full + "░" * (CELLS - full)


@dataclass(frozen=True, slots=True)
class AnnouncementNumbers:
    """`seen` is None when it was not asked for, or is withheld. While it is `open` more readers may come."""

    sent: Tally
    open: bool
    edit: Tally | None
    withdrawal: Tally | None
    asks_seen: bool
    seen: int | None

    @property
    def waiting(self) -> int:
        """Deliveries of any kind that are still to be made."""
        return sum(tally.waiting for tally in (self.sent, self.edit, self.withdrawal) if tally is not None)


async def count_deliveries(db: Db, row: AnnouncementRow) -> AnnouncementNumbers:
    """Counted anew; before it is due, as many wait as it would reach just now.

    How many saw it is withheld when fewer got it than a number may be about.
    """
    occurrence = await announcements.occurrence_of(db, row.school_id, row.id)
    became = await status_counts.by_kind_and_slot(db, row.school_id, row.id)
    corrections = sorted(int(slot) for kind, slot in became if kind == CORRECTED_BY)
    counts = became.get((SENT_BY, ""), {})
    if occurrence is not None and occurrence.status is OccurrenceStatus.PLANNED:
        counts = {
            DeliveryStatus.WAITING: await audiences.reach(
                db, row.school_id, AnnouncementAudience.of(row).audience
            )
        }
    sent = Tally.of(counts)
    return AnnouncementNumbers(
        sent=sent,
        open=occurrence is not None and occurrence.status in TAKES_READERS,
        edit=Tally.of(became[CORRECTED_BY, str(corrections[-1])]) if corrections else None,
        withdrawal=Tally.of(became[WITHDRAWN_BY, ""]) if (WITHDRAWN_BY, "") in became else None,
        asks_seen=row.asks_seen,
        seen=receipt_count(row.audience, sent.sent, await read_receipts.count(db, row.school_id, row.id))
        if row.asks_seen
        else None,
    )
