"""Rate limiter under load: a minute of a broadcast while teachers tap, with localchat's rate limits on. Runs 90 s.

| figure | what |
|---|---|
| `limit_use` | the share used of the permitted 30 messages a second; 1 is all of it |
| `http_429` | number of 429 responses |
| `interactive_p99_ms` | latency of a tap during the broadcast, 99th percentile |
| `interactive_p50_ms` | the same, median |
| `interactive_alone_p99_ms`, `interactive_alone_p50_ms` | the same without the broadcast |

The whole bot runs, with its ticks, on a SQLite file; localchat runs in a process of its own. The month's focus goes
to more families than fit into the minute. Five times a second a teacher taps (praise, undo, one more); latency ends
when the phone shows the resulting message. Everything that counts towards the limit is counted at the server:
letters, answers and edits.
"""

import asyncio
import gc
import json
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

from pydantic import SecretStr

from benchmarks import broadcast, school
from benchmarks.broadcast import FIRST_READER
from benchmarks.figures import Figures
from bot import log
from bot.app import running
from bot.config import Settings
from bot.operations.gc_tuning import freeze_startup_objects
from localchat.client import Message, Sim
from scheduler.clock import MovableClock
from storage.database import Database

PERMITTED: Final = 30.0
SECONDS: Final = 60
ALONE_S: Final = 30
READERS: Final = 1900
TEACHERS: Final = 25
TAPS_A_SECOND: Final = 5
TIMEOUT_S: Final = 20.0
CONCURRENCY: Final = 20
COUNTS: Final = ("send", "edit")
FREE: Final = "sendChatAction"
PRAISE: Final = "⭐"
"""The prefix of every message that these taps bring."""


async def measure() -> Figures:
    """Measures taps alone, then during a broadcast."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="palsbot-bench-")))
        url, token = await stack.enter_async_context(_localchat())
        sim = await stack.enter_async_context(Sim(url))
        there = await school.make(directory / "palsbot.db")
        database = Database.open(school.at(directory / "palsbot.db"))
        stack.push_async_callback(database.close)
        school_id = await broadcast.with_families(database, READERS)
        teachers = [teacher.telegram_id for teacher in there.teachers[:TEACHERS]]
        await _start_chats(sim, [*teachers, *(FIRST_READER + 1 + number for number in range(READERS))])
        await sim.session.post(f"{url}/bot{token}/deleteWebhook", json={"drop_pending_updates": True})

        log.set_up(StringIO())
        settings = Settings(
            token=SecretStr(token),
            api=url,
            database_url=school.at(directory / "palsbot.db"),
            listen="127.0.0.1:0",
            restore_guard=directory / "palsbot.alive",
        )
        await stack.enter_async_context(running(settings, MovableClock(broadcast.NOON)))
        phones = [await stack.enter_async_context(_phone(sim, teacher)) for teacher in teachers]
        for phone in phones:
            await phone.ask()
        gc.collect()
        freeze_startup_objects()  # as `palsbot run` does

        alone = await _tap(phones, ALONE_S)
        before = await _last(sim)
        await broadcast.planned(database, school_id, "limits")
        first = await _first_letter(sim, before)
        during = await _tap(phones, SECONDS)
        calls = await sim.calls(since=first["seq"] - 1)
    began = datetime.fromisoformat(first["at"])
    minute = [c for c in calls if datetime.fromisoformat(c["at"]) - began < timedelta(seconds=SECONDS)]
    counted = sum(c["ok"] and c["method"].startswith(COUNTS) and c["method"] != FREE for c in minute)
    return {
        "limit_use": round(counted / (PERMITTED * SECONDS), 4),
        "http_429": sum(c["error_code"] == 429 for c in calls),
        **_percentiles("interactive", during),
        **_percentiles("interactive_alone", alone),
    }


def _percentiles(name: str, seconds: Iterable[float]) -> Figures:
    percentiles = quantiles(seconds, n=100)
    return {
        f"{name}_p99_ms": round(percentiles[98] * 1000, 1),
        f"{name}_p50_ms": round(percentiles[49] * 1000, 1),
    }


class Phone:
    """One teacher's phone."""

    def __init__(self, sim: Sim, person: int, events: AsyncIterator[tuple[str, Any]]) -> None:
        self._sim = sim
        self._person = person
        self._events = events
        self._shown: Message = {}

    async def ask(self) -> None:
        """Writes /ros and gets the question."""
        await self._sim.text(self._person, "/ros")
        await self._wait_for_message()

    async def tap(self, due: float) -> float:
        """Taps the next of praise, undo, one more. Returns the seconds from `due` until the phone shows it."""
        rows = self._shown["reply_markup"]["inline_keyboard"]
        saved = len(rows) == 1 and len(rows[0]) == 2
        button = rows[0][1 if saved else 0]
        pressed = self._sim.press(
            self._person, data=button["callback_data"], message_id=self._shown["message_id"], wait=0
        )
        await asyncio.gather(pressed, self._wait_for_message())
        return asyncio.get_running_loop().time() - due

    async def _wait_for_message(self) -> None:
        async with asyncio.timeout(TIMEOUT_S):
            async for kind, shown in self._events:
                if kind in ("message", "edit") and shown.get("text", "").startswith(PRAISE):
                    self._shown = shown
                    return


async def _tap(phones: list[Phone], seconds: int) -> list[float]:
    """Taps at a constant rate (open loop) with jitter. Returns the latencies, in seconds."""
    loop = asyncio.get_running_loop()
    moments = Random(seconds)  # noqa: S311 - the same in every run
    began = loop.time()
    async with asyncio.TaskGroup() as group:
        taps = []
        for number in range(seconds * TAPS_A_SECOND):
            due = began + (number + moments.random()) / TAPS_A_SECOND
            await asyncio.sleep(due - loop.time())
            taps.append(group.create_task(phones[number % len(phones)].tap(due)))
    return [tap.result() for tap in taps]


@asynccontextmanager
async def _phone(sim: Sim, person: int) -> AsyncIterator[Phone]:
    async with sim.events(person) as events:
        yield Phone(sim, person, events)


async def _start_chats(sim: Sim, numbers: list[int]) -> None:
    """Starts a chat with the bot for each person."""
    left = iter(numbers)

    async def enter() -> None:
        for number in left:
            await sim.start(await sim.person("Noor", id=number))

    await asyncio.gather(*(enter() for _ in range(CONCURRENCY)))


async def _last(sim: Sim) -> int:
    return max(int(call["seq"]) for call in await sim.calls())


async def _first_letter(sim: Sim, after: int) -> dict[str, Any]:
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            for call in await sim.calls("sendMessage", since=after):
                if int(call["params"]["chat_id"]) > FIRST_READER:
                    return call
            await asyncio.sleep(0.02)


@asynccontextmanager
async def _localchat() -> AsyncIterator[tuple[str, str]]:
    """Runs localchat; yields its URL and a bot's token."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "localchat", "--port", "0", "--json"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        started = json.loads(await process.stdout.readline())
        yield started["url"], started["token"]
    finally:
        process.terminate()
        await process.wait()
