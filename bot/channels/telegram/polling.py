"""Long polling: a getUpdates loop with retries, backoff and a watchdog, which ends only when it is stopped.

Each round is one getUpdates call that waits some seconds for updates. Network loss, a 5xx, a revoked token, another
program on the same token: each is logged once when it begins and once when it is over, and retried with backoff. A
round that hangs (a half-open connection) is cut off by the watchdog, which also closes its connection, so that the
next round gets a new one.

At least once: a round confirms the batch of the one before, so it begins when that has been handled, and a crash
loses no tap. One slow update delays the next round by a second at most. Handlers are idempotent, so redelivery is
harmless.

Before the first round the webhook is removed, or Telegram would refuse every round. A clean stop makes one more call
that confirms what was handled. See `docs/decisions/own-polling-loop.md`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Final

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.per_chat import PerChatQueue
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.transport import UncertainInTime, backoff
from bot.channels.telegram.updates import KINDS, parse_update
from bot.log import get_log

_FIRST_BACKOFF: Final = 1.0
_LONGEST_BACKOFF: Final = 30.0
_CONFIRM_TIMEOUT: Final = 5.0
_HANDLING_TIMEOUT: Final = 1.0
_POLL_INTERVAL: Final = 0.01

_log = get_log("polling")


class Polling:
    """Puts the updates of one bot into `queue` (an application's `update_queue`).

    `seconds`: the long-polling timeout; `watchdog`: seconds after which a hanging round is cut off. Backpressure:
    while `order` is full, nothing is fetched.
    """

    def __init__(
        self,
        client: BotClient,
        queue: "asyncio.Queue[object]",
        *,
        order: PerChatQueue | None = None,
        seconds: int = 25,
        watchdog: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._queue = queue
        self._order = order
        self._seconds = seconds
        self._watchdog = watchdog
        self._clock = clock
        self._sleep = sleep
        self._offset: int | None = None
        self._problem: str | None = None
        self._task: asyncio.Task[None] | None = None
        self.last_round_at: float | None = None
        """When the last round succeeded, on `clock`; None before the first."""

    def start(self) -> None:
        """Starts the loop; errors are logged from here on."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="polling")

    async def stop(self) -> None:
        """Stops the loop and confirms what was handled. Idempotent."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        if self._offset is None:
            return
        try:
            async with asyncio.timeout(_CONFIRM_TIMEOUT):
                # Confirms everything before the offset; what it returns stays unconfirmed.
                await self._client.updates(self._offset, 0, KINDS)
        except (TelegramError, TimeoutError):
            _log.warning(
                "The last updates could not be confirmed; some may come again.", action="polling.stop"
            )

    async def _run(self) -> None:
        await self._retry(partial(self._client.call, "deleteWebhook"))
        while True:
            await self._retry(self._round)
            if self._order is not None:
                await self._until_handled(self._order)

    async def _until_handled(self, order: PerChatQueue) -> None:
        """Returns when the batch is handled, because the next round confirms it; or after a timeout."""
        waited = 0.0
        while order.is_full or (waited < _HANDLING_TIMEOUT and (order.backlog or not self._queue.empty())):
            pause = 0.1 if waited >= _HANDLING_TIMEOUT else _POLL_INTERVAL
            await self._sleep(pause)
            waited += pause

    async def _round(self) -> None:
        async with asyncio.timeout(self._watchdog):
            updates = await self._client.updates(self._offset, self._seconds, KINDS)
        self.last_round_at = self._clock()
        for data in updates:
            update = parse_update(data, self._client)
            if update is not None:
                self._queue.put_nowait(update)
            if isinstance(update_id := data.get("update_id"), int):
                self._offset = update_id + 1

    async def _retry(self, step: Callable[[], Awaitable[object]]) -> None:
        for failures in count():
            try:
                await step()
            except (UncertainInTime, TimeoutError):
                self._report("Polling stalled: no response in time; the connection is made anew.", "stalled")
            except TelegramError as error:
                await self._back_off(error, failures)
            else:
                self._report(None)
                return

    async def _back_off(self, error: TelegramError, failures: int) -> None:
        self._report(*_describe(error))
        seconds = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2 ** min(failures, 10))
        if isinstance(error, RetryAfter):
            seconds = backoff(error).total_seconds()
        await self._sleep(seconds)

    def _report(self, problem: str | None, name: str = "") -> None:
        """Logs one line when a problem begins or changes, and one when it is over."""
        if problem == self._problem:
            return
        self._problem = problem
        if problem is None:
            _log.info("Polling works again.", action="polling.recovered")
        else:
            _log.error(problem, action=f"polling.{name}")


def _describe(error: TelegramError) -> tuple[str, str]:
    if isinstance(error, Conflict):
        if "webhook" in str(error).lower():
            return (
                "A webhook is set for this bot token, so updates cannot be fetched. Stop the program that "
                "set it, or start this one again to remove it.",
                "conflict",
            )
        return (
            "Another program fetches updates with this bot token. Stop it: one token serves one program.",
            "conflict",
        )
    if isinstance(error, InvalidToken):
        return "Telegram no longer knows this bot token. Check PALSBOT_TOKEN.", "token"
    if isinstance(error, RetryAfter):
        return "Telegram rate limits getUpdates (429).", "rate_limited"
    return f"Updates cannot be fetched at present: {error.message}", "network"
