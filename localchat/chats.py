"""Chats: private chats and groups, with message history, command menu and pending callback queries.

A message is the Bot API's Message object, an immutable dict: an edit stores a new one, so that a message already in
an update queue does not change.
"""

import asyncio
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from localchat.accounts import Bot, Person
from localchat.clock import Ticks
from localchat.events import Subscribers
from localchat.limits import ChatRateLimit

Message = dict[str, Any]

MAX_MESSAGES = 2_000
"""Messages kept per chat; older ones are evicted and can no longer be edited."""

ANSWER_WITHIN = 30.0
"""Timeout of a callback query in seconds. Telegram publishes no number; it is well under a minute."""


@dataclass(slots=True, eq=False)
class Chat:
    """A private chat (`people` is one person, `id` theirs) or a group (`id` is negative).

    `api_chat` is the Bot API's Chat object.
    """

    bot: Bot
    id: int
    people: list[Person]
    title: str | None = None
    started: bool = False
    blocked: bool = False
    left: bool = False
    keyboard: dict[str, Any] | None = None
    pinned: list[int] = field(default_factory=list)
    typing_until: float = 0.0
    messages: dict[int, Message] = field(default_factory=dict)
    subscribers: Subscribers = field(default_factory=Subscribers)
    rate_limit: ChatRateLimit = field(default_factory=ChatRateLimit)
    api_chat: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        if self.title is not None:
            self.api_chat = {"id": self.id, "title": self.title, "type": "group"}
        else:
            self.api_chat = {**self.people[0].serialize(), "type": "private"}
            self.api_chat.pop("language_code", None)

    @property
    def private(self) -> bool:
        return self.title is None

    def add(self, message: Message) -> None:
        """Store a new message and publish it."""
        self.messages[message["message_id"]] = message
        if len(self.messages) > MAX_MESSAGES:
            oldest = next(iter(self.messages))
            del self.messages[oldest]
            self.unpin(oldest)
        if self.subscribers:
            self.subscribers.publish("message", page_message(message))
        if self.typing_until and message["from"]["is_bot"]:
            self.typing_until = 0.0
            self.subscribers.publish("typing", False)

    def replace(self, message: Message) -> None:
        """Store the new version of an edited message and publish it."""
        self.messages[message["message_id"]] = message
        if self.subscribers:
            self.subscribers.publish("edit", page_message(message))

    def remove(self, message_id: int) -> None:
        """Delete a message and its pin."""
        del self.messages[message_id]
        self.subscribers.publish("delete", {"message_id": message_id})
        self.unpin(message_id)

    def unpin(self, message_id: int) -> None:
        """Remove the pin of a message, if it has one."""
        if message_id in self.pinned:
            self.pinned.remove(message_id)
            self.subscribers.publish("pin", self.pinned)

    def set_keyboard(self, keyboard: dict[str, Any] | None) -> None:
        """Set the reply keyboard, or remove it with None."""
        if keyboard != self.keyboard:
            self.keyboard = keyboard
            self.subscribers.publish("keyboard", keyboard)

    def commands(self) -> list[dict[str, str]]:
        """The command menu: as at Telegram the narrowest scope wins, in the person's language first."""
        language = (self.people[0].language_code or "")[:2].lower()
        shared = "all_private_chats" if self.private else "all_group_chats"
        scopes: tuple[tuple[str | int, ...], ...] = (("chat", self.id), (shared,), ("default",))
        for scope in scopes:
            for code in (language, ""):
                if found := self.bot.commands.get((scope, code)):
                    return found
        return []

    def menu_button(self) -> dict[str, Any]:
        """The menu button beside the text field: the chat's own, the bot's default, or the command menu."""
        for chat_id in (self.id, None):
            button = self.bot.menu_buttons.get(chat_id)
            if button is not None and button["type"] != "default":
                return button
        return {"type": "commands" if self.commands() else "default"}


def page_message(message: Message) -> Message:
    """Serialize a message for the page: `out` on a person's own message, `url` where there is a file."""
    shown = dict(message)
    if not message["from"]["is_bot"]:
        shown["out"] = True
    for kind in ("document", "voice", "sticker"):
        if kind in message:
            shown["url"] = _file_url(message[kind]["file_id"])
            shown[kind] = {**message[kind], "url": shown["url"]}
    if "photo" in message:
        shown["photo"] = [{**size, "url": _file_url(size["file_id"])} for size in message["photo"]]
        shown["url"] = shown["photo"][-1]["url"]
    if "reply_to_message" in message:
        shown["reply_to_message"] = page_message(message["reply_to_message"])
    return shown


def _file_url(file_id: str) -> str:
    return f"/sim/files/{file_id}"


@dataclass(slots=True, eq=False)
class CallbackQuery:
    """A pressed button. `answered` resolves to the bot's answer, and is cancelled on shutdown."""

    id: str
    chat: Chat
    message_id: int
    data: str
    at: float
    answered: asyncio.Future[dict[str, Any]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class CallbackQueries:
    """The pending callback queries: each can be answered once, before its timeout."""

    def __init__(self, ticks: Ticks) -> None:
        self._ticks = ticks
        self._pending: dict[str, CallbackQuery] = {}
        self._ids = count(10_000_001)

    def add(self, chat: Chat, message_id: int, data: str) -> CallbackQuery:
        """A new callback query; expired ones are evicted."""
        now = self._ticks()
        while self._pending and (oldest := next(iter(self._pending.values()))).at < now - ANSWER_WITHIN:
            del self._pending[oldest.id]
        query = CallbackQuery(str(next(self._ids)), chat, message_id, data, now)
        self._pending[query.id] = query
        return query

    def take(self, query_id: str, bot_id: int) -> CallbackQuery | None:
        """Remove and return a query to answer it; None when unknown, answered, expired or another bot's."""
        query = self._pending.get(query_id)
        if query is None or query.chat.bot.id != bot_id:
            return None
        del self._pending[query_id]
        return query if query.at >= self._ticks() - ANSWER_WITHIN else None

    def close(self) -> None:
        """Cancel all pending queries, on shutdown."""
        for query in self._pending.values():
            query.answered.cancel()
