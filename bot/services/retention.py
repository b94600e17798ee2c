"""What has been kept long enough is forgotten. Docs and the list under "Mer" tell people the same times."""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import announcements, audits, retention

DRAFTS = timedelta(days=1)
OUTSIDE = timedelta(days=30)
ANNOUNCEMENTS = timedelta(days=30)
UNDONE = timedelta(days=7)
DELIVERIES = timedelta(days=90)
WHO_LOGGED = timedelta(days=365)
RECORDS = timedelta(days=3 * 365)
AUDITS = timedelta(days=365)


async def apply_retention(db: AsyncSession, now: datetime) -> None:
    """Deletes drafts after a day, what was undone after a week, announcements never sent after 30 days.

    Deliveries go after 90 days, audit rows after a year.

    Who logged a record is forgotten after a year, and the record itself after three. A wish to join that got no yes
    goes after 30 days, and so does whoever is at no school.
    """
    await retention.delete_drafts(db, now - DRAFTS)
    await announcements.delete_unsent_before(db, now - ANNOUNCEMENTS)
    await retention.delete_undone(db, now - UNDONE)
    await retention.delete_deliveries(db, now - DELIVERIES)
    await retention.anonymize_records(db, now - WHO_LOGGED)
    await retention.delete_records(db, now - RECORDS)
    await audits.delete_before(db, now - AUDITS)
    await retention.delete_unanswered_requests(db, now - OUTSIDE)
    await retention.delete_outsiders(db, now - OUTSIDE)
