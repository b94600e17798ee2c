"""What has been kept long enough is forgotten. Docs and the list under "Mer" tell people the same times."""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import audits, retention

DRAFTS = timedelta(days=1)
OUTSIDE = timedelta(days=30)
UNDONE = timedelta(days=7)
DELIVERIES = timedelta(days=90)
WHO_LOGGED = timedelta(days=365)
RECORDS = timedelta(days=3 * 365)
AUDITS = timedelta(days=365)


async def tidy(db: AsyncSession, now: datetime) -> None:
    """Deletes drafts after a day, what was undone after a week, deliveries after 90 days, audit rows after a year.

    Who logged a record is forgotten after a year, and the record itself after three. A wish to join that got no yes
    goes after 30 days, and so does whoever is at no school.
    """
    await retention.drop_drafts(db, now - DRAFTS)
    await retention.drop_undone(db, now - UNDONE)
    await retention.drop_deliveries(db, now - DELIVERIES)
    await retention.forget_who(db, now - WHO_LOGGED)
    await retention.drop_records(db, now - RECORDS)
    await audits.drop_before(db, now - AUDITS)
    await retention.drop_unanswered(db, now - OUTSIDE)
    await retention.forget_outsiders(db, now - OUTSIDE)
