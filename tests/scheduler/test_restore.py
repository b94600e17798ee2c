"""Restore: a database restored from a backup resends nothing; after a mere outage delivery resumes."""

import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.engine import make_url
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services import outbox, problems
from bot.services.announcements.write import ANNOUNCEMENT
from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer, Sent
from scheduler.leadership.leader import DatabaseRestored, Leader, lease_name
from scheduler.leadership.restore_guard import RestoreGuard, lost_until
from scheduler.plan import plan_due
from storage.database import Database
from storage.delivery.audiences import FAMILIES
from storage.delivery.claims import Claimed
from storage.delivery.heartbeats import HeartbeatRow
from storage.tables import (
    Delivery,
    DeliveryStatus,
    Heartbeat,
    Occurrence,
    OccurrenceStatus,
    School,
)
from tests.support import databases
from tests.support.features import KINDS
from tests.support.people import MadeSchool, make_person, make_school

NOW = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)  # half an hour before the week's practice
READERS = 90
Backup = Callable[[], Awaitable[str]]


async def as_it_is(_db: AsyncSession, claimed: Claimed, _now: datetime) -> Claimed:
    return claimed


class Program:
    """The running program on one database, with its restore guard file."""

    def __init__(self, address: str, restore_guard: Path | None, got: list[tuple[str, int]]) -> None:
        self.database = Database.open(address)
        self.clock = MovableClock(NOW, running=False)
        self.got = got
        self.stops_after = -1
        self.kinds = KINDS
        self.leadership = Leader(
            self.database,
            self.clock,
            lease_name(1),
            self.kinds,
            RestoreGuard(restore_guard),
            notify_restored=problems.notify_restored,
        )
        self.deliverer = Deliverer(
            self.database, self.clock, self.leadership.worker, as_it_is, self.send, leadership=self.leadership
        )

    async def send(self, claimed: Claimed, chat: int) -> Sent:
        self.got.append((claimed.kind, chat))
        if len(self.got) == self.stops_after:
            self.deliverer.state.stopping = True
        return Sent(len(self.got))

    async def tick(self, now: datetime) -> None:
        self.clock.set(now)
        assert await self.leadership.acquire()
        await plan_due(self.database, self.kinds, now)
        while await self.deliverer.deliver():
            pass

    async def close(self) -> None:
        await self.leadership.release()
        await self.database.close()


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def database_url(
    request: pytest.FixtureRequest, sqlite_url: str, postgresql_server: str
) -> AsyncIterator[str]:
    """A database without other connections, so that it can be copied."""
    if request.param == "sqlite":
        yield sqlite_url
        return
    async with databases.postgresql_database(postgresql_server, "palsbot_restore") as address:
        await databases.migrated(address)
        yield address


@pytest_asyncio.fixture
async def school(database: Database) -> MadeSchool:
    """A school with families, a teacher and a leader, and an announcement that is due."""
    async with database.writing() as db:
        school = await make_school(db, "heia")
        await db.exec(update(School).values(quiet_hours={}, planned_until=NOW))
        for _ in range(READERS):
            await make_person(db, school, Role.FAMILY)
        await make_person(db, school, Role.STAFF)
        await make_person(db, school, Role.LEADER)
        await outbox.enqueue(db, school.id, ANNOUNCEMENT, "1", FAMILIES, now=NOW)
    return school


@asynccontextmanager
async def copied(database: Database, tmp_path: Path, server: str) -> AsyncIterator[str]:
    """Makes a backup; yields the URL of the copy."""
    address = make_url(database.url)
    assert address.database is not None
    if database.dialect == "sqlite":
        async with database.writing():  # no writer while it is copied
            for suffix in ("", "-wal"):
                shutil.copyfile(f"{address.database}{suffix}", tmp_path / f"backup.db{suffix}")
        yield f"sqlite:///{tmp_path / 'backup.db'}"
        return
    await database.close()  # PostgreSQL copies a database only without connections
    copy = f"{address.database}_copy"
    async with databases.administering(server) as script:
        await script(f'CREATE DATABASE "{copy}" TEMPLATE "{address.database}"')
        try:
            yield address.set(database=copy).render_as_string(hide_password=False)
        finally:
            await script(f'DROP DATABASE "{copy}" WITH (FORCE)')


async def statuses(database: Database, kind: str) -> Counter[DeliveryStatus]:
    async with database.reading() as db:
        found = await db.exec(
            select(Delivery)
            .join(Occurrence, col(Occurrence.id) == col(Delivery.occurrence_id))
            .where(col(Occurrence.kind) == kind)
        )
        return Counter(d.status for d in found)


async def occurrence_statuses(database: Database, *kinds: str) -> dict[str, OccurrenceStatus]:
    async with database.reading() as db:
        found = await db.exec(select(Occurrence).where(col(Occurrence.kind).in_(kinds)))
        return {occurrence.kind: occurrence.status for occurrence in found}


async def test_a_backup_from_the_middle_of_a_broadcast_duplicates_nothing_when_restored(
    database: Database, school: MadeSchool, tmp_path: Path, postgresql_server: str
) -> None:
    """The backup is seconds old. After it the broadcast went on, and the week's practice was sent at 07:30."""
    restore_guard, got = tmp_path / "palsbot.alive", list[tuple[str, int]]()
    before = Program(database.url, restore_guard, got)
    before.stops_after = 30
    await before.tick(NOW)
    await before.close()
    async with copied(database, tmp_path, postgresql_server) as backup:
        after = Program(database.url, restore_guard, got)
        await after.tick(NOW + timedelta(seconds=3))
        await after.tick(NOW + timedelta(minutes=31))
        await after.close()
        assert Counter(kind for kind, _ in got) == {
            "announcement": READERS,
            "prompt": 2,
            "focus_staff": 2,
        }
        sent = list(got)

        restored = Program(backup, restore_guard, got)
        await restored.tick(NOW + timedelta(minutes=40))
        counts = await statuses(restored.database, "announcement")
        statuses_after = await occurrence_statuses(restored.database, "announcement", "prompt")
        new = got[len(sent) :]
        await restored.tick(NOW + timedelta(days=7, minutes=31))
        await restored.close()

    assert [kind for kind, _ in new] == ["restored"], "the leader is notified, and nothing else is sent"
    assert counts[DeliveryStatus.SENT] + counts[DeliveryStatus.UNCERTAIN] == READERS
    assert counts[DeliveryStatus.UNCERTAIN] > 0
    assert statuses_after == {"announcement": OccurrenceStatus.HELD, "prompt": OccurrenceStatus.MISSED}
    assert max(Counter(message for message in got if message[0] == "announcement").values()) == 1
    later = Counter(kind for kind, _ in got[len(sent) + 1 :])
    assert later == {"focus_family": READERS, "coverage": 1, "prompt": 2}, "what was due later is sent"


async def test_after_an_outage_without_a_restore_delivery_resumes(
    database: Database, school: MadeSchool, tmp_path: Path
) -> None:
    restore_guard, got = tmp_path / "palsbot.alive", list[tuple[str, int]]()
    before = Program(database.url, restore_guard, got)
    before.stops_after = 30
    await before.tick(NOW)
    await before.close()
    after = Program(database.url, restore_guard, got)
    await after.tick(NOW + timedelta(hours=1))
    await after.close()
    expected = {"announcement": READERS, "prompt": 2, "focus_staff": 2}
    assert Counter(kind for kind, _ in got) == expected
    assert len(set(got)) == len(got)


@pytest.mark.parametrize("away", [timedelta(minutes=4), timedelta(minutes=6)])
async def test_without_a_restore_guard_a_long_gap_is_held(
    database: Database, school: MadeSchool, away: timedelta
) -> None:
    got: list[tuple[str, int]] = []
    before = Program(database.url, None, got)
    before.stops_after = 30
    await before.tick(NOW)
    await before.close()
    after = Program(database.url, None, got)
    await after.tick(NOW + away)
    await after.close()
    held = away > timedelta(minutes=5)
    counts = await statuses(database, "announcement")
    assert (counts[DeliveryStatus.UNCERTAIN] > 0) is held
    assert Counter(kind for kind, _ in got)["restored"] == int(held)


async def test_a_restore_while_the_program_runs_is_detected_before_sending(
    database: Database, school: MadeSchool, tmp_path: Path
) -> None:
    program = Program(database.url, tmp_path / "palsbot.alive", [])
    await program.tick(NOW)
    async with database.writing() as db:  # as in an older backup
        await db.exec(update(Heartbeat).values(sequence=0))
        await outbox.enqueue(db, school.id, ANNOUNCEMENT, "2", FAMILIES, now=NOW)
    sent = len(program.got)
    with pytest.raises(DatabaseRestored):
        await program.tick(NOW)
    assert len(program.got) == sent
    await program.tick(NOW + timedelta(seconds=1))
    assert [kind for kind, _ in program.got[sent:]] == ["restored"]
    await program.close()


def test_the_guards_sequence_decides_and_without_it_the_length_of_the_gap() -> None:
    last = HeartbeatRow("a", 10, NOW)
    later = NOW + timedelta(days=1)
    for guarded, until in (
        (HeartbeatRow("a", 10, NOW), None),
        (HeartbeatRow("a", 9, NOW), None),
        (HeartbeatRow("a", 11, NOW + timedelta(hours=1)), NOW + timedelta(hours=1)),
        (HeartbeatRow("another epoch", 99, later), later),
        (None, later),
    ):
        assert lost_until(last, guarded, later) == until
    assert lost_until(last, None, NOW + timedelta(minutes=5)) is None


def test_a_restore_guard_file_that_is_unreadable_or_unwritable_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("half a fi")
    for restore_guard in (
        RestoreGuard(None),
        RestoreGuard(tmp_path / "broken"),
        RestoreGuard(tmp_path / "no" / "such" / "place"),
    ):
        assert restore_guard.read() is None
    RestoreGuard(tmp_path / "no" / "such" / "place").write(HeartbeatRow("a", 1, NOW))


def test_an_observing_restore_guard_never_goes_backwards(tmp_path: Path) -> None:
    restore_guard = RestoreGuard(tmp_path / "palsbot.alive")
    for heartbeat in (HeartbeatRow("a", 5, NOW), HeartbeatRow("a", 4, NOW)):
        restore_guard.write_if_newer(heartbeat)
    assert restore_guard.read() == HeartbeatRow("a", 5, NOW)
    restore_guard.write_if_newer(HeartbeatRow("b", 1, NOW))
    assert restore_guard.read() == HeartbeatRow("b", 1, NOW)
