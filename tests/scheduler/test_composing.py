"""Failures between claim and send: database errors while composing, and a race with a reader who unblocks."""

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
    "failure",
    [
        "SELECT pg_terminate_backend(pg_backend_pid())",
        "DO $$ BEGIN RAISE 'the database system is starting up' USING ERRCODE = '57P03'; END $$",
    ],
)
async def test_a_lost_connection_during_compose_is_retried_without_losing_a_message(
    database: Database,
    heia: MadeSchool,
    greet: MadePerson,
    tor: MadePerson,
    clock: MovableClock,
    failure: str,
) -> None:
    """A server restart or a suspended machine: the message is not at fault, so it is retried."""
    await planned_from(database, BEFORE)
    await plan_due(database, KINDS, AFTER)
    composed = 0

    async def fails_once(db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
        nonlocal composed
        composed += 1
        await (await db.connection()).execute(text(failure if composed == 2 else "SELECT 1"))
        return claimed

    telegram = Telegram()
    worker = Deliverer(database, clock, "one", fails_once, telegram.send)
    with pytest.raises(DBAPIError):
        await worker.deliver()
    assert await worker.deliver()
    expected = {(kind, who.telegram_id): 1 for kind in ("prompt", "focus_staff") for who in (greet, tor)}
    assert Counter(telegram.got) == expected
    assert {row[1:] for row in await outcomes(database)} == {("sent", 1, None)}


async def test_a_failed_query_in_one_compose_does_not_fail_the_others(
    database: Database, heia: MadeSchool, greet: MadePerson, tor: MadePerson, clock: MovableClock
) -> None:
    """PostgreSQL runs no further query in a failed transaction, so it is rolled back."""
    await planned_from(database, BEFORE)
    await plan_due(database, KINDS, AFTER)

    async def queries(db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
        await (await db.connection()).execute(
            text("SELECT 1" if claimed.person_id == tor.id else "SELECT nothing_of_that_name")
        )
        return claimed

    telegram = Telegram()
    await Deliverer(database, clock, "one", queries, telegram.send).deliver()
    assert sorted(telegram.got) == [("focus_staff", tor.telegram_id), ("prompt", tor.telegram_id)]
    results = Counter((person, status) for person, status, _, _ in await outcomes(database))
    assert results == {(greet.id, "refused"): 2, (tor.id, "sent"): 2}


async def test_race_a_reader_who_unblocks_during_the_delivery_stays_reachable(
    database: Database, heia: MadeSchool, greet: MadePerson, tor: MadePerson, clock: MovableClock
) -> None:
    """The stale "blocked" outcome was decided without sending, so it must not overwrite the newer state."""
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
    results = Counter((person, status) for person, status, _, _ in await outcomes(database))
    assert results == {(greet.id, "blocked"): 2, (tor.id, "sent"): 2}
    async with database.reading() as db:
        row = await people.by_telegram(db, greet.telegram_id)
        assert row is not None
        assert row.reachable
