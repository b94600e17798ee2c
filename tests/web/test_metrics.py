"""`/metrics`: counters, rate limit and delivery counts, without personal data."""

from datetime import timedelta

import pytest
from aiohttp import ClientSession, web

from bot.services import outbox
from bot.services.announcements.write import ANNOUNCEMENT
from bot.web.metrics import Metrics
from bot.web.server import serving, web_app
from pals.roles import Role
from scheduler.clock import MovableClock
from storage import memberships, people
from storage.database import Database
from storage.delivery import claims, occurrences, outcomes
from storage.delivery.audiences import Audience
from storage.delivery.outcomes import Outcome
from storage.tables import DeliveryStatus, OccurrenceStatus
from tests.support.people import MadeSchool, make_person
from tests.support.sent import seen_by_two
from tests.support.turns import MONDAY

STAFF = Audience(frozenset({Role.STAFF}))


class Machine:
    """A scraper with a fake clock."""

    def __init__(self, database: Database) -> None:
        self.seconds = 100.0
        self.clock = MovableClock(MONDAY, running=False)
        self.metrics = Metrics(database, self.clock, monotonic=lambda: self.seconds)

    async def sees(self, *names: str) -> list[str]:
        """The lines of these metrics."""
        app = web_app({}, routes=[web.get("/metrics", self.metrics.page)])
        async with (
            serving(app, "127.0.0.1", 0) as address,
            ClientSession() as browser,
            browser.get(f"{address}/metrics") as answer,
        ):
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            lines = (await answer.text()).splitlines()
        return [line for line in lines if line.startswith(names) and "_created" not in line]


@pytest.fixture
def machine(database: Database) -> Machine:
    return Machine(database)


async def put(database: Database, school: MadeSchool, people: int) -> None:
    """Queues a message to so many teachers."""
    async with database.writing() as db:
        for _ in range(people):
            await make_person(db, school, Role.STAFF)
        await outbox.enqueue(db, school.id, ANNOUNCEMENT, "1", STAFF, now=MONDAY)


async def test_deliveries_are_counted_by_school_kind_and_status(
    machine: Machine, database: Database, heia: MadeSchool, fjern: MadeSchool
) -> None:
    await put(database, heia, 2)
    await put(database, fjern, 1)
    async with database.writing() as db:
        first, *_ = await claims.claim(db, "w", MONDAY, MONDAY + timedelta(minutes=1), 1)
        await claims.mark_sending(db, "w", [first.id])
        await outcomes.record(db, "w", [Outcome(first.id, DeliveryStatus.SENT, message_id=1, sent_at=MONDAY)])
    machine.clock.set(MONDAY + timedelta(seconds=90))
    assert await machine.sees("palsbot_deliveries", "palsbot_oldest", "palsbot_database") == [
        'palsbot_deliveries{kind="announcement",school="fjern",status="waiting"} 1.0',
        'palsbot_deliveries{kind="announcement",school="heia",status="sent"} 1.0',
        'palsbot_deliveries{kind="announcement",school="heia",status="waiting"} 1.0',
        "palsbot_oldest_waiting_seconds 90.0",
        "palsbot_database_up 1.0",
    ]


async def test_unreachable_members_and_read_receipts_are_counted_above_the_minimum_group_size(
    machine: Machine, database: Database, heia: MadeSchool, fjern: MadeSchool
) -> None:
    async with database.writing() as db:
        for school, readers in ((heia, 5), (heia, 6), (fjern, 4)):
            await seen_by_two(db, school, readers, asks=True)
        for school, role in ((heia, Role.FAMILY), (heia, Role.FAMILY), (fjern, Role.STAFF)):
            muted = await make_person(db, school, role)
            await memberships.mute(db, school.id, muted.membership_id, True)
        gone = await make_person(db, heia, Role.STAFF)
        await people.set_reachable(db, gone.telegram_id, False)
    assert await machine.sees("palsbot_seen", "palsbot_unreachable") == [
        'palsbot_unreachable_members{role="staff",school="fjern"} 1.0',
        'palsbot_unreachable_members{role="family",school="heia"} 2.0',
        'palsbot_unreachable_members{role="staff",school="heia"} 1.0',
        'palsbot_seen{school="heia"} 4.0',
        'palsbot_seen_asked{school="heia"} 11.0',
    ]


async def test_missed_occurrences_without_deliveries_are_counted(
    machine: Machine, database: Database, heia: MadeSchool
) -> None:
    async with database.writing() as db:
        for days in (0, 2):
            await occurrences.insert_once(
                db,
                heia.id,
                kind="prompt",
                ref="2026-W45",
                slot=str(days),
                due_at=MONDAY - timedelta(days=days, hours=1),
                too_late_at=MONDAY,
                status=OccurrenceStatus.MISSED,
                now=MONDAY,
            )
    assert await machine.sees("palsbot_missed") == ['palsbot_missed{kind="prompt",school="heia"} 1.0']


async def test_database_counts_are_cached_for_ten_seconds_and_stale_labels_are_dropped(
    machine: Machine, database: Database, heia: MadeSchool
) -> None:
    assert await machine.sees("palsbot_deliveries") == []
    await put(database, heia, 1)
    assert await machine.sees("palsbot_deliveries") == []
    machine.seconds += 10
    assert await machine.sees("palsbot_deliveries") == [
        'palsbot_deliveries{kind="announcement",school="heia",status="waiting"} 1.0'
    ]
    machine.seconds += 10
    machine.clock.set(MONDAY + timedelta(hours=25))
    assert await machine.sees("palsbot_deliveries") == []


async def test_without_a_database_the_other_metrics_are_served(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise OSError("password=hush")

    monkeypatch.setattr("bot.web.metrics.status_counts.by_kind", broken)
    machine.metrics.on_call("sendMessage", "ok")
    assert await machine.sees("palsbot_database", "palsbot_api") == [
        'palsbot_api_calls_total{method="sendMessage",outcome="ok"} 1.0',
        "palsbot_database_up 0.0",
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_updates_and_calls_are_counted_by_outcome(machine: Machine) -> None:
    machine.metrics.on_update("praise.save", "ok", 0.02)
    machine.metrics.on_update("praise.save", "ok", 0.3)
    machine.metrics.on_update("typed", "Unfit", 0.004)
    machine.metrics.on_call("sendMessage", "Forbidden")
    assert await machine.sees(
        "palsbot_updates", "palsbot_update_seconds_count", "palsbot_update_seconds_sum", "palsbot_api"
    ) == [
        'palsbot_updates_total{action="praise.save",outcome="ok"} 2.0',
        'palsbot_updates_total{action="typed",outcome="Unfit"} 1.0',
        "palsbot_update_seconds_count 3.0",
        "palsbot_update_seconds_sum 0.324",
        'palsbot_api_calls_total{method="sendMessage",outcome="Forbidden"} 1.0',
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_tick_age_and_pace_are_read_at_the_scrape(machine: Machine) -> None:
    last: list[float | None] = [None]
    machine.metrics.watch_ticks(lambda: last[0])
    machine.metrics.watch_pace(lambda: 15.0, lambda: 7.5)
    assert await machine.sees("palsbot_tick") == ["palsbot_tick_age_seconds -1.0"]
    last[0] = 95.0
    assert await machine.sees("palsbot_tick", "palsbot_pace", "palsbot_halt") == [
        "palsbot_tick_age_seconds 5.0",
        "palsbot_pace_per_second 15.0",
        "palsbot_halt_seconds 7.5",
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_two_bots_in_one_process_have_separate_registries(machine: Machine, database: Database) -> None:
    machine.metrics.on_call("sendMessage", "ok")
    assert await Machine(database).sees("palsbot_api_calls_total") == []
