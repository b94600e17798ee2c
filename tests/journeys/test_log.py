"""The structured log: a line for each update with its outcome, and no personal text."""

import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import structlog

from bot.log import set_up
from pals.roles import Role
from storage.database import Database
from tests.journeys.conftest import Stage, oslo
from tests.support.people import MadeSchool

TYPED = "Vi møtes på taket klokka seks"
NAME = "Idunn Sommerfugl"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The log as it goes to a file."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    lines = io.StringIO()
    set_up(lines, as_json=True)
    yield lines
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


async def test_the_log_has_a_line_for_each_update_and_no_personal_text(
    written: io.StringIO, stage: Stage, heia: MadeSchool
) -> None:
    await stage.begin(oslo(1, 18), heia)
    leader = await stage.join(heia, Role.LEADER, ["5B"], name=NAME)
    family = await stage.join(heia, Role.FAMILY, ["5B"], name=NAME)
    await stage.goto(oslo(2, 9))
    await leader.write("/kunngjoring")
    await leader.tap("All families: 1")
    await leader.write(TYPED)
    await leader.tap("📤 Send")
    await stage.goto(oslo(2, 9, 5))
    await family.sees(TYPED)
    await leader.write("/ros")
    await leader.tap("We say hello")
    await leader.write("/inviter")
    await leader.tap("👪 Families of a class")
    await leader.tap("5B")
    link = (await leader.sees("The link for families of 5B"))["text"].split("start=")[1]
    newcomer = await stage.phone(901, name=NAME, language="en")
    await newcomer.write(f"/start {link}")
    await newcomer.tap("✅ Join")
    await newcomer.write(TYPED)
    await newcomer.forge("p1:1:1")
    await stage.restart()

    text = written.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]
    updates = [line for line in lines if line["event"] == "update"]
    assert [line["update_id"] for line in updates] == list(range(1, len(updates) + 1))
    assert {frozenset(line) for line in updates} == {
        frozenset({"event", "room", "level", "timestamp", "action", "outcome", "ms", "update_id"})
    }
    assert all(0 < line["ms"] < 5000 for line in updates)
    assert [(line["action"], line["outcome"]) for line in updates] == [
        ("joining.start", "ok"),
        ("joining.start", "ok"),
        ("announcement.write.begin", "ok"),
        ("announcement.write.address", "ok"),
        ("typed", "ok"),
        ("announcement.card.send", "ok"),
        ("praise.ask_what", "ok"),
        ("praise.save", "ok"),
        ("invitations.ask_whom", "ok"),
        ("invitations.ask_families", "ok"),
        ("invitations.invite_families", "ok"),
        ("joining.start", "ok"),
        ("joining.start", "ok"),
        ("joining.join", "ok"),
        ("typed", "ok"),
        ("praise.save", "NotAllowed"),
    ]
    assert [line["sent"] for line in lines if line.get("action") == "deliver"]
    for secret in (stage.account.token.split(":")[1], link, TYPED, NAME, "Idunn", "taket"):
        assert secret not in text


@asynccontextmanager
async def without_table(database: Database, name: str) -> AsyncIterator[None]:
    """Every statement on this table fails."""
    for old, new in ((name, f"{name}_away"), (f"{name}_away", name)):
        async with database.writing() as db:
            await (await db.connection()).exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")
        if old == name:
            yield


async def test_an_exception_is_logged_without_statement_parameters(
    written: io.StringIO, stage: Stage, heia: MadeSchool
) -> None:
    """A statement that fails would show its parameters: here the text that was to be stored."""
    leader = await stage.join(heia, Role.LEADER, name=NAME)
    await stage.join(heia, Role.FAMILY, ["5B"], name="Mona")
    await leader.write("/kunngjoring")
    await leader.tap("All families: 1")
    async with without_table(stage.database, "announcement"):
        answer = await leader.write(TYPED)
    assert answer["text"].startswith("Something went wrong here, and nothing was saved.")
    told = [json.loads(line) for line in written.getvalue().splitlines()]
    (failed,) = [line for line in told if line["event"] == "handler failed"]
    assert failed["problem"] in answer["text"]
    assert "INSERT INTO announcement" in failed["exception"]
    for secret in (stage.account.token.split(":")[1], TYPED, NAME):
        assert secret not in written.getvalue()
    assert (await leader.write(TYPED))["text"].startswith("👀 This is what they get")
