"""Per-chat queue: updates of different chats run concurrently, those of one chat in order.

PTB starts one task for every update and bounds how many run. Two taps of one person would then race, and
one chat that sends a hundred updates would starve the others: it would take every slot while all but one of
its updates wait for each other. Here a slot is taken only by an update that is first in its chat's queue.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor


class PerChatQueue(BaseUpdateProcessor):
    """PTB's `concurrent_updates`: up to `concurrency` chats are served at the same time, each in order.

    Backpressure: `is_full` when `backlog` (queued and running updates) reaches `capacity`; polling and the webhook
    then stop accepting updates, and Telegram keeps them meanwhile.
    """

    def __init__(self, concurrency: int = 32, capacity: int = 1000) -> None:
        # PTB's own semaphore comes first and must never be the tighter one.
        super().__init__(max(2, concurrency, 10 * capacity))
        self._slots = asyncio.Semaphore(concurrency)
        self._capacity = capacity
        self._last: dict[int, asyncio.Future[None]] = {}
        self._backlog = 0

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to close: PTB has waited for every update before it calls this."""

    @property
    def backlog(self) -> int:
        return self._backlog

    @property
    def is_full(self) -> bool:
        return self._backlog >= self._capacity

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Awaits the coroutine when the chat's earlier updates are done and a slot is free."""
        chat = _chat_of(update)
        self._backlog += 1
        try:
            if chat is None:
                await self._run(coroutine)
            else:
                await self._run_in_order(chat, coroutine)
        finally:
            self._backlog -= 1
            if asyncio.iscoroutine(coroutine):
                coroutine.close()  # never awaited if the task was cancelled while queued

    async def _run_in_order(self, chat: int, coroutine: Awaitable[Any]) -> None:
        before = self._last.get(chat)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._last[chat] = done
        try:
            if before is not None:
                await asyncio.wait([before])
            await self._run(coroutine)
        finally:
            if before is None or before.done():
                self._finish(chat, done)
            else:
                # Cancelled while queued: the next one still has to wait for the earlier ones.
                before.add_done_callback(lambda _: self._finish(chat, done))

    async def _run(self, coroutine: Awaitable[Any]) -> None:
        async with self._slots:
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
