"""Clock changes: daylight saving time, a machine that was suspended, and a clock that was set back."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlmodel import update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services import outbox
from bot.services.announcements.write import ANNOUNCEMENT
from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer, Failed, Sent
from scheduler.plan import plan_due
from storage.database import Database
from storage.delivery.audiences import FAMILIES
from storage.delivery.claims import Claimed
from storage.tables import DeliveryStatus, School
from tests.support.features import KINDS
from tests.support.people import MadePerson, MadeSchool, make_person, make_school

OSLO = ZoneInfo("Europe/Oslo")
HOUR = timedelta(hours=1)


async def as_it_is(_db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
    return claimed


class Wall:
    """A worker on a fake clock; records each message with the school's local time."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = MovableClock(datetime(2026, 1, 1, tzinfo=UTC), running=False)
        self.got: list[tuple[str, int, datetime]] = []
        self.kinds = KINDS
        self.fails = 0
        self.deliverer = Deliverer(database, self.clock, "one", as_it_is, self.send)

    async def send(self, claimed: Claimed, chat: int) -> Sent | Failed:
        if self.fails:
            self.fails -= 1
            return Failed(DeliveryStatus.WAITING, "no connection", retry_in=timedelta(seconds=5))
        self.got.append((claimed.kind, chat, self.clock.now().astimezone(OSLO).replace(tzinfo=None)))
        return Sent(1)

    async def begin(self, now: datetime) -> None:
        """The clock shows this, and everything up to it has been planned."""
        self.clock.set(now)
        async with self.database.writing() as db:
            await db.exec(update(School).values(planned_until=now))

    async def tick(self, now: datetime) -> None:
        self.clock.set(now)
        await plan_due(self.database, self.kinds, now)
        while await self.deliverer.deliver():
            pass

    def of(self, kind: str) -> list[datetime]:
        return [at for each, _, at in self.got if each == kind]


@pytest_asyncio.fixture
async def wall(database: Database) -> Wall:
    return Wall(database)


@pytest.mark.parametrize("sunday", [date(2026, 10, 25), date(2027, 3, 28)])
async def test_a_message_delayed_by_quiet_hours_is_sent_once_across_a_dst_change(
    wall: Wall, database: Database, sunday: date
) -> None:
    """Due at ten on Saturday night, in the quiet hours of the school (until 06:30) and of each reader."""
    evening = datetime.combine(sunday - timedelta(days=1), time(22), OSLO).astimezone(UTC)
    async with database.writing() as db:
        school = await make_school(db)
        early = await make_person(db, school, Role.FAMILY, quiet=(time(22), time(2, 30)))
        late = await make_person(db, school, Role.FAMILY, quiet=(time(2, 30), time(9)))
    await wall.begin(evening)
    async with database.writing() as db:
        await outbox.enqueue(db, school.id, ANNOUNCEMENT, "1", FAMILIES, now=evening)
    for minute in range(0, 14 * 60, 10):
        await wall.tick(evening + timedelta(minutes=minute))
    assert wall.got == [
        ("announcement", early.telegram_id, datetime.combine(sunday, time(6, 30))),
        ("announcement", late.telegram_id, datetime.combine(sunday, time(9))),
    ]


async def test_after_six_hours_of_suspend_what_is_before_its_deadline_is_sent_once(
    wall: Wall, database: Database, heia: MadeSchool, greet: MadePerson, amir: MadePerson
) -> None:
    """Suspended from 07:00 to 13:00 on the first Monday of November, when the focus and the practice are due."""
    asleep = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
    await wall.begin(asleep)
    async with database.writing() as db:
        await outbox.enqueue(
            db, heia.id, ANNOUNCEMENT, "1", FAMILIES, now=asleep, due=asleep + timedelta(minutes=1)
        )
    awake = asleep + 6 * HOUR
    await wall.tick(awake)
    await wall.tick(awake + timedelta(seconds=20))
    assert Counter((kind, chat) for kind, chat, _ in wall.got) == {
        ("announcement", amir.telegram_id): 1,
        ("focus_staff", greet.telegram_id): 1,
        ("prompt", greet.telegram_id): 1,
    }


async def test_a_clock_set_back_an_hour_neither_duplicates_nor_loses_a_message(
    wall: Wall, database: Database, heia: MadeSchool, greet: MadePerson, amir: MadePerson
) -> None:
    """It is set back while a retry is pending: that retry happens when the clock reaches its time again."""
    start = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
    await wall.begin(start)
    async with database.writing() as db:
        await outbox.enqueue(db, heia.id, ANNOUNCEMENT, "1", FAMILIES, now=start)
    wall.fails = 1
    await wall.tick(start)
    for minute in range(0, 46, 5):
        await wall.tick(start + timedelta(minutes=minute))
    back = start - timedelta(minutes=15)
    for minute in range(0, 121, 5):
        await wall.tick(back + timedelta(minutes=minute))
    assert Counter((kind, chat) for kind, chat, _ in wall.got) == {
        ("announcement", amir.telegram_id): 1,
        ("focus_staff", greet.telegram_id): 1,
        ("prompt", greet.telegram_id): 1,
    }


async def test_a_delivery_waiting_when_the_clock_is_set_back_is_sent_when_due_again(
    wall: Wall, database: Database, heia: MadeSchool, amir: MadePerson
) -> None:
    start = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    await wall.begin(start)
    async with database.writing() as db:
        await outbox.enqueue(
            db, heia.id, ANNOUNCEMENT, "1", FAMILIES, now=start, due=start + timedelta(minutes=1)
        )
    await wall.tick(start - HOUR)
    assert wall.got == []
    await wall.tick(start + timedelta(minutes=1))
    assert [chat for _, chat, _ in wall.got] == [amir.telegram_id]
