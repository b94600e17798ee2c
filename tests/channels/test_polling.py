"""Polling: retries with backoff, watchdog, backpressure, and one log line per problem."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiohttp import web
from telegram import Update

from bot.channels.per_chat import PerChatQueue
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.polling import Polling
from bot.channels.telegram.transport import Transport
from tests.support.bots import TOKEN
from tests.support.loop_clock import Clock
from tests.support.servers import refusal, result, serving

Step = Callable[[web.Request], Awaitable[web.StreamResponse]]


def message(number: int) -> dict[str, Any]:
    chat = {"id": 5, "type": "private", "first_name": "Kari"}
    return {"update_id": number, "message": {"message_id": number, "date": 1_790_000_000, "chat": chat}}


def says(*updates: dict[str, Any]) -> Step:
    async def step(_: web.Request) -> web.Response:
        return result(list(updates))

    return step


def refuses(status: int, description: str, **parameters: object) -> Step:
    async def step(_: web.Request) -> web.Response:
        return refusal(status, description, **parameters)

    return step


async def hangs(_: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return result([])


async def drops(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return result([])


class Telegram:
    """A server with scripted getUpdates responses, which hangs when there are no more."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.calls: list[tuple[str, Any, Any]] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.path.rpartition("/")[2]
        fields = await request.json()
        self.calls.append((method, fields.get("offset"), fields.get("timeout")))
        if method != "getUpdates":
            return result(True)
        if fields["timeout"] == 0:
            return result([])
        return await (self.steps.pop(0) if self.steps else hangs)(request)

    @property
    def offsets(self) -> list[int | None]:
        return [offset for method, offset, _ in self.calls if method == "getUpdates"]


@asynccontextmanager
async def polling(
    telegram: Telegram, **options: Any
) -> AsyncIterator[tuple[Polling, "asyncio.Queue[object]"]]:
    queue: asyncio.Queue[object] = asyncio.Queue()
    async with serving(telegram.answer) as address, Transport() as transport:
        client = BotClient(TOKEN, base_url=f"{address}/bot", base_file_url=address, transport=transport)
        loop = Polling(client, queue, **options)
        loop.start()
        try:
            yield loop, queue
        finally:
            await loop.stop()


async def numbers(queue: "asyncio.Queue[object]", count: int) -> list[int]:
    async with asyncio.timeout(2):
        got = [await queue.get() for _ in range(count)]
    return [update.update_id for update in got if isinstance(update, Update)]


class Waits:
    """A fake sleep that records its durations."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


async def test_updates_arrive_in_order_and_are_confirmed_by_the_next_round_and_at_stop() -> None:
    telegram = Telegram(says(message(7), message(8)), says(message(9)))
    async with polling(telegram) as (_, queue):
        assert await numbers(queue, 3) == [7, 8, 9]
    assert telegram.calls[:3] == [
        ("deleteWebhook", None, None),
        ("getUpdates", None, 25),
        ("getUpdates", 9, 25),
    ]
    assert telegram.calls[-1] == ("getUpdates", 10, 0)


async def test_a_stop_before_the_first_update_confirms_nothing() -> None:
    telegram = Telegram()
    async with polling(telegram):
        pass
    assert telegram.offsets in ([], [None])


async def test_network_errors_are_retried_with_backoff_and_logged_once() -> None:
    waits = Waits()
    steps = [drops, refuses(500, "Internal Server Error"), refuses(502, "Bad Gateway"), drops, drops, drops]
    with structlog.testing.capture_logs() as told:
        async with polling(Telegram(*steps, says(message(1))), sleep=waits) as (_, queue):
            assert await numbers(queue, 1) == [1]
    assert waits.seconds == [1, 2, 4, 8, 16, 30]
    assert [line["action"] for line in told] == ["polling.network"] * 4 + ["polling.recovered"]


async def test_a_second_poller_is_logged_in_plain_words() -> None:
    waits = Waits()
    conflict = refuses(
        409, "Conflict: terminated by other getUpdates request; make sure that only one is running"
    )
    with structlog.testing.capture_logs() as told:
        async with polling(Telegram(conflict, conflict, says(message(1))), sleep=waits) as (_, queue):
            assert await numbers(queue, 1) == [1]
    assert waits.seconds == [1, 2]
    assert [(line["log_level"], line["event"]) for line in told] == [
        (
            "error",
            "Another program fetches updates with this bot token. Stop it: one token serves one program.",
        ),
        ("info", "Polling works again."),
    ]


async def test_a_conflicting_webhook_is_logged_as_such() -> None:
    conflict = refuses(409, "Conflict: can't use getUpdates method while webhook is active")
    with structlog.testing.capture_logs() as told:
        async with polling(Telegram(conflict, says(message(1))), sleep=Waits()) as (_, queue):
            await numbers(queue, 1)
    assert told[0]["event"].startswith("A webhook is set for this bot token")


async def test_a_429_and_a_revoked_token_are_retried() -> None:
    waits = Waits()
    steps = [
        refuses(429, "Too Many Requests", retry_after=17),
        refuses(401, "Unauthorized"),
        says(message(1)),
    ]
    async with polling(Telegram(*steps), sleep=waits) as (_, queue):
        assert await numbers(queue, 1) == [1]
    assert waits.seconds == [17, 2]


async def test_the_watchdog_cuts_off_a_hanging_round() -> None:
    with structlog.testing.capture_logs() as told:
        async with polling(Telegram(hangs, says(message(1))), watchdog=0.1) as (loop, queue):
            assert await numbers(queue, 1) == [1]
            assert loop.last_round_at is not None
    assert told[0]["action"] == "polling.stalled"


async def test_an_invalid_update_is_skipped_and_the_next_is_handled() -> None:
    odd = {"update_id": 2, "message": {"message_id": "?", "chat": 5, "date": "yesterday"}}
    with structlog.testing.capture_logs() as told:
        async with polling(Telegram(says(message(1), odd, message(3)), says(message(4)))) as (_, queue):
            assert await numbers(queue, 3) == [1, 3, 4]
    assert [(line["action"], line["update_id"]) for line in told] == [("update.invalid", 2)]


async def test_backpressure_nothing_is_fetched_while_the_queue_is_full() -> None:
    clock = Clock()
    order = PerChatQueue(capacity=1)
    busy = asyncio.Event()
    held = asyncio.create_task(order.process_update(None, busy.wait()))
    telegram = Telegram(says(message(1)), says(message(2)))
    async with polling(telegram, order=order, sleep=clock.sleep) as (_, queue):
        assert await numbers(queue, 1) == [1]
        await clock.turn(5)
        assert queue.empty()
        busy.set()
        await held
        await clock.turn(0.2)
        assert await numbers(queue, 1) == [2]


async def test_an_update_is_confirmed_once_handled_or_after_a_second() -> None:
    clock = Clock()
    order = PerChatQueue()
    asked_again = asyncio.Event()

    async def third(request: web.Request) -> web.Response:
        asked_again.set()
        return await hangs(request)

    telegram = Telegram(says(message(1)), says(message(2)), third)
    async with polling(telegram, order=order, sleep=clock.sleep) as (_, queue):
        assert await numbers(queue, 1) == [1]
        quick = asyncio.Event()
        handling = asyncio.create_task(order.process_update(None, quick.wait()))
        await clock.turn(0.5)
        assert telegram.offsets == [None]
        quick.set()
        await handling
        await clock.turn(0.1)
        assert await numbers(queue, 1) == [2]
        assert telegram.offsets == [None, 2]
        never = asyncio.Event()
        handling = asyncio.create_task(order.process_update(None, never.wait()))
        await clock.turn(0.9)
        assert telegram.offsets == [None, 2]
        await clock.turn(0.2)
        async with asyncio.timeout(2):
            await asked_again.wait()
        assert telegram.offsets == [None, 2, 3]
        never.set()
        await handling
