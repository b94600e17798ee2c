"""A reader says that they saw an announcement. It is counted once, and shown to nobody by name."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone, NotMember
from bot.services.announcements.correct import CORRECTABLE
from bot.services.announcements.write import AudienceChoice
from pals.rates import withheld
from storage import announcements, corrections, read_receipts
from storage.announcements import AnnouncementRow

ADULTS = frozenset({AudienceChoice.STAFF, AudienceChoice.TEAM})


def receipt_count(audience: str, sent: int, seen: int) -> int | None:
    """How many say that they saw an announcement; None when too few have got it for a number about them."""
    adults = audience in ADULTS
    return None if withheld(adults=sent if adults else None, pupils=None if adults else sent) else seen


async def record_receipt(
    db: AsyncSession, person_id: int | None, school_id: int, announcement_id: int, now: datetime
) -> AnnouncementRow:
    """This person saw the announcement they got. Saying so again changes nothing; no audit row tells who did.

    Raises NotMember for somebody unknown, and Gone for what this person never got, does not ask or was withdrawn.
    """
    if person_id is None:
        raise NotMember
    row = await announcements.by_id(db, school_id, announcement_id)
    got = await corrections.original(db, school_id, announcement_id, person_id)
    if row is None or got is None or not row.asks_seen or row.status not in CORRECTABLE:
        raise Gone
    await read_receipts.add(db, school_id, got.delivery_id, now)
    return row
