"""Who is served when: different chats at the same time, and each chat's updates one after the other.

PTB starts one task for every update at once and lets a number of them run. Two taps of one person would
then race, and one chat that sends a hundred updates would take every place while all of them but one wait
for each other. So the places here are taken only by updates whose turn it is.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor


class PerChatQueue(BaseUpdateProcessor):
    """PTB's `concurrent_updates`: up to `at_once` chats are served at the same time, each in its order.

    `backlog` counts what has been handed over and is not done. Callers (`Polling`, the webhook) stop taking
    updates in when it is above `room`; Telegram keeps them meanwhile.
    """

    def __init__(self, at_once: int = 32, room: int = 1000) -> None:
        # PTB's own gate stands before ours and must never be the narrower one.
        super().__init__(max(2, at_once, 10 * room))
        self._places = asyncio.Semaphore(at_once)
        self._room = room
        self._last: dict[int, asyncio.Future[None]] = {}
        self._backlog = 0

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to close: PTB has waited for every update before it calls this."""

    @property
    def backlog(self) -> int:
        """How many updates wait or are being handled."""
        return self._backlog

    @property
    def is_full(self) -> bool:
        """Whether more updates than `room` wait."""
        return self._backlog >= self._room

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Await the coroutine when the chat's earlier updates are done and a place is free."""
        chat = _chat_of(update)
        self._backlog += 1
        try:
            if chat is None:
                await self._serve(coroutine)
            else:
                await self._serve_in_order(chat, coroutine)
        finally:
            self._backlog -= 1
            if asyncio.iscoroutine(coroutine):
                coroutine.close()  # it was left unawaited if the task was cancelled before its turn

    async def _serve_in_order(self, chat: int, coroutine: Awaitable[Any]) -> None:
        before = self._last.get(chat)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._last[chat] = done
        try:
            if before is not None:
                await asyncio.wait([before])
            await self._serve(coroutine)
        finally:
            if before is None or before.done():
                self._finish(chat, done)
            else:
                # Cancelled out of the queue: whoever is next still waits for those before.
                before.add_done_callback(lambda _: self._finish(chat, done))

    async def _serve(self, coroutine: Awaitable[Any]) -> None:
        async with self._places:
            await coroutine

    def _finish(self, chat: int, done: asyncio.Future[None]) -> None:
        if not done.done():
            done.set_result(None)
        if self._last.get(chat) is done:
            del self._last[chat]


def _chat_of(update: object) -> int | None:
    if not isinstance(update, Update):
        return None
    if update.effective_chat is not None:
        return update.effective_chat.id
    return update.effective_user.id if update.effective_user is not None else None
