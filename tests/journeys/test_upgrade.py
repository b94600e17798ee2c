"""An upgrade in the middle of a working day: what waited goes out, what was begun goes on, old buttons still work.

The database is one that the version before the renames left (`tests.support.version_0004`), with its codes, names and
callback data; it is upgraded on SQLite and on PostgreSQL.
"""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from importlib import import_module

import pytest
import pytest_asyncio
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import localchat
from bot.press import IN_DIGEST, Press
from localchat.client import Sim
from pals.roles import Role
from scheduler.clock import MovableClock
from storage import announcements, memberships, people, personal_data, read_receipts, retention
from storage.database import Database
from storage.tables import Audit, Delivery, Draft, Incident, Occurrence, Person, Praise
from tests.journeys.conftest import Phone, Stage
from tests.support import version_0004 as old
from tests.support.announcing import Road
from tests.support.features import FEATURES

SOON = old.LATER + timedelta(minutes=3)
YEARS = old.LATER + timedelta(days=4 * 365)
RENAMED = import_module("storage.migrations.versions.0005_the_names_of_the_field").CODES
BUTTONS = old.buttons()


@pytest_asyncio.fixture
async def upgraded(untouched: Database) -> Database:
    await old.write_to(untouched)
    await untouched.upgrade()
    return untouched


@pytest_asyncio.fixture
async def stage(untouched: Database) -> AsyncIterator[Stage]:
    """The whole bot, started on the old database: it is upgraded as it starts."""
    await old.write_to(untouched)
    async with localchat.serve(limits=False) as server, Sim(server.url) as sim:
        stage = Stage(server, sim, await sim.bot(), untouched, MovableClock(SOON, running=False))
        await stage.start()
        try:
            yield stage
        finally:
            await stage.stop()


# --- deliveries ---------------------------------------------------------------------------------------------


async def statuses(database: Database) -> dict[str, dict[str, int]]:
    """By kind of message: how many of its deliveries are in each status."""
    async with database.reading() as db:
        kind, status = col(Occurrence.kind), col(Delivery.status)
        found = await db.exec(
            select(kind, status).join(Delivery, col(Delivery.occurrence_id) == col(Occurrence.id))
        )
        counted: dict[str, Counter[str]] = {}
        for its, one in found:
            counted.setdefault(its, Counter())[one.value] += 1
        return {its: dict(counts) for its, counts in sorted(counted.items())}


async def test_what_waited_goes_out_after_the_upgrade(upgraded: Database) -> None:
    ended = {"sent": 1, "blocked": 1, "gone": 1, "refused": 1, "missed": 1, "cancelled": 1}
    assert await statuses(upgraded) == {
        "announcement": {"sent": 9, "uncertain": 1},
        "announcement_correction": {"waiting": 2},
        "announcement_withdrawal": {"waiting": 4},
        "focus_staff": {"waiting": 5},
        "handover": {"waiting": 2},
        "join_answered": {"waiting": 2},
        "join_requested": {"waiting": 6},
        "prompt": ended | {"waiting": 3, "claimed": 1, "sending": 1, "uncertain": 1},
    }
    road = Road(upgraded, MovableClock(SOON, running=False))

    while await road.deliver(SOON):
        pass

    assert await statuses(upgraded) == {
        "announcement": {"sent": 12, "uncertain": 1},
        "announcement_correction": {"sent": 2},
        "announcement_withdrawal": {"sent": 4},
        "focus_staff": {"sent": 5},
        "handover": {"sent": 2},
        "incident": {"sent": 2},
        "join_answered": {"sent": 2},
        "join_requested": {"sent": 2, "cancelled": 4},
        "prompt": ended | {"sent": 5, "uncertain": 2},
    }, "two requests were answered before; what the dead worker had in flight is uncertain"
    leaders, team = {old.LIV, old.NILS}, {old.LIV, old.NILS, old.CATO}
    assert readers_of(road, "Ida</b> would like to join Heia skole") == leaders
    assert readers_of(road, "A possible violation has been reported") == leaders
    assert readers_of(road, "Team: agenda is ready") == team
    assert readers_of(road, "has not let you in") == {old.OLA}
    assert readers_of(road, "has let you in") == {old.UNA}
    assert sorted((chat, message) for chat, message, text in road.changed if text and "at 19" in text) == [
        (old.FAMILIES[0], 1001),
        (old.FAMILIES[1], 1002),
    ], "corrected in the messages that the version before had sent"
    assert sorted((chat, message) for chat, message, text in road.changed if text is None) == [
        (old.LIV, 1003),
        (old.NILS, 1004),
        (old.ADA, 1005),
        (old.CATO, 1006),
    ], "withdrawn"


def readers_of(road: Road, part: str) -> set[int]:
    return {chat for chat, text in road.sent if part in text}


# --- what a chat still holds --------------------------------------------------------------------------------


@pytest.mark.parametrize("data", BUTTONS.presses)
def test_an_old_button_still_means_something(data: str) -> None:
    press = Press.unpack(data)
    assert press is not None
    assert type(press) in FEATURES.presses
    assert press.pack() == data


def test_a_button_that_no_version_had_means_nothing() -> None:
    """Shows that the test above can fail: an unknown tag, and a field too many."""
    assert Press.unpack("zz:1") is None
    assert Press.unpack(f"{BUTTONS.presses[0]}:1") is None


def test_old_commands_keys_drafts_and_messages_are_still_known() -> None:
    recoded = {was: now for table, column, was, now in RENAMED if (table, column) == ("occurrence", "kind")}
    assert set(BUTTONS.commands) <= FEATURES.commands.keys()
    assert set(BUTTONS.drafts) <= FEATURES.drafts.keys()
    assert {recoded.get(kind, kind) for kind in BUTTONS.messages} <= FEATURES.composers.keys()
    assert {label: FEATURES.command_of_key[label].name for label in BUTTONS.keys} == BUTTONS.keys
    assert BUTTONS.in_digest == IN_DIGEST


# --- through the whole bot ----------------------------------------------------------------------------------


async def phone(stage: Stage, account: int, name: str) -> Phone:
    """The phone of somebody whose chat with the bot the version before began."""
    return Phone(stage.sim, await stage.sim.person(name, language_code="en", id=account))


async def test_drafts_take_their_text(stage: Stage) -> None:
    liv, nils = await phone(stage, old.LIV, "Liv"), await phone(stage, old.NILS, "Nils")

    preview = await liv.write("Bring a hat on Friday")
    corrected = await nils.write("Remember rain clothes and boots")

    assert "Bring a hat on Friday" in preview["text"]
    assert "Remember rain clothes and boots" in corrected["text"]
    async with stage.database.reading() as db:
        assert list(await db.exec(select(Draft.person_id))) == []
        written = await announcements.by_id(db, old.HEIA, 3)
    assert written is not None
    assert (written.text, written.new_text) == ("Remember rain clothes", "Remember rain clothes and boots")


async def test_old_buttons_do_what_they_say(stage: Stage) -> None:
    """Pressed as they stand under messages of the version before: praise, Seen, a leader's yes, and a command."""
    ada, liv = await phone(stage, old.ADA, "Ada"), await phone(stage, old.LIV, "Liv")
    reader = await phone(stage, old.FAMILIES[1], "Reader")
    for each in (ada, liv, reader):
        await each.write("/hjem")

    await ada.forge("p1:1:4")
    await reader.forge("ae:1:1")
    await liv.forge(f"jd:11:{int(old.LATER.timestamp())}:1")
    await ada.forge("og:uke")

    assert await ada.sees("This week's practice, week 45")
    async with stage.database.reading() as db:
        day = old.LATER.date()
        assert len(await _praises(db, old.HEIA, day)) == 2
        assert await read_receipts.count(db, old.HEIA, 1) == 2
        assert [m.name for m in await memberships.of_role(db, old.HEIA, Role.STAFF)] == ["Ada", "Ida", "Una"]
        assert await memberships.pending(db, old.HEIA) == []


async def _praises(db: AsyncSession, school_id: int, day: date) -> list[Praise]:
    """Those of a day that are not undone."""
    found = select(Praise).where(
        Praise.school_id == school_id, Praise.day == day, col(Praise.undone_at).is_(None)
    )
    return list(await db.exec(found))


# --- personal data ------------------------------------------------------------------------------------------


async def test_everybody_of_the_old_database_can_be_forgotten(upgraded: Database) -> None:
    async with upgraded.writing() as db:
        everybody = list(await db.exec(select(col(Person.id))))
        for person in everybody:
            assert person is not None
            await people.forget(db, person)
            assert await personal_data.count_rows(db, person) == []
        assert list(await db.exec(select(Person.id))) == []
        day = old.LATER.date()
        assert len(await _praises(db, old.HEIA, day)) == 1, "the school keeps its records"
        for model in (Praise, Incident):
            keys = await db.exec(select(model.idempotency_key))
            assert {key.partition(":")[0] for key in keys} == {"0"}


async def test_retention_periods_pass_for_the_old_database(upgraded: Database) -> None:
    road = Road(upgraded, MovableClock(SOON, running=False))
    while await road.deliver(SOON):
        pass
    async with upgraded.writing() as db:
        await retention.apply_retention(db, YEARS)
        for model in (Praise, Incident, Audit, Delivery, Draft):
            assert list(await db.exec(select(model))) == []
        left = await db.exec(select(Person.telegram_id))
        assert not {old.IDA, old.OLA} & set(left), "requests without a yes are gone, and with them the people"
