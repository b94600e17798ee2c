"""Fetching updates by asking for them: a loop that ends when it is told to and for no other reason.

A round asks Telegram to wait some seconds for news. Network loss, a 5xx, a revoked token, another program
on the same token: each is told to the operator in one line when it begins and one when it is over, and
asked again after growing waits. A round that does not end by itself (a connection that died without a
word) is cut off by the watchdog, which also closes its connection, so that the next round gets a new one.

A round confirms what the one before it brought, so it begins when that has been handled: whoever kills the process
loses no tap. One slow update holds the others up for a second at the most.

Before the first round the webhook is removed, or Telegram would refuse every round. A clean stop asks
once more, so that what has been handed over is confirmed and does not come again. See
`docs/decisions/own-polling-loop.md`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any, Final

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.per_chat import PerChatQueue
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.transport import UncertainInTime
from bot.channels.telegram.updates import KINDS, parse_update
from bot.log import get_log

_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 30.0
_GOODBYE: Final = 5.0
_HANDLED_WITHIN: Final = 1.0
_GLANCE: Final = 0.01

_log = get_log("polling")


class Polling:
    """Puts the updates of one bot into `queue` (an application's `update_queue`).

    `seconds`: how long Telegram waits for news in a round; `watchdog`: seconds after which a round that
    has not ended is cut off. While `order` is full, no more are fetched.
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
        self._trouble: str | None = None
        self._task: asyncio.Task[None] | None = None
        self.last_round_at: float | None = None
        """When the last round ended well, on `clock`; None before the first."""

    def start(self) -> None:
        """Begin; what goes wrong from here on is told in the log."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="polling")

    async def stop(self) -> None:
        """End, and confirm what was handed over. Once more is harmless."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        if self._offset is None:
            return
        try:
            async with asyncio.timeout(_GOODBYE):
                # Confirms everything before the offset; what comes back is not taken and stays unconfirmed.
                await self._client.updates(self._offset, 0, KINDS)
        except (TelegramError, TimeoutError):
            _log.warning(
                "The last updates could not be confirmed; some may come again.", action="polling.stop"
            )

    async def _run(self) -> None:
        await self._until_it_works(self._remove_webhook)
        while True:
            await self._until_it_works(self._round)
            if self._order is not None:
                await self._handled(self._order)

    async def _handled(self, order: PerChatQueue) -> None:
        """Return when what was handed over is done, because the next round confirms it; or after a while."""
        waited = 0.0
        while order.is_full or (waited < _HANDLED_WITHIN and (order.backlog or not self._queue.empty())):
            pause = 0.1 if waited >= _HANDLED_WITHIN else _GLANCE
            await self._sleep(pause)
            waited += pause

    async def _remove_webhook(self) -> None:
        await self._client.call("deleteWebhook")

    async def _round(self) -> None:
        async with asyncio.timeout(self._watchdog):
            found = await self._client.updates(self._offset, self._seconds, KINDS)
        self.last_round_at = self._clock()
        for data in found:
            self._take(data)

    def _take(self, data: dict[str, Any]) -> None:
        update = parse_update(data, self._client)
        if update is not None:
            self._queue.put_nowait(update)
        if isinstance(number := data.get("update_id"), int):
            self._offset = number + 1

    async def _until_it_works(self, step: Callable[[], Awaitable[None]]) -> None:
        for failures in count():
            try:
                await step()
            except (UncertainInTime, TimeoutError):
                self._told("Telegram did not end a round in time; the connection is made anew.", "stalled")
            except TelegramError as error:
                await self._wait(error, failures)
            else:
                self._told(None)
                return

    async def _wait(self, error: TelegramError, failures: int) -> None:
        self._told(*_sentence(error))
        seconds = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(failures, 10))
        if isinstance(error, RetryAfter):
            after = error.retry_after
            seconds = after.total_seconds() if isinstance(after, timedelta) else float(after)
        await self._sleep(seconds)

    def _told(self, sentence: str | None, what: str = "back") -> None:
        """One line when a trouble begins or changes, and one when it is over."""
        if sentence == self._trouble:
            return
        self._trouble = sentence
        if sentence is None:
            _log.info("Updates are fetched again.", action="polling.back")
        else:
            _log.error(sentence, action=f"polling.{what}")


def _sentence(error: TelegramError) -> tuple[str, str]:
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
        return "Telegram asks to wait before updates are fetched again.", "wait"
    return f"Updates cannot be fetched at present: {error.message}", "lost"
