"""A month's focus to 5 000 families, nothing left out but the limits, by us and by two plain loops in turns.

| figure | what |
|---|---|
| `bulk_per_s` | rows claimed, said in each reader's language, sent and recorded, on a SQLite file |
| `bulk_postgres_per_s` | the same on PostgreSQL, which keeps every commit on its disk |
| `bulk_loop_per_s` | PTB's `send_message` on the transport it comes with, one after the other; nothing is recorded |
| `bulk_raw_per_s` | bare aiohttp, as many at once as we have; it sends the same bytes and reads the answers |
| `bulk_vs_loop`, `bulk_vs_raw` | `bulk_per_s` by theirs |

A turn of ours begins when the occurrence is due and ends when it is closed: its deliveries are made, claimed, marked,
sent and recorded in it, under the lease and with the guard. All talk to the same loopback server in a process of
its own; figures are medians. In the end each reader has one delivery, sent, with a number of its own.
"""

import gc
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from io import StringIO
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
from telegram import Bot
from telegram.request import RequestData

from benchmarks import broadcast
from benchmarks.broadcast import FIRST_READER, TOKEN
from benchmarks.figures import Figures, drive
from benchmarks.stub_server import stub_server
from bot import log
from bot.channels.telegram.transport import Transport
from bot.operations.gc_tuning import freeze_startup_objects
from scheduler.delivery.pipeline import IN_FLIGHT
from storage.database import Database
from storage.tables import DeliveryStatus
from tests.support import databases

TURNS: Final = 5
READERS: Final = 5000
LOOPED: Final = 500

Turn = Callable[[], Awaitable[float]]
"""Takes a turn and returns how many messages a second it made."""


async def measure() -> Figures:
    """Let everybody take turns, and sum up."""
    log.set_up(StringIO())
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="palsbot-bench-")))
        address = await stack.enter_async_context(stub_server())
        listening = Listening()
        turns = {"bulk": await _ours(stack, address, f"sqlite:///{directory / 'palsbot.db'}", listening)}
        if server := _postgresql(stack):
            name = "palsbot_bulk"
            there = await stack.enter_async_context(databases.postgresql_database(server, name))
            turns["bulk_postgres"] = await _ours(stack, address, there, Transport())
        await turns["bulk"]()
        bodies = listening.stop()
        turns["bulk_loop"] = await _loop(stack, address, json.loads(bodies[0])["text"])
        turns["bulk_raw"] = await _raw(stack, address, bodies)
        for name, turn in turns.items():
            if name != "bulk":
                await turn()  # connections are made and code is warm before anything counts
        gc.collect()
        freeze_startup_objects()  # as `palsbot run` does
        rates: dict[str, list[float]] = {name: [] for name in turns}
        for _ in range(TURNS):
            for name, turn in turns.items():
                gc.collect()
                rates[name].append(await turn())
    return _summed_up({name: median(several) for name, several in rates.items()})


def _summed_up(rates: dict[str, float]) -> Figures:
    figures: Figures = {f"{name}_per_s": round(rate) for name, rate in rates.items()}
    figures["bulk_vs_loop"] = round(rates["bulk"] / rates["bulk_loop"], 2)
    figures["bulk_vs_raw"] = round(rates["bulk"] / rates["bulk_raw"], 2)
    return figures


class Listening(Transport):
    """Keeps the bodies that messages go out as, until it is told to stop."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: list[bytes] | None = []

    def stop(self) -> list[bytes]:
        heard, self._heard = self._heard, None
        assert heard
        return heard

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | bytes | None = None,
        *more: object,
        **named: object,
    ) -> tuple[int, bytes]:
        if self._heard is not None and isinstance(request_data, bytes) and url.endswith("/sendMessage"):
            self._heard.append(request_data)
        return await super().do_request(url, method, request_data, *more, **named)


def _postgresql(stack: AsyncExitStack) -> str | None:
    """The address of a server that keeps what it has committed; None where none can be started."""
    try:
        return stack.enter_context(databases.postgresql_server(databases.DURABLE))
    except (AssertionError, OSError, RuntimeError):
        return None


async def _ours(stack: AsyncExitStack, address: str, url: str, transport: Transport) -> Turn:
    database = Database.open(url)
    stack.push_async_callback(database.close)
    school = await broadcast.with_families(database, READERS)
    guard = Path(stack.enter_context(TemporaryDirectory(prefix="palsbot-bench-"))) / "palsbot.alive"
    deliverer, cards = await stack.enter_async_context(
        broadcast.delivering(database, address, guard, transport)
    )
    slots = count()

    async def turn() -> float:
        occurrence = await broadcast.planned(database, school, f"turn {next(slots)}")
        began = time.perf_counter()
        await deliverer.deliver_all(cards.refresh)
        seconds = time.perf_counter() - began
        assert await broadcast.became(database, school, occurrence) == {DeliveryStatus.SENT: READERS}
        return READERS / seconds

    return turn


async def _loop(stack: AsyncExitStack, address: str, text: str) -> Turn:
    bot = await stack.enter_async_context(Bot(TOKEN, base_url=f"{address}/bot"))

    async def turn() -> float:
        began = time.perf_counter()
        for number in range(LOOPED):
            await bot.send_message(FIRST_READER + number, text, parse_mode="HTML")
        return LOOPED / (time.perf_counter() - began)

    return turn


async def _raw(stack: AsyncExitStack, address: str, bodies: list[bytes]) -> Turn:
    session = await stack.enter_async_context(aiohttp.ClientSession())
    url, headers = f"{address}/bot{TOKEN}/sendMessage", {"Content-Type": "application/json"}

    async def send(number: int) -> None:
        async with session.post(url, data=bodies[number % len(bodies)], headers=headers) as answer:
            sent: dict[str, Any] = json.loads(await answer.read())
            assert sent["ok"]

    async def turn() -> float:
        return (await drive(send, READERS, IN_FLIGHT)).per_second

    return turn
