"""When a call may go out: Telegram's limits, kept from our side; who taps never waits for a broadcast.

Telegram publishes three numbers and no algorithm (core.telegram.org/bots/faq): about 30 messages a second
for a token, one a second in a chat with short bursts allowed, 20 a minute in a group. They are kept like
this:

* **overall**: evenly paced from the very first message; quiet time earns no burst;
* **private chat**: one a second; an answer to a tap may use the short burst and go up to two seconds early;
* **group**: twenty in any sixty seconds.

What counts towards which is told in `lanes.py`.

**Lanes.** What answers a tap goes ahead of everything that does not, however long that has waited.
Callers say `rate_limit_args=Lane.TAP`, `Lane.BULK` or `Lane.MAIL`; unsaid, an edit is a tap's and a new
message is bulk.

**Too many requests.** A 429 halts every call until its deadline. The pace is then half of what it was and
rises to the full pace over a minute. The refused call goes first again. Telegram has been seen to ask for
hours: a halt of more than `longest_halt` is not waited out; calls end as PTB's `RetryAfter` at once,
which means that nothing was sent and says when to come back. Mail waits out no halt at all: its sender
writes down what is on its way, and that shall be what is, should the process die.
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
from bot.channels.telegram.transport import NotSent

__all__ = ["Priority", "RateLimiter"]

SLOWEST: Final = 1.0
LATENESS: Final = 0.03
"""Seconds by which a timer may be late without the pace going down for it. More than that is time nobody used."""

AHEAD: Final = 0.1
"""Seconds of work that may lie here ready, so that no moment is lost while more is fetched."""

TRIES: Final = 4


@dataclass(slots=True)
class _Waiter:
    number: int
    load: Cost
    gone: asyncio.Future[None]

    def __lt__(self, other: "_Waiter") -> bool:
        return self.number < other.number


class RateLimiter(BaseRateLimiter[Priority]):
    """The limits of one bot token: `rate` messages a second overall.

    `clock` counts seconds and never goes back; `sleep` sleeps on it.
    """

    def __init__(
        self,
        rate: float = 30.0,
        *,
        longest_halt: float = 60.0,
        recovery: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if rate <= 0:
            raise ValueError(f"the rate must be above 0 messages a second, not {rate}")
        self._full = rate
        self._longest_halt = longest_halt
        self._recovery = recovery
        self._clock = clock
        self._sleep = sleep
        self._next_at = float("-inf")
        self._halted_until = float("-inf")
        self._lowered = rate
        self._chats = ChatBudgets()
        self._numbers = itertools.count()
        self._later: list[tuple[float, _Waiter]] = []
        self._ready: dict[Priority, list[_Waiter]] = {lane: [] for lane in Priority}
        self._pump: asyncio.Task[None] | None = None
        self._nap: asyncio.Future[None] | None = None

    async def initialize(self) -> None:
        """Nothing to do: the first call that has to wait starts what is needed."""

    async def shutdown(self) -> None:
        """Let every waiting call end as `NotSent`."""
        if self._pump is not None:
            self._pump.cancel()
            if self._nap is not None:
                self._nap.cancel()
            with suppress(asyncio.CancelledError):
                await self._pump
            self._pump = self._nap = None
        self._refuse(set(Priority), lambda: NotSent("The bot is stopping; nothing was sent."))

    @property
    def halt_left(self) -> float:
        """Seconds until calls may go out again after a 429; 0.0 when they may."""
        return max(0.0, self._halted_until - self._clock())

    @property
    def pace(self) -> float:
        """Messages a second at present."""
        quiet = self._clock() - self._halted_until
        if quiet >= self._recovery:
            return self._full
        return self._lowered + (self._full - self._lowered) * max(0.0, quiet) / self._recovery

    @property
    def room(self) -> int:
        """How many more calls may be made now and will go out within a tenth of a second or so."""
        if self.halt_left > 0:
            return 0
        return max(0, math.ceil(self.pace * AHEAD) + 1 - self.waiting)

    @property
    def waiting(self) -> int:
        """How many calls wait for their moment."""
        return len(self._later) + sum(len(lane) for lane in self._ready.values())

    @property
    def remembered_chats(self) -> int:
        """How many chats something is kept about."""
        return len(self._chats)

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Priority | None,
    ) -> Any:
        """Make the call when it may go out, and again after a 429.

        Raises:
            RetryAfter: nothing was sent: the halt is too long to wait for, or the last try was refused too.
            NotSent: the bot stopped before the call's moment came.
        """
        load = cost_of(endpoint, data, rate_limit_args)
        number = next(self._numbers)
        tries = 0
        while True:
            tries += 1
            if load is None:
                await self._halt_over(self._patience(rate_limit_args))
            else:
                await self._moment(number, load)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as refused:
                seconds = _seconds(refused)
                self._halt(seconds)
                if tries == TRIES or seconds > self._patience(rate_limit_args):
                    raise

    def _patience(self, lane: Priority | None) -> float:
        """How many seconds of a halt are waited out."""
        return 0.0 if lane is Priority.MAIL else self._longest_halt

    async def _halt_over(self, patience: float) -> None:
        while (left := self.halt_left) > 0:
            if left > patience:
                raise _come_back(left)
            await self._sleep(left)

    async def _moment(self, number: int, load: Cost) -> None:
        """Return when a message may go out, having counted it."""
        if (left := self.halt_left) > self._patience(load.lane):
            raise _come_back(left)
        now = self._clock()
        free_at = self._chats.free_at(load, now)
        if not self.waiting and free_at <= now >= self._open_at():
            self._count(load, now)
            return
        waiter = _Waiter(number, load, asyncio.get_running_loop().create_future())
        heapq.heappush(self._later, (free_at, waiter))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._let_go(), name="limits")
        elif self._nap is not None:
            self._nap.cancel()
        try:
            await waiter.gone
        except asyncio.CancelledError:
            if waiter.gone.done() and not waiter.gone.cancelled() and waiter.gone.exception() is None:
                self._give_back(load)
            raise

    def _open_at(self) -> float:
        return max(self._next_at, self._halted_until)

    def _count(self, load: Cost, now: float, due: float | None = None) -> None:
        """Count a call that goes out now, and was to go out at `due`: a timer's lateness slows nobody down."""
        late = now - due if due is not None else 0.0
        self._next_at = now - (late if late <= LATENESS else 0.0) + load.messages / self.pace
        self._chats.count(load, now)

    def _give_back(self, load: Cost) -> None:
        """Take back what was counted for a call whose caller left just as its moment came."""
        self._next_at -= load.messages / self.pace
        self._chats.uncount(load)
        if self._nap is not None:
            self._nap.cancel()

    async def _let_go(self) -> None:
        """Let the waiting calls go, each at its moment, until none waits."""
        while self.waiting:
            now = self._clock()
            until = self._open_at()
            if until <= now:
                if self._release_one(now):
                    continue
                # Nobody's chat is free yet.
                until = self._later[0][0] if self._later else now
                if until <= now:
                    continue
            self._nap = asyncio.ensure_future(self._sleep(until - now))
            await asyncio.wait([self._nap])
            self._nap = None

    def _release_one(self, now: float) -> bool:
        while self._later and self._later[0][0] <= now:
            _, waiter = heapq.heappop(self._later)
            heapq.heappush(self._ready[waiter.load.lane], waiter)
        for lane in self._ready.values():
            while lane:
                waiter = heapq.heappop(lane)
                if waiter.gone.done():
                    continue  # the caller went away: nothing is counted, the next one takes the moment
                if (free_at := self._chats.free_at(waiter.load, now)) > now:
                    heapq.heappush(self._later, (free_at, waiter))
                    continue
                self._count(waiter.load, now, self._open_at())
                waiter.gone.set_result(None)
                return True
        return False

    def _halt(self, seconds: float) -> None:
        now = self._clock()
        if now >= self._halted_until:
            # Of many calls in flight that are refused together, only the first lowers the pace.
            self._lowered = max(min(SLOWEST, self._full), self.pace / 2)
        self._halted_until = max(self._halted_until, now + seconds)
        lanes = set(Priority) if self.halt_left > self._longest_halt else {Priority.MAIL}
        self._refuse(lanes, lambda: _come_back(self.halt_left))

    def _refuse(self, lanes: set[Priority], reason: Callable[[], Exception]) -> None:
        waiters = [waiter for _, waiter in self._later if waiter.load.lane in lanes]
        self._later = [each for each in self._later if each[1].load.lane not in lanes]
        heapq.heapify(self._later)
        for lane in lanes:
            waiters.extend(self._ready[lane])
            self._ready[lane].clear()
        for waiter in waiters:
            if not waiter.gone.done():
                waiter.gone.set_exception(reason())


def _seconds(refused: RetryAfter) -> float:
    after = refused.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


def _come_back(seconds: float) -> RetryAfter:
    return RetryAfter(timedelta(seconds=max(1.0, round(seconds))))
