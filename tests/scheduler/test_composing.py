"""What goes wrong between claiming and sending: with the database, or while the reader comes back."""

from collections import Counter
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer
from scheduler.plan import plan_due
from storage import people
from storage.database import Database
from storage.delivery.claims import Claimed
from tests.scheduler.test_deliverer import AFTER, BEFORE, Telegram, outcomes, planned_from
from tests.support.features import KINDS
from tests.support.people import MadePerson, MadeSchool


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(AFTER, running=False)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "away",
    [
        "SELECT pg_terminate_backend(pg_backend_pid())",
        "DO $$ BEGIN RAISE 'the database system is starting up' USING ERRCODE = '57P03'; END $$",
    ],
)
async def test_a_database_that_goes_away_while_a_message_is_composed_costs_nobody_their_message(
    database: Database,
    heia: MadeSchool,
    greet: MadePerson,
    tor: MadePerson,
    clock: MovableClock,
    away: str,
) -> None:
    """A server that restarts, or a machine that slept: the connection dies, and says nothing about the message."""
    await planned_from(database, BEFORE)
    await plan_due(database, KINDS, AFTER)
    composed = 0

    async def dies_once(db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
        nonlocal composed
        composed += 1
        await (await db.connection()).execute(text(away if composed == 2 else "SELECT 1"))
        return claimed

    telegram = Telegram()
    worker = Deliverer(database, clock, "one", dies_once, telegram.send)
    with pytest.raises(DBAPIError):
        await worker.deliver()
    assert await worker.deliver()
    expected = {(kind, who.telegram_id): 1 for kind in ("prompt", "focus_staff") for who in (greet, tor)}
    assert Counter(telegram.got) == expected
    assert {row[1:] for row in await outcomes(database)} == {("sent", 1, None)}


async def test_a_question_that_fails_for_one_message_fails_for_no_other(
    database: Database, heia: MadeSchool, greet: MadePerson, tor: MadePerson, clock: MovableClock
) -> None:
    """PostgreSQL answers nothing more in a transaction in which something has failed."""
    await planned_from(database, BEFORE)
    await plan_due(database, KINDS, AFTER)

    async def asks(db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
        await (await db.connection()).execute(
            text("SELECT 1" if claimed.person_id == tor.id else "SELECT nothing_of_that_name")
        )
        return claimed

    telegram = Telegram()
    await Deliverer(database, clock, "one", asks, telegram.send).deliver()
    assert sorted(telegram.got) == [("focus_staff", tor.telegram_id), ("prompt", tor.telegram_id)]
    became = Counter((person, status) for person, status, _, _ in await outcomes(database))
    assert became == {(greet.id, "refused"): 2, (tor.id, "sent"): 2}


async def test_who_comes_back_while_their_message_is_given_up_can_be_reached_again(
    database: Database, heia: MadeSchool, greet: MadePerson, tor: MadePerson, clock: MovableClock
) -> None:
    """It was not sent because they had closed the chat, and so it says nothing about the chat as it is now."""
    await planned_from(database, BEFORE)
    await plan_due(database, KINDS, AFTER)
    async with database.writing() as db:
        await people.set_reachable(db, greet.telegram_id, False)

    async def comes_back(_db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
        async with database.writing() as db:
            await people.set_reachable(db, greet.telegram_id, True)
        return claimed

    telegram = Telegram()
    await Deliverer(database, clock, "one", comes_back, telegram.send).deliver()
    became = Counter((person, status) for person, status, _, _ in await outcomes(database))
    assert became == {(greet.id, "blocked"): 2, (tor.id, "sent"): 2}
    async with database.reading() as db:
        row = await people.by_telegram(db, greet.telegram_id)
        assert row is not None
        assert row.reachable
