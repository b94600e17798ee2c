"""Broadcast of chat events as server-sent events: publish to every subscriber of a chat.

An event is serialized once for all subscribers. A slow subscriber is disconnected instead of buffered without
bound; it reads a new snapshot of the chat and subscribes again.
"""

import asyncio
import json
from typing import Any

MAX_BACKLOG = 2_000
"""Events queued for a subscriber before it is disconnected."""


EventQueue = asyncio.Queue[bytes | None]
"""Serialized events for one subscriber, and None at the end of the stream."""


class Subscribers:
    __slots__ = ("_queues",)

    def __init__(self) -> None:
        self._queues: set[EventQueue] = set()

    def __bool__(self) -> bool:
        return bool(self._queues)

    def subscribe(self) -> EventQueue:
        """A new event stream, from now on."""
        queue = EventQueue(MAX_BACKLOG)
        self._queues.add(queue)
        return queue

    def unsubscribe(self, queue: EventQueue) -> None:
        self._queues.discard(queue)

    def publish(self, kind: str, data: Any) -> None:
        """Send an event to all subscribers; the stream of one whose queue is full ends."""
        if self._queues:
            event = f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()
            for queue in self._queues:
                if queue.full():
                    _end(queue)
                else:
                    queue.put_nowait(event)

    def close(self) -> None:
        """End every stream, on shutdown."""
        for queue in self._queues:
            _end(queue)


def _end(queue: EventQueue) -> None:
    """End a stream at once; queued events are discarded."""
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(None)
