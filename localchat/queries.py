"""Callback queries: presses that wait for their answer, which must come once and in time."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from localchat.chats import Chat
from localchat.clock import Ticks

ANSWER_WITHIN = 30.0
"""Seconds in which a press can be answered. Telegram publishes no number; it is well under a minute."""

Answer = dict[str, Any]


@dataclass(slots=True, eq=False)
class CallbackQuery:
    """One press. `answered` gets the answer, or is cancelled when none came in time."""

    id: str
    chat: Chat
    message_id: int
    data: str
    at: float
    answered: asyncio.Future[Answer] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Queries:
    """The presses that can still be answered."""

    def __init__(self, ticks: Ticks) -> None:
        self._ticks = ticks
        self._open: dict[str, CallbackQuery] = {}
        self._last = 10_000_000

    def ask(self, chat: Chat, message_id: int, data: str) -> CallbackQuery:
        """A new press in a chat."""
        now = self._ticks()
        while self._open and (oldest := next(iter(self._open.values()))).at < now - ANSWER_WITHIN:
            del self._open[oldest.id]
        self._last += 1
        query = CallbackQuery(str(self._last), chat, message_id, data, now)
        self._open[query.id] = query
        return query

    def end(self) -> None:
        """Let nobody wait any longer, when the server stops."""
        for query in self._open.values():
            query.answered.cancel()

    def close(self, query_id: str, bot_id: int) -> CallbackQuery | None:
        """Take the press to be answered; None when it is unknown, answered, too old or another bot's."""
        query = self._open.get(query_id)
        if query is None or query.chat.bot.id != bot_id:
            return None
        del self._open[query_id]
        return query if query.at >= self._ticks() - ANSWER_WITHIN else None
