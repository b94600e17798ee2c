"""Broadcast of chat events as server-sent events: publish to every subscriber of a chat.

An event is serialized once for all subscribers. A slow subscriber is disconnected instead of buffered without
bound; it reads a new snapshot of the chat and subscribes again.
"""

import asyncio
import json
from typing import Any

MAX_BACKLOG = 2_000
"""Events queued for a subscriber before it is disconnected."""


class EventQueue:
    """The queue of one subscriber: `next()` returns serialized events, and None at the end of the stream."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[bytes | None] = asyncio.Queue()

    def put(self, event: bytes) -> None:
        """Enqueue an event; past the backlog limit the queue is cleared and the stream ends."""
        if self._events.qsize() >= MAX_BACKLOG:
            self.close()
        else:
            self._events.put_nowait(event)

    def close(self) -> None:
        """End the stream at once; queued events are discarded."""
        while not self._events.empty():
            self._events.get_nowait()
        self._events.put_nowait(None)

    async def next(self) -> bytes | None:
        """The next event, or None at the end of the stream."""
        return await self._events.get()


class Subscribers:
    """The subscribers of one chat."""

    __slots__ = ("_queues",)

    def __init__(self) -> None:
        self._queues: set[EventQueue] = set()

    def __bool__(self) -> bool:
        return bool(self._queues)

    def subscribe(self) -> EventQueue:
        """A new event stream, from now on."""
        queue = EventQueue()
        self._queues.add(queue)
        return queue

    def unsubscribe(self, queue: EventQueue) -> None:
        """Stop publishing to a stream. Idempotent."""
        self._queues.discard(queue)

    def publish(self, kind: str, data: Any) -> None:
        """Send an event to all subscribers."""
        if self._queues:
            event = f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()
            for queue in tuple(self._queues):
                queue.put(event)

    def close(self) -> None:
        """End every stream, on shutdown."""
        for queue in tuple(self._queues):
            queue.close()
