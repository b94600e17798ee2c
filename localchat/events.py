"""The event stream: what happens in a chat, as it happens, to everybody who watches it.

Events are encoded once, as server-sent events, however many watch. A watcher that does not keep up is cut off
rather than fed stale news for ever; it reads the chat again and watches anew.
"""

import asyncio
import json
from typing import Any

BACKLOG = 2_000
"""Events a watcher may be behind before it is cut off."""


class Watcher:
    """One open event stream: `next()` gives encoded events, and None when the stream is over."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[bytes | None] = asyncio.Queue()

    def put(self, event: bytes) -> None:
        """Add an event; past the backlog everything is dropped and the stream ends."""
        if self._events.qsize() >= BACKLOG:
            self.end()
        else:
            self._events.put_nowait(event)

    def end(self) -> None:
        """Let the reader come to its end at once."""
        while not self._events.empty():
            self._events.get_nowait()
        self._events.put_nowait(None)

    async def next(self) -> bytes | None:
        """The next event, or None when the stream is over."""
        return await self._events.get()


class Watchers:
    """Everybody who watches one chat."""

    __slots__ = ("_watchers",)

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()

    def __bool__(self) -> bool:
        return bool(self._watchers)

    def join(self) -> Watcher:
        """A new stream from now on."""
        watcher = Watcher()
        self._watchers.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Stop feeding a stream; leaving twice does nothing."""
        self._watchers.discard(watcher)

    def tell(self, kind: str, data: Any) -> None:
        """Send an event to all of them."""
        if self._watchers:
            event = f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()
            for watcher in tuple(self._watchers):
                watcher.put(event)

    def end(self) -> None:
        """End every stream, when the server stops."""
        for watcher in tuple(self._watchers):
            watcher.end()
