from collections.abc import AsyncIterator
import pytest, pytest_asyncio
from tests.conversations.announcing import *
from tests.people import *
from tests.turns import *
from storage.tables import DeliveryStatus

@pytest_asyncio.fixture
async def liv(database, heia):
    async with database.writing() as db:
        return await make_person(db, heia, Role.LEADER, name="Liv", language="en")

@pytest_asyncio.fixture
async def families(database, heia):
    async with database.writing() as db:
        return [await make_person(db, heia, Role.FAMILY, [g], language="en") for g in ("5B","5B","6A")]
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_x(database, liv, families):
    def show(r):
        print("-----"); print(r.text); print(labels(r), r.toast)
    c = Chat(database, liv)
    r = await c.command(); show(r)
    show(await c.tap(r, "of a grade"))
    r2 = await c.tap(r, "of a group"); show(r2)
    r = await c.tap(r2, "5B"); show(r)
    r = await c.type("Hei <b>du</b> {name} %s\n\n\n\nring 22 33 44 55"); show(r)
    show(await c.tap(r, "Change the text"))
    show(await c.type(""))
    r = await c.type("Nytt"); show(r)
    r = await c.tap(r, "Other readers"); show(r)
    r = await c.tap(r, "All families"); show(r)
    old = r
    r = await c.tap(r, "Send"); show(r)
    show(await c.tap(old, "Send"))
    road = Road(database, MovableClock(MONDAY, running=False), {families[0].telegram_id: Failed(DeliveryStatus.BLOCKED)})
    print(await road.deliver(MONDAY+MINUTE)); print(road.sent)
    c.now = MONDAY+MINUTE
    r = await c.tap(r, "Refresh"); show(r)
    r = await c.command(); show(r)
    r = await c.tap(r, "This month"); show(r)
    assert 0
