"""Failures: Telegram errors, an unavailable database, a hanging handler. Nothing is lost or written twice."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy.engine import make_url
from sqlmodel import col, select

from bot.feature import Command
from bot.i18n import CODES
from bot.turn import Reply, Turn
from pals.roles import Role
from storage import people
from storage.database import Database
from storage.tables import Delivery, DeliveryStatus, Praise, Standing
from tests.journeys.conftest import Phone, Stage, eventually
from tests.support import databases
from tests.support.people import MadeSchool, make_person

Cut = Callable[[], Awaitable[object]]
SORRY = re.compile(
    r"Something went wrong here, and nothing was saved\. Please try again in a moment\. If it happens again, "
    r"tell your PALS leader the number ([0-9a-f]{6})\."
)


@pytest.fixture
async def teacher(stage: Stage, heia: MadeSchool) -> Phone:
    return await stage.join(heia, Role.STAFF, ["5B"], name="Ida")


async def praised(stage: Stage) -> int:
    async with stage.database.reading() as db:
        return len(list(await db.exec(select(Praise))))


# --- Telegram -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("status", {"status": 500}),
        ("status", {"status": 502, "description": "Bad Gateway"}),
        ("drop", {"after": False}),
        ("drop", {"after": True}),
    ],
)
async def test_a_lost_reply_to_a_tap_is_retried_and_written_once(
    stage: Stage, teacher: Phone, kind: str, fields: dict[str, Any]
) -> None:
    await teacher.write("/ros")
    for method in ("editMessageText", "answerCallbackQuery"):
        await stage.sim.fault(method, kind, **fields)
    await stage.sim.press(teacher.who, "We say hello", wait=0)
    await teacher.sees("⭐ 5B: We say hello. Saved.")
    assert await praised(stage) == 1


async def test_after_failed_retries_the_write_is_kept_and_shown_at_the_next_tap(
    stage: Stage, teacher: Phone
) -> None:
    asked = await teacher.write("/ros")
    data = asked["reply_markup"]["inline_keyboard"][1][0]["callback_data"]
    await stage.sim.fault("editMessageText", "status", times=2, status=500)
    with structlog.testing.capture_logs() as told:
        await teacher.forge(data, message_id=asked["message_id"])
        await stage.restart()
    assert [line["outcome"] for line in told if line["event"] == "update"] == ["not sent: Uncertain"]
    assert await praised(stage) == 1
    await teacher.forge(data, message_id=asked["message_id"])
    await teacher.sees("⭐ 5B: We say hello. Saved.")
    assert await praised(stage) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_flood_wait_is_respected(stage: Stage, teacher: Phone) -> None:
    await stage.stop()
    await stage.start(within_limits=True)
    await stage.sim.fault(
        "sendMessage", "status", status=429, description="Too Many Requests: retry after 1", retry_after=1
    )
    assert (await teacher.write("/ros"))["text"] == "⭐ 5B: what did you see?"
    assert [(call["ok"], call["error_code"]) for call in (await stage.sim.calls("sendMessage"))[-2:]] == [
        (False, 429),
        (True, None),
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("kind", "fields"), [("status", {"status": 500}), ("drop", {"after": True})])
async def test_a_failed_poll_is_retried(
    stage: Stage, teacher: Phone, kind: str, fields: dict[str, Any]
) -> None:
    await stage.sim.fault("getUpdates", kind, **fields)
    await teacher.write("/hjem")  # ends the round that was under way; the next one fails
    await stage.sim.text(teacher.who, "/ros")
    await teacher.sees("⭐ 5B: what did you see?")
    assert len([text for text in (await teacher.chat()).texts if "what did you see?" in text]) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_partly_sent_message_is_not_retried(stage: Stage, heia: MadeSchool) -> None:
    """The message to a confirmed newcomer is two messages and a menu; Telegram fails after the first."""
    async with stage.database.writing() as db:
        asked = await make_person(db, heia, Role.STAFF, name="Tor", language="en", standing=Standing.PENDING)
    tor = await stage.phone(asked.telegram_id, name="Tor", language="en")
    leader = await stage.join(heia, Role.LEADER, name="Lise")
    await leader.write("/venter")
    await leader.tap("✅ Tor")
    await eventually(lambda: general_menus(stage), 1 + len(CODES))
    await stage.sim.fault(
        "setMyCommands", "status", status=429, description="Too Many Requests", retry_after=1
    )
    for _ in range(2):
        await stage.bot.deliver()
        stage.clock.set(stage.clock.now() + timedelta(hours=1))
    assert len([text for text in (await tor.chat()).texts if "has let you in" in text]) == 1
    async with stage.database.reading() as db:
        deliveries = list(await db.exec(select(Delivery).where(col(Delivery.person_id) == asked.id)))
    assert {row.status for row in deliveries} == {DeliveryStatus.SENT}


async def general_menus(stage: Stage) -> int:
    """How many default command menus are set: they are set at start, and would consume the injected fault."""
    return len([call for call in await stage.sim.calls("setMyCommands") if "scope" not in call["params"]])


# --- the database -------------------------------------------------------------------------------------------


CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def cut(request: pytest.FixtureRequest, database: Database) -> Cut:
    """Ends every connection to the database but that of the test run itself."""
    if database.dialect == "sqlite":
        return database.close
    script: databases.Script = request.getfixturevalue("postgresql_script")
    return lambda: script(CUT)


@asynccontextmanager
async def away(database: Database, cut: Cut) -> AsyncIterator[None]:
    """The database is unavailable: PostgreSQL refuses connections, SQLite is locked by another program."""
    if database.dialect == "sqlite":
        with closing(sqlite3.connect(make_url(database.url).database or "", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    name = make_url(database.url).database
    address = make_url(database.url).set(database="postgres").render_as_string(hide_password=False)
    async with databases.administering(address) as script, AsyncExitStack() as afterwards:
        await script(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        afterwards.push_async_callback(script, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await cut()
        yield


async def test_while_the_database_is_unavailable_updates_get_an_apology_and_later_succeed(
    stage: Stage, teacher: Phone, cut: Cut
) -> None:
    await stage.stop()
    await stage.start(handler_timeout=1.0)
    asked = await teacher.write("/ros")
    data = asked["reply_markup"]["inline_keyboard"][1][0]["callback_data"]
    with structlog.testing.capture_logs() as told:
        async with away(stage.database, cut):
            shown = await teacher.forge(data, message_id=asked["message_id"])
            written = await teacher.write("/kunngjoring")  # a command that writes; home would only read
    for said in (shown or "", written["text"]):
        assert SORRY.fullmatch(said), said
    problems = [line["problem"] for line in told if line["event"] == "handler failed"]
    assert problems == [SORRY.fullmatch(said)[1] for said in (shown or "", written["text"])]  # type: ignore[index]
    assert [line["outcome"] for line in told if line["event"] == "update"] == ["failed", "failed"]

    await teacher.tap("We say hello")
    assert await praised(stage) == 1


async def test_closed_connections_are_reopened_transparently(stage: Stage, teacher: Phone, cut: Cut) -> None:
    """PostgreSQL was restarted: the next tap finds its connections dead and gets new ones."""
    await teacher.write("/ros")
    await cut()
    await asyncio.sleep(0.1)  # the news of it comes by the connection itself
    await teacher.tap("We say hello")
    assert await praised(stage) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_lock_held_by_another_writer_is_waited_for(stage: Stage, teacher: Phone, cut: Cut) -> None:
    await teacher.write("/ros")
    async with away(stage.database, cut):
        tapped = asyncio.create_task(teacher.tap("We say hello"))
        await asyncio.sleep(0.2)
        assert not tapped.done()
    assert (await tapped)["text"] == "⭐ 5B: We say hello. Saved."


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_unreachable_person_reads_beside_a_writer_and_is_reachable_afterwards(
    stage: Stage, teacher: Phone, cut: Cut
) -> None:
    async with stage.database.writing() as db:
        await people.set_reachable(db, teacher.who.id, False)
    async with away(stage.database, cut), asyncio.timeout(5):
        assert (await teacher.write("/ros"))["text"] == "⭐ 5B: what did you see?"
    await eventually(lambda: stage.reachable(teacher.who.id), True)


async def test_an_unreachable_person_is_reachable_in_the_transaction_of_their_tap(
    stage: Stage, teacher: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that what the tap enqueues for them is delivered."""
    found: list[bool] = []

    async def look(turn: Turn) -> Reply:
        person = await people.by_telegram(turn.db, teacher.who.id)
        found.append(person is not None and person.reachable)
        return Reply("Seen.")

    async with stage.database.writing() as db:
        await people.set_reachable(db, teacher.who.id, False)
    monkeypatch.setitem(stage.bot.features.commands, "ros", Command("ros", look))
    await teacher.write("/ros")
    assert found == [True]


# --- the handler ----------------------------------------------------------------------------------------------


async def never_ends(turn: Turn) -> Reply:
    await asyncio.Event().wait()
    raise AssertionError


async def breaks(turn: Turn) -> Reply:
    raise RuntimeError(f"{turn.visitor.name} wrote {turn.text}")


async def test_a_hanging_handler_times_out_and_frees_its_chat(
    stage: Stage, teacher: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.stop()
    await stage.start(handler_timeout=1.0)
    monkeypatch.setitem(stage.bot.features.commands, "hjem", Command("hjem", never_ends))
    answer = await teacher.write("/hjem")
    assert SORRY.fullmatch(answer["text"])
    assert (await teacher.write("/ros"))["text"] == "⭐ 5B: what did you see?"


async def test_a_handler_that_raises_is_rolled_back_without_a_stack_trace_in_the_chat(
    stage: Stage, teacher: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    praise = next(kind for kind in stage.bot.features.presses if kind.tag == "p1")
    save = stage.bot.features.presses[praise]

    async def save_and_break(turn: Turn, press: object) -> Reply:
        await save(turn, press)
        raise RuntimeError("after writing")

    await teacher.write("/ros")
    with monkeypatch.context() as broken:
        broken.setitem(stage.bot.features.presses, praise, save_and_break)
        await stage.sim.press(teacher.who, "We say hello")
        broken.setitem(stage.bot.features.commands, "hjem", Command("hjem", breaks))
        answer = await teacher.write("/hjem")
    assert SORRY.fullmatch(answer["text"])
    assert await praised(stage) == 0
    assert not [text for text in (await teacher.chat()).texts if "Error" in text or "Traceback" in text]
    await teacher.tap("We say hello")
    assert await praised(stage) == 1
