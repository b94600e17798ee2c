"""Sent announcements with read receipts, for tests of the counts."""

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services import outbox
from bot.services.announcements.write import ANNOUNCEMENT
from pals.roles import Role
from storage import announcements, read_receipts
from storage.delivery import claims, outcomes
from storage.delivery.audiences import Audience
from storage.delivery.outcomes import Outcome
from storage.tables import DeliveryStatus
from tests.support.people import MadeSchool, make_person
from tests.support.turns import MONDAY


async def seen_by_two(db: AsyncSession, school: MadeSchool, readers: int, *, asks: bool) -> None:
    """An announcement to this many new teachers, each its own reader; two of them send read receipts."""
    leader = await make_person(db, school, Role.LEADER)
    this = await announcements.create(db, school.id, leader.id, "staff", "Hei", now=MONDAY)
    await announcements.update_unsent(db, school.id, this, leader.id, asks_seen=asks)
    for _ in range(readers):
        reader = Audience(person_id=(await make_person(db, school, Role.STAFF)).id)
        await outbox.enqueue(db, school.id, ANNOUNCEMENT, str(this), reader, now=MONDAY)
    claimed = await claims.claim(db, "w", MONDAY, MONDAY, readers)
    sent = [Outcome(each.id, DeliveryStatus.SENT, message_id=7, sent_at=MONDAY) for each in claimed]
    await outcomes.record(db, "w", sent)
    for each in claimed[:2]:
        await read_receipts.add(db, school.id, each.id, MONDAY)
