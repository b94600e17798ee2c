"""Update queue of a bot: numbered, confirmed by offset, and delivered by long polling.

One long poll waits at a time. A second one ends the first with Telegram's 409, so that two instances of a bot
detect each other.
"""

import asyncio
from collections import deque
from contextlib import suppress
from itertools import islice
from typing import Any

from localchat.errors import ApiError

Update = dict[str, Any]

MAX_PENDING = 100_000
"""Pending updates of a bot; beyond that the oldest are dropped, as Telegram drops them after a day."""

NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Update types that a bot gets only when it names them in `allowed_updates`."""

SECOND_POLLER = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)


class UpdateQueue:
    """The update queue of one bot. `allowed` None means every type but those in NOT_BY_DEFAULT."""

    def __init__(self) -> None:
        self.pending: deque[Update] = deque(maxlen=MAX_PENDING)
        self.allowed: frozenset[str] | None = None
        self.arrived = asyncio.Event()
        self._last_id = 0
        self._poll: asyncio.Future[None] | None = None

    def add(self, update: Update) -> int | None:
        """Enqueue an update and return its id; None when the bot has filtered out its type."""
        kind = next(iter(update), "")
        if kind in NOT_BY_DEFAULT if self.allowed is None else kind not in self.allowed:
            return None
        self._last_id += 1
        self.pending.append({"update_id": self._last_id, **update})
        self.arrived.set()
        self.end_poll()
        return self._last_id

    def allow(self, kinds: list[str] | None) -> None:
        """Filter update types from now on; an empty list resets to the default, None changes nothing."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def confirm(self, offset: int) -> None:
        """Acknowledge updates below `offset`; a negative offset keeps only that many of the latest."""
        if offset < 0:
            while len(self.pending) > -offset:
                self.pending.popleft()
        while offset > 0 and self.pending and self.pending[0]["update_id"] < offset:
            self.pending.popleft()

    async def poll(self, offset: int, limit: int, timeout: float) -> list[Update]:  # noqa: ASYNC109 - Telegram's parameter
        """Long polling: up to `limit` updates from `offset` on; waits up to `timeout` seconds for the first.

        Raises ApiError 409 in the waiting poll when another one arrives.
        """
        self.end_poll(ApiError(409, SECOND_POLLER))
        self.confirm(offset)
        if not self.pending and timeout > 0:
            self._poll = asyncio.get_running_loop().create_future()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._poll, timeout)
        return list(islice(self.pending, limit))

    def end_poll(self, reason: ApiError | None = None) -> None:
        """End the waiting poll, with an error or with the updates there are."""
        if self._poll is None or self._poll.done():
            return
        if reason is None:
            self._poll.set_result(None)
        else:
            self._poll.set_exception(reason)
