"""When a call may go out: Telegram's limits, kept from our side; who taps never waits for a broadcast.

Telegram publishes three numbers and no algorithm (core.telegram.org/bots/faq): about 30 messages a second
for a token, one a second in a chat with short bursts allowed, 20 a minute in a group. They are kept like
this:

* **overall**: evenly paced from the very first message; quiet time earns no burst;
* **private chat**: one a second; an answer to a tap may use the short burst and go up to two seconds early;
* **group**: twenty in any sixty seconds.

A message that goes into a chat counts towards all of them (an album by its pictures), an edit overall only.
What puts nothing into a chat (`answerCallbackQuery`, `getMe`, `setMyCommands`, `sendChatAction` …) is not
paced.

**Lanes.** What answers a tap goes ahead of everything that does not, however long that has waited.
Callers say `rate_limit_args=Lane.TAP` or `Lane.BULK`; unsaid, an edit is a tap's and a new message is
bulk.

**Too many requests.** A 429 halts every call until its deadline. The pace is then half of what it was and
rises to the full pace over a minute. The refused call goes first again. Telegram has been seen to ask for
hours: a halt of more than `longest_halt` is not waited out; calls end as PTB's `RetryAfter` at once,
which means that nothing was sent and says when to come back.
"""

import asyncio
import heapq
import itertools
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any, Final

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.edge.transport import NotSent

CHAT_SECONDS: Final = 1.0
CHAT_BURST: Final = 3
GROUP_MESSAGES: Final = 20
GROUP_SECONDS: Final = 60.0
SLOWEST: Final = 1.0
TRIES: Final = 4

_NEW: Final = ("send", "copy", "forward")
_EDIT: Final = ("edit", "stop")
_FREE: Final = frozenset({"sendChatAction"})


class Lane(Enum):
    """Who goes first."""

    TAP = 0
    BULK = 1


@dataclass(slots=True)
class _Chat:
    """What has lately been sent to one chat: `clear_at` is when its one-a-second debt is paid."""

    clear_at: float = 0.0
    sent: deque[float] = field(default_factory=deque)


@dataclass(slots=True)
class _Waiter:
    seq: int
    lane: Lane
    chat: int | str | None
    count: int
    gone: asyncio.Future[None]

    def __lt__(self, other: "_Waiter") -> bool:
        return self.seq < other.seq


class Limits(BaseRateLimiter[Lane]):
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
        self._chats: dict[int | str, _Chat] = {}
        self._sweep_at = 1000
        self._numbers = itertools.count()
        self._later: list[tuple[float, _Waiter]] = []
        self._ready: dict[Lane, list[_Waiter]] = {lane: [] for lane in Lane}
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
        self._refuse_all(lambda: NotSent("The bot is stopping; nothing was sent."))

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
        rate_limit_args: Lane | None,
    ) -> Any:
        """Make the call when it may go out, and again after a 429.

        Raises:
            RetryAfter: nothing was sent: the halt is too long to wait for, or the last try was refused too.
            NotSent: the bot stopped before the call's moment came.
        """
        new = endpoint.startswith(_NEW) and endpoint not in _FREE
        edit = not new and endpoint.startswith(_EDIT)
        seq = next(self._numbers)
        lane = rate_limit_args or (Lane.TAP if edit else Lane.BULK)
        chat = data.get("chat_id") if new else None
        count = _messages(data) if new else 1
        tries = 0
        while True:
            tries += 1
            if new or edit:
                await self._moment(seq, lane, chat, count)
            else:
                await self._halt_over()
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as refused:
                seconds = _seconds(refused)
                self._halt(seconds)
                if tries == TRIES or seconds > self._longest_halt:
                    raise

    async def _halt_over(self) -> None:
        while (left := self.halt_left) > 0:
            if left > self._longest_halt:
                raise _come_back(left)
            await self._sleep(left)

    async def _moment(self, seq: int, lane: Lane, chat: int | str | None, count: int) -> None:
        """Return when a message may go out, having counted it."""
        if (left := self.halt_left) > self._longest_halt:
            raise _come_back(left)
        now = self._clock()
        waiter = _Waiter(seq, lane, chat, count, asyncio.get_running_loop().create_future())
        if (
            not self._later
            and not any(self._ready.values())
            and self._earliest(waiter, now) <= now >= self._open_at()
        ):
            self._count(waiter, now)
            return
        heapq.heappush(self._later, (self._earliest(waiter, now), waiter))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._let_go(), name="limits")
        elif self._nap is not None:
            self._nap.cancel()
        try:
            await waiter.gone
        except asyncio.CancelledError:
            if waiter.gone.done() and not waiter.gone.cancelled() and waiter.gone.exception() is None:
                self._give_back(waiter)
            raise

    def _open_at(self) -> float:
        return max(self._next_at, self._halted_until)

    def _earliest(self, waiter: _Waiter, now: float) -> float:
        """When the waiter's chat is free for it."""
        chat = self._chats.get(waiter.chat) if waiter.chat is not None else None
        if chat is None:
            return now
        if not _is_group(waiter.chat):
            early = (CHAT_BURST - 1) * CHAT_SECONDS if waiter.lane is Lane.TAP else 0.0
            return chat.clear_at - early
        while chat.sent and chat.sent[0] <= now - GROUP_SECONDS:
            chat.sent.popleft()
        over = len(chat.sent) + min(waiter.count, GROUP_MESSAGES) - GROUP_MESSAGES
        return chat.sent[over - 1] + GROUP_SECONDS if over > 0 else now

    def _count(self, waiter: _Waiter, now: float) -> None:
        self._next_at = now + waiter.count / self.pace
        if waiter.chat is None:
            return
        chat = self._chats.get(waiter.chat)
        if chat is None:
            if len(self._chats) >= self._sweep_at:
                self._forget(now)
            chat = self._chats[waiter.chat] = _Chat()
        if _is_group(waiter.chat):
            chat.sent.extend([now] * min(waiter.count, GROUP_MESSAGES))
        else:
            chat.clear_at = max(now, chat.clear_at) + waiter.count * CHAT_SECONDS

    def _give_back(self, waiter: _Waiter) -> None:
        """Take back what was counted for a call whose caller left just as its moment came."""
        self._next_at -= waiter.count / self.pace
        chat = self._chats.get(waiter.chat) if waiter.chat is not None else None
        if chat is not None and _is_group(waiter.chat):
            for _ in range(min(waiter.count, len(chat.sent))):
                chat.sent.pop()
        elif chat is not None:
            chat.clear_at -= waiter.count * CHAT_SECONDS
        if self._nap is not None:
            self._nap.cancel()

    def _forget(self, now: float) -> None:
        """Drop the chats whose past no longer matters; what stays is the last minute or so."""
        self._chats = {
            key: chat
            for key, chat in self._chats.items()
            if chat.clear_at > now or (chat.sent and chat.sent[-1] > now - GROUP_SECONDS)
        }
        self._sweep_at = max(1000, 2 * len(self._chats))

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
            heapq.heappush(self._ready[waiter.lane], waiter)
        for lane in self._ready.values():
            while lane:
                waiter = heapq.heappop(lane)
                if waiter.gone.done():
                    continue  # the caller went away: nothing is counted, the next one takes the moment
                if (earliest := self._earliest(waiter, now)) > now:
                    heapq.heappush(self._later, (earliest, waiter))
                    continue
                self._count(waiter, now)
                waiter.gone.set_result(None)
                return True
        return False

    def _halt(self, seconds: float) -> None:
        now = self._clock()
        if now >= self._halted_until:
            # Of many calls in flight that are refused together, only the first lowers the pace.
            self._lowered = max(min(SLOWEST, self._full), self.pace / 2)
        self._halted_until = max(self._halted_until, now + seconds)
        if self.halt_left > self._longest_halt:
            self._refuse_all(lambda: _come_back(self.halt_left))

    def _refuse_all(self, reason: Callable[[], Exception]) -> None:
        waiters = [waiter for _, waiter in self._later]
        self._later.clear()
        for lane in self._ready.values():
            waiters.extend(lane)
            lane.clear()
        for waiter in waiters:
            if not waiter.gone.done():
                waiter.gone.set_exception(reason())


def _is_group(chat: int | str | None) -> bool:
    # Groups and channels have negative numbers or an @name.
    return isinstance(chat, str) or (chat is not None and chat < 0)


def _messages(data: dict[str, Any]) -> int:
    several = data.get("media") or data.get("message_ids")
    return len(several) if isinstance(several, list | tuple) else 1


def _seconds(refused: RetryAfter) -> float:
    after = refused.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


def _come_back(seconds: float) -> RetryAfter:
    return RetryAfter(timedelta(seconds=max(1.0, round(seconds))))
