"""Plan and deliver: planning is idempotent, each reader gets a message once, and every outcome is recorded."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import BATCH, LEASE, Deliverer, Failed, Sent
from scheduler.plan import plan_due
from storage import people, problems
from storage.database import Database
from storage.delivery import claims, deliveries, occurrences
from storage.delivery.audiences import Audience
from storage.delivery.claims import Claimed
from storage.tables import Delivery, DeliveryStatus, Occurrence, OccurrenceStatus
from tests.support.features import KINDS
from tests.support.people import MadePerson, MadeSchool, make_person, make_school

BEFORE = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)  # 07:00 in Oslo on the first school day of November
PROMPT = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
AFTER = datetime(2026, 11, 2, 6, 31, tzinfo=UTC)


async def as_it_is(_db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
    return claimed


class Telegram:
    """A fake Telegram: records sends and returns the given results."""

    def __init__(self, *answers: Sent | Failed) -> None:
        self.answers = list(answers)
        self.got: list[tuple[str, int]] = []

    async def send(self, claimed: Claimed, chat: int) -> Sent | Failed:
        self.got.append((claimed.kind, chat))
        return self.answers.pop(0) if self.answers else Sent(len(self.got))


def deliverer(
    database: Database, clock: MovableClock, telegram: Telegram, worker: str = "one"
) -> Deliverer[Claimed]:
    return Deliverer(database, clock, worker, as_it_is, telegram.send)


async def planned_from(database: Database, moment: datetime) -> None:
    """Sets every school's planning watermark."""
    async with database.writing() as db:
        from storage import schools

        for school in await schools.to_plan(db):
            await schools.planned(db, school.id, moment)


async def outcomes(database: Database) -> list[tuple[int | None, str, int, str | None]]:
    async with database.reading() as db:
        found = await db.exec(select(Delivery).order_by("id"))
        return [(d.person_id, str(d.status), d.attempts, d.error) for d in found]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(AFTER, running=False)


async def test_planning_is_idempotent_and_creates_a_delivery_for_each_reader(
    database: Database,
    heia: MadeSchool,
    fjern: MadeSchool,
    greet: MadePerson,
    lise: MadePerson,
    amir: MadePerson,
    stranger_teacher: MadePerson,
) -> None:
    await planned_from(database, BEFORE)
    assert await plan_due(database, KINDS, AFTER) == 4
    assert await plan_due(database, KINDS, AFTER) == 0
    async with database.reading() as db:
        found = await db.exec(
            select(
                col(Occurrence.school_id), col(Occurrence.kind), col(Occurrence.ref), col(Delivery.person_id)
            )
            .join(Delivery, col(Delivery.occurrence_id) == col(Occurrence.id))
            .order_by(col(Occurrence.school_id), col(Occurrence.kind), col(Delivery.person_id))
        )
        assert [tuple(row) for row in found] == [
            (heia.id, "focus_staff", "2026-11", greet.id),
            (heia.id, "focus_staff", "2026-11", lise.id),
            (heia.id, "prompt", "2026-W45", greet.id),
            (heia.id, "prompt", "2026-W45", lise.id),
            (fjern.id, "focus_staff", "2026-11", stranger_teacher.id),
            (fjern.id, "prompt", "2026-W45", stranger_teacher.id),
        ]


async def test_concurrent_planners_plan_each_moment_once(
    database: Database, heia: MadeSchool, greet: MadePerson
) -> None:
    await planned_from(database, BEFORE)
    new = await asyncio.gather(*(plan_due(database, KINDS, AFTER) for _ in range(4)))
    assert sum(new) == 2
    assert len(await outcomes(database)) == 2


async def test_past_its_deadline_an_occurrence_is_missed_and_not_sent(
    database: Database, heia: MadeSchool, greet: MadePerson
) -> None:
    await planned_from(database, BEFORE)
    evening = datetime(2026, 11, 2, 18, 0, tzinfo=UTC)
    await plan_due(database, KINDS, evening)
    async with database.reading() as db:
        missed = await problems.of_school(db, heia.id, BEFORE, evening, ())
        assert [(o.kind, o.ref, o.status) for o in missed] == [
            ("prompt", "2026-W45", OccurrenceStatus.MISSED)
        ]
    telegram = Telegram()
    await deliverer(database, MovableClock(evening, running=False), telegram).deliver()
    assert telegram.got == [("focus_staff", greet.telegram_id)]


async def test_concurrent_workers_send_each_delivery_once(
    database: Database, heia: MadeSchool, clock: MovableClock
) -> None:
    async with database.writing() as db:
        readers = [await make_person(db, heia, Role.STAFF) for _ in range(3 * BATCH + 7)]
    await planned_from(database, BEFORE)
    await plan_due(database, KINDS, AFTER)
    telegram = Telegram()

    async def work(name: str) -> None:
        while await deliverer(database, clock, telegram, name).deliver():
            pass

    await asyncio.gather(*(work(f"worker {n}") for n in range(4)))
    expected = Counter((kind, r.telegram_id) for kind in ("prompt", "focus_staff") for r in readers)
    assert Counter(telegram.got) == expected


async def test_every_outcome_is_recorded(database: Database, heia: MadeSchool, clock: MovableClock) -> None:
    async with database.writing() as db:
        readers = [await make_person(db, heia, Role.TEAM) for _ in range(6)]
        occurrence = await occurrences.insert_once(
            db,
            heia.id,
            kind="test",
            ref="",
            slot="",
            due_at=AFTER,
            too_late_at=AFTER + timedelta(days=1),
            status=OccurrenceStatus.PLANNED,
            now=AFTER,
        )
        assert occurrence is not None
        await deliveries.create_for_audience(db, heia.id, occurrence, Audience(frozenset({Role.TEAM})), AFTER)
    telegram = Telegram(
        Sent(11),
        Failed(DeliveryStatus.BLOCKED, "Forbidden: bot was blocked by the user"),
        Failed(DeliveryStatus.GONE, "Bad Request: chat not found"),
        Failed(DeliveryStatus.REFUSED, "Bad Request: message is too long"),
        Failed(DeliveryStatus.UNCERTAIN, "timed out"),
        Failed(DeliveryStatus.WAITING, "connection refused", retry_in=timedelta(seconds=1)),
    )
    worker = deliverer(database, clock, telegram)
    assert await worker.deliver() == {(heia.id, occurrence)}
    numbers = [r.id for r in readers]
    assert await outcomes(database) == [
        (numbers[0], "sent", 1, None),
        (numbers[1], "blocked", 1, "Forbidden: bot was blocked by the user"),
        (numbers[2], "gone", 1, "Bad Request: chat not found"),
        (numbers[3], "refused", 1, "Bad Request: message is too long"),
        (numbers[4], "uncertain", 1, "timed out"),
        (numbers[5], "waiting", 1, "connection refused"),
    ]
    async with database.reading() as db:
        reachable = [(await people.by_telegram(db, r.telegram_id)) for r in readers]
        assert [p.reachable for p in reachable if p] == [True, False, False, True, True, True]
    assert await worker.deliver() == set()
    clock.set(AFTER + timedelta(seconds=6))
    await worker.deliver()
    assert (await outcomes(database))[5] == (numbers[5], "sent", 2, None)


async def test_after_a_worker_crash_only_deliveries_in_flight_are_uncertain(
    database: Database, heia: MadeSchool, greet: MadePerson, clock: MovableClock
) -> None:
    """At most once: those are never resent; what it had only claimed is."""
    await planned_from(database, BEFORE)
    await plan_due(database, KINDS, AFTER)
    async with database.writing() as db:
        in_flight, claimed_only = await claims.claim(db, "dies", AFTER, AFTER + LEASE, 10)
        assert await claims.mark_sending(db, "dies", [in_flight.id]) == {in_flight.id}
    telegram = Telegram()
    other = deliverer(database, clock, telegram, "lives")
    await other.deliver()
    assert telegram.got == []
    clock.set(AFTER + LEASE + timedelta(seconds=1))
    await other.deliver()
    assert telegram.got == [(claimed_only.kind, greet.telegram_id)]
    assert [status for _, status, _, _ in await outcomes(database)] == ["uncertain", "sent"]


async def test_quiet_hours_of_the_school_and_of_the_reader_delay_a_message(
    database: Database, clock: MovableClock
) -> None:
    from datetime import time

    async with database.writing() as db:
        school = await make_school(db, "stille")
        early = await make_person(db, school, Role.STAFF)
        late = await make_person(db, school, Role.STAFF, quiet=(time(22), time(9)))
        night = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)  # 05:00; the school is quiet until 06:30
        occurrence = await occurrences.insert_once(
            db,
            school.id,
            kind="test",
            ref="",
            slot="",
            due_at=night,
            too_late_at=night + timedelta(days=1),
            status=OccurrenceStatus.PLANNED,
            now=night,
        )
        assert occurrence is not None
        staff = Audience(frozenset({Role.STAFF}))
        await deliveries.create_for_audience(db, school.id, occurrence, staff, night)
    telegram = Telegram()
    worker = deliverer(database, clock, telegram)
    for moment, expected in (
        (night, []),
        (datetime(2026, 11, 2, 5, 29, tzinfo=UTC), []),
        (datetime(2026, 11, 2, 5, 30, tzinfo=UTC), [early.telegram_id]),
        (datetime(2026, 11, 2, 7, 59, tzinfo=UTC), [early.telegram_id]),
        (datetime(2026, 11, 2, 8, 0, tzinfo=UTC), [early.telegram_id, late.telegram_id]),
    ):
        clock.set(moment)
        await worker.deliver()
        assert [chat for _, chat in telegram.got] == expected


async def test_a_compose_error_refuses_that_delivery_only(
    database: Database, heia: MadeSchool, greet: MadePerson, tor: MadePerson, clock: MovableClock
) -> None:
    await planned_from(database, BEFORE)
    await plan_due(database, KINDS, AFTER)

    async def breaks_for_greet(_db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed | None:
        if claimed.person_id == greet.id:
            raise LookupError("no words")
        return claimed if claimed.kind == "prompt" else None

    telegram = Telegram()
    await Deliverer(database, clock, "one", breaks_for_greet, telegram.send).deliver()
    assert telegram.got == [("prompt", tor.telegram_id)]
    assert Counter(status for _, status, _, _ in await outcomes(database)) == {
        "refused": 2,
        "cancelled": 1,
        "sent": 1,
    }
