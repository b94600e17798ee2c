"""Read receipts: a reader confirms that they saw an announcement. Counted once, and never shown by name."""

from dataclasses import dataclass
from datetime import datetime

from bot.errors import Gone, NotMember
from bot.services.announcements import CORRECTABLE, DELIVERABLE
from bot.services.announcements.audience import AudienceChoice
from bot.turn import Db
from pals.rates import withheld
from storage import announcements, corrections, read_receipts, schools
from storage.announcements import AnnouncementRow
from storage.tables import DeliveryStatus

ADULTS = frozenset({AudienceChoice.STAFF, AudienceChoice.TEAM})


@dataclass(frozen=True, slots=True)
class ReaderCopy:
    """Read model: an announcement as one reader has it.

    `is_delivered` also while its delivery is in flight; `message_id` is known only afterwards. `has_receipt` tells
    that the reader has confirmed it.
    """

    announcement: AnnouncementRow
    is_delivered: bool
    message_id: int | None
    has_receipt: bool


def receipt_count(audience: str, sent: int, seen: int) -> int | None:
    """The number of read receipts; None (withheld) when the announcement was sent to too few readers."""
    adults = audience in ADULTS
    return None if withheld(adults=sent if adults else None, pupils=None if adults else sent) else seen


async def find_deliverable(db: Db, school_id: int, announcement_id: int) -> AnnouncementRow | None:
    """The announcement for a first delivery; None when it was stopped or withdrawn meanwhile."""
    row = await announcements.by_id(db, school_id, announcement_id)
    return row if row is not None and row.status in DELIVERABLE else None


async def find_copy(db: Db, school_id: int, announcement_id: int, person_id: int) -> ReaderCopy | None:
    """What a reader has of an announcement; None when the announcement is deleted."""
    row = await announcements.by_id(db, school_id, announcement_id)
    if row is None:
        return None
    original = await corrections.original(db, school_id, announcement_id, person_id)
    if original is None or original.status not in (DeliveryStatus.SENT, DeliveryStatus.SENDING):
        return ReaderCopy(row, is_delivered=False, message_id=None, has_receipt=False)
    asked = row.asks_seen and row.status in CORRECTABLE
    has_receipt = asked and await read_receipts.is_recorded(db, school_id, original.delivery_id)
    return ReaderCopy(row, is_delivered=True, message_id=original.message_id, has_receipt=has_receipt)


async def record_receipt(
    db: Db, person_id: int | None, school_id: int, announcement_id: int, now: datetime
) -> tuple[AnnouncementRow, str]:
    """Records a person's read receipt. Returns the announcement and its school's name.

    Idempotent: one receipt a delivery. It leaves no audit row, which would name the reader. Raises NotMember for an
    unknown person, and Gone when this person was not sent it, it has no receipts, or it was withdrawn.
    """
    if person_id is None:
        raise NotMember
    row = await announcements.by_id(db, school_id, announcement_id)
    original = await corrections.original(db, school_id, announcement_id, person_id)
    if row is None or original is None or not row.asks_seen or row.status not in CORRECTABLE:
        raise Gone
    await read_receipts.add(db, school_id, original.delivery_id, now)
    school = await schools.by_id(db, school_id)
    return row, school.name if school is not None else ""
