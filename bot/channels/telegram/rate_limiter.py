"""Rate limiter: Telegram's limits, kept on our side; an answer to a tap never waits for a broadcast.

Telegram publishes three numbers and no algorithm (core.telegram.org/bots/faq): about 30 messages a second
for a token, one a second in a chat with short bursts allowed, 20 a minute in a group. They are kept like
this:

* **overall**: evenly paced from the very first message; idle time earns no burst;
* **private chat**: one a second; an interactive call may use the short burst and go up to two seconds early;
* **group**: twenty in any sixty seconds.

`priority.py` says which call counts towards which.

**Priority.** Interactive calls overtake all others, however long those have waited. Callers pass
`rate_limit_args=Priority.INTERACTIVE`, `BULK` or `DELIVERY`; by default an edit is interactive, a new message bulk.

**429 Too Many Requests.** Every call backs off until the deadline. The pace is then half of what it was and rises to
the full rate over a minute. The refused call goes first again. Telegram has been seen to ask for hours: a backoff of
more than `longest_backoff` is not waited out; calls raise PTB's `RetryAfter` at once, which means that nothing was
sent and says when to retry. A delivery waits out no backoff at all: it is marked as in flight in the database, and
would be uncertain after a crash without ever having been sent.
"""

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.channels.telegram.priority import ChatBudgets, Cost, Priority, cost_of
from bot.channels.telegram.transport import NotSent, backoff

SLOWEST: Final = 1.0
TIMER_SLACK: Final = 0.03
"""Seconds by which a timer may fire late without lowering the pace. Beyond that it was idle time."""

PREFETCH: Final = 0.1
"""Seconds of work to accept ahead of time, so that the limiter never idles while more is fetched."""

ATTEMPTS: Final = 4


@dataclass(slots=True)
class _Waiter:
    number: int
    cost: Cost
    released: asyncio.Future[None]

    def __lt__(self, other: "_Waiter") -> bool:
        return self.number < other.number


class RateLimiter(BaseRateLimiter[Priority]):
    """The limits of one bot token: `rate` messages a second overall.

    `clock` is monotonic, in seconds; `sleep` sleeps on it.
    """

    def __init__(
        self,
        rate: float = 30.0,
        *,
        longest_backoff: float = 60.0,
        recovery: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if rate <= 0:
            raise ValueError(f"the rate must be above 0 messages a second, not {rate}")
        self._full_rate = rate
        self._longest_backoff = longest_backoff
        self._recovery = recovery
        self._clock = clock
        self._sleep = sleep
        self._next_at = float("-inf")
        self._backoff_until = float("-inf")
        self._lowered_rate = rate
        self._chats = ChatBudgets()
        self._numbers = itertools.count()
        self._blocked: list[tuple[float, _Waiter]] = []
        self._ready: dict[Priority, list[_Waiter]] = {priority: [] for priority in Priority}
        self._worker: asyncio.Task[None] | None = None
        self._timer: asyncio.Future[None] | None = None

    async def initialize(self) -> None:
        """Nothing to do: the first call that has to wait starts the worker."""

    async def shutdown(self) -> None:
        """Ends every waiting call as `NotSent`."""
        if self._worker is not None:
            self._worker.cancel()
            if self._timer is not None:
                self._timer.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker
            self._worker = self._timer = None
        self._refuse(set(Priority), lambda: NotSent("The bot is stopping; nothing was sent."))

    @property
    def backoff_left(self) -> float:
        """Seconds of backoff left after a 429; 0.0 when calls may go out."""
        return max(0.0, self._backoff_until - self._clock())

    @property
    def pace(self) -> float:
        """Messages a second at present."""
        since = self._clock() - self._backoff_until
        if since >= self._recovery:
            return self._full_rate
        return self._lowered_rate + (self._full_rate - self._lowered_rate) * max(0.0, since) / self._recovery

    @property
    def capacity(self) -> int:
        """How many more calls may be made now and will go out within about `PREFETCH` seconds."""
        if self.backoff_left > 0:
            return 0
        return max(0, math.ceil(self.pace * PREFETCH) + 1 - self.waiting)

    @property
    def waiting(self) -> int:
        """How many calls wait for a slot."""
        return len(self._blocked) + sum(len(heap) for heap in self._ready.values())

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Priority | None,
    ) -> Any:
        """Makes the call when the limits allow it, and retries after a 429.

        Raises:
            RetryAfter: nothing was sent: the backoff is too long to wait for, or the last attempt was refused too.
            NotSent: the bot stopped while the call waited.
        """
        cost = cost_of(endpoint, data, rate_limit_args)
        number = next(self._numbers)
        attempts = 0
        while True:
            attempts += 1
            if cost is None:
                await self._wait_out_backoff(self._longest_wait(rate_limit_args))
            else:
                await self._wait_for_slot(number, cost)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as refused:
                seconds = backoff(refused).total_seconds()
                self._back_off(seconds)
                if attempts == ATTEMPTS or seconds > self._longest_wait(rate_limit_args):
                    raise

    def _longest_wait(self, priority: Priority | None) -> float:
        """How many seconds of backoff are waited out."""
        return 0.0 if priority is Priority.DELIVERY else self._longest_backoff

    async def _wait_out_backoff(self, longest: float) -> None:
        while (left := self.backoff_left) > 0:
            if left > longest:
                raise _retry_after(left)
            await self._sleep(left)

    async def _wait_for_slot(self, number: int, cost: Cost) -> None:
        """Returns when a message may go out, having counted it."""
        if (left := self.backoff_left) > self._longest_wait(cost.priority):
            raise _retry_after(left)
        now = self._clock()
        free_at = self._chats.free_at(cost, now)
        if not self.waiting and free_at <= now >= self._next_slot_at():
            self._count(cost, now)
            return
        waiter = _Waiter(number, cost, asyncio.get_running_loop().create_future())
        heapq.heappush(self._blocked, (free_at, waiter))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._release_loop(), name="rate limiter")
        elif self._timer is not None:
            self._timer.cancel()
        try:
            await waiter.released
        except asyncio.CancelledError:
            if (
                waiter.released.done()
                and not waiter.released.cancelled()
                and waiter.released.exception() is None
            ):
                self._uncount(cost)
            raise

    def _next_slot_at(self) -> float:
        return max(self._next_at, self._backoff_until)

    def _count(self, cost: Cost, now: float, due: float | None = None) -> None:
        """Counts a call that goes out now and was due at `due`: a late timer does not lower the pace."""
        late = now - due if due is not None else 0.0
        self._next_at = now - (late if late <= TIMER_SLACK else 0.0) + cost.messages / self.pace
        self._chats.count(cost, now)

    def _uncount(self, cost: Cost) -> None:
        """Takes back what was counted for a call. Race: its task was cancelled as it was released."""
        self._next_at -= cost.messages / self.pace
        self._chats.uncount(cost)
        if self._timer is not None:
            self._timer.cancel()

    async def _release_loop(self) -> None:
        """Releases the waiting calls, each in its slot, until none waits."""
        while self.waiting:
            now = self._clock()
            until = self._next_slot_at()
            if until <= now:
                if self._release_next(now):
                    continue
                # Every waiting call is blocked by its chat's limit.
                until = self._blocked[0][0] if self._blocked else now
                if until <= now:
                    continue
            self._timer = asyncio.ensure_future(self._sleep(until - now))
            await asyncio.wait([self._timer])
            self._timer = None

    def _release_next(self, now: float) -> bool:
        while self._blocked and self._blocked[0][0] <= now:
            _, waiter = heapq.heappop(self._blocked)
            heapq.heappush(self._ready[waiter.cost.priority], waiter)
        for heap in self._ready.values():
            while heap:
                waiter = heapq.heappop(heap)
                if waiter.released.done():
                    continue  # its task was cancelled: nothing is counted, the next one takes the slot
                if (free_at := self._chats.free_at(waiter.cost, now)) > now:
                    heapq.heappush(self._blocked, (free_at, waiter))
                    continue
                self._count(waiter.cost, now, self._next_slot_at())
                waiter.released.set_result(None)
                return True
        return False

    def _back_off(self, seconds: float) -> None:
        now = self._clock()
        if now >= self._backoff_until:
            # Of several calls in flight that are refused together, only the first lowers the pace.
            self._lowered_rate = max(min(SLOWEST, self._full_rate), self.pace / 2)
        self._backoff_until = max(self._backoff_until, now + seconds)
        refused = set(Priority) if self.backoff_left > self._longest_backoff else {Priority.DELIVERY}
        self._refuse(refused, lambda: _retry_after(self.backoff_left))

    def _refuse(self, priorities: set[Priority], reason: Callable[[], Exception]) -> None:
        waiters = [waiter for _, waiter in self._blocked if waiter.cost.priority in priorities]
        self._blocked = [entry for entry in self._blocked if entry[1].cost.priority not in priorities]
        heapq.heapify(self._blocked)
        for priority in priorities:
            waiters.extend(self._ready[priority])
            self._ready[priority].clear()
        for waiter in waiters:
            if not waiter.released.done():
                waiter.released.set_exception(reason())


def _retry_after(seconds: float) -> RetryAfter:
    return RetryAfter(timedelta(seconds=max(1.0, round(seconds))))
