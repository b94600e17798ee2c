"""Server state in memory: every account, chat, queue and file, without HTTP.

Bot API methods (`localchat.methods`) and people's actions (`localchat.actions`) change it; the HTTP layers
(`localchat.bot_api`, `localchat.sim`) only parse requests and serialize responses.
"""

import secrets
import time
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any, TypedDict, Unpack

from localchat.accounts import Bot, Person
from localchat.calls import CallLog, Faults
from localchat.chats import CallbackQueries, Chat, Message
from localchat.clock import Clock, Ticks, real_now
from localchat.errors import SimError
from localchat.files import Files
from localchat.limits import OVERALL_PER_SECOND, RateLimits
from localchat.webhooks import FIRST_BACKOFF, Webhooks

FIRST_BOT = 7_100_000_001
FIRST_PERSON = 5_200_000_001


class Options(TypedDict, total=False):
    """Options of a server, each with a default in `ServerState`."""

    limits: bool
    """Whether Telegram's rate limits apply."""
    clock: Callable[[], datetime]
    """The wall clock of message dates (timezone-aware)."""
    ticks: Ticks
    """The monotonic clock of rate limits and timeouts."""
    webhook_wait: float
    """The first backoff of a failed webhook delivery in seconds."""
    rate: int
    """The overall rate limit of a token in messages a second."""


class ServerState:
    def __init__(self, **options: Unpack[Options]) -> None:
        self.clock = Clock(options.get("clock", real_now))
        self.ticks = options.get("ticks", time.monotonic)
        self.limits = RateLimits(
            self.ticks, options.get("limits", True), options.get("rate", OVERALL_PER_SECOND)
        )
        self.faults = Faults()
        self.calls = CallLog()
        self.files = Files()
        self.queries = CallbackQueries(self.ticks)
        self.webhooks = Webhooks(self.clock, options.get("webhook_wait", FIRST_BACKOFF))
        self.bots: dict[str, Bot] = {}
        self.people: dict[int, Person] = {}
        self.chats: dict[tuple[int, int], Chat] = {}
        self.album_ids = count(13_000_000_000_001)

    def add_bot(self, username: str, name: str, token: str | None = None) -> Bot:
        """Create a bot. Raises SimError when the username or the token is taken."""
        if any(bot.username.lower() == username.lower() for bot in self.bots.values()):
            raise SimError(f"There is already a bot called @{username}.", 409)
        if token in self.bots:
            raise SimError("Another bot has this token.", 409)
        taken = {bot.id for bot in self.bots.values()}
        number = next(number for number in count(FIRST_BOT) if number not in taken)
        if token is not None and (given := token.partition(":")[0]).isdecimal():
            number = int(given)
            if number in taken:
                raise SimError(f"Another bot has the number {number}.", 409)
        token = token or f"{number}:{secrets.token_urlsafe(27)[:35]}"
        bot = self.bots[token] = Bot(number, token, username, name)
        return bot

    def add_person(self, *, id: int | None = None, **profile: Any) -> Person:  # noqa: A002 - the Bot API's word
        """Create a person; without `id` the next free one is taken. Raises SimError when it is taken."""
        number = id or next(n for n in count(FIRST_PERSON + len(self.people)) if n not in self.people)
        if number in self.people:
            raise SimError(f"There is already a person with the number {number}.", 409)
        person = self.people[number] = Person(number, **profile)
        return person

    def bot(self, username: str | None) -> Bot:
        """Look up a bot by username; None is the only bot. Raises SimError."""
        if username:
            wanted = username.removeprefix("@").lower()
            for bot in self.bots.values():
                if bot.username.lower() == wanted:
                    return bot
            raise SimError(f"There is no bot called @{wanted}.", 404)
        if len(self.bots) != 1:
            raise SimError("Say which bot: there is none." if not self.bots else "Say which bot is meant.")
        return next(iter(self.bots.values()))

    def person(self, number: int) -> Person:
        """Look up a person by id. Raises SimError."""
        person = self.people.get(number)
        if person is None:
            raise SimError(f"There is no person with the number {number}.", 404)
        return person

    def private_chat(self, bot: Bot, person: Person) -> Chat:
        """The private chat of a person with a bot, created on first access."""
        if (bot.id, person.id) not in self.chats:
            self.chats[bot.id, person.id] = Chat(bot, person.id, [person])
        return self.chats[bot.id, person.id]

    @property
    def groups(self) -> list[Chat]:
        """The groups of all bots, oldest first."""
        return [chat for chat in self.chats.values() if not chat.private]

    def group(self, number: int) -> Chat:
        """Look up a group by id. Raises SimError."""
        for group in self.groups:
            if group.id == number:
                return group
        raise SimError(f"There is no group with the number {number}.", 404)

    def new_message(self, chat: Chat, sender: dict[str, Any], reply_to: Message | None = None) -> Message:
        """A new Message object with id, sender, chat and date, and the message it replies to; not yet stored."""
        message = {
            "message_id": next(chat.bot.message_ids),
            "from": sender,
            "chat": chat.api_chat,
            "date": self.clock.unix(),
        }
        if reply_to is not None:
            message["reply_to_message"] = {k: v for k, v in reply_to.items() if k != "reply_to_message"}
        return message

    def publish_commands(self, bot: Bot) -> None:
        """Publish the current command menu and menu button to the bot's open chats."""
        for chat in self.chats.values():
            if chat.bot is bot and chat.subscribers:
                chat.subscribers.publish("commands", chat.commands())
                chat.subscribers.publish("menu_button", chat.menu_button())

    async def close(self) -> None:
        """End every long poll, event stream and webhook, on shutdown."""
        for bot in self.bots.values():
            bot.updates.end_poll()
        for chat in self.chats.values():
            chat.subscribers.close()
        self.queries.close()
        await self.webhooks.close()
