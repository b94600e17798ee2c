"""The state: every account, chat, queue and file of one chat server, without any HTTP.

A bot's methods (`localchat.methods`) and the people's actions (`localchat.actions`) change it; the HTTP rooms
(`localchat.bot_api`, `localchat.sim`) only translate. Everything is kept in memory.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

from localchat.accounts import Bot, Person, made_up_token
from localchat.calls import Calls
from localchat.chats import Chat, Message
from localchat.clock import Clock, Ticks, monotonic, real_now
from localchat.commands import menu, menu_button
from localchat.errors import SimError, bad_request, forbidden
from localchat.faults import Faults
from localchat.files import Files
from localchat.limits import OVERALL_PER_SECOND, Limits
from localchat.queries import Queries
from localchat.webhooks import FIRST_WAIT, Webhooks

FIRST_BOT = 7_100_000_001
FIRST_PERSON = 5_200_000_001
FIRST_GROUP = -4_100_000_001


class ServerState:
    """All state. `ticks` measures waits, `clock` dates the messages."""

    def __init__(
        self,
        *,
        limits: bool = True,
        clock: Callable[[], datetime] | None = None,
        ticks: Ticks = monotonic,
        webhook_wait: float = FIRST_WAIT,
        rate: int = OVERALL_PER_SECOND,
    ) -> None:
        self.clock = Clock(clock or real_now)
        self.ticks = ticks
        self.limits = Limits(ticks, limits, rate)
        self.faults = Faults()
        self.calls = Calls()
        self.files = Files()
        self.queries = Queries(ticks)
        self.webhooks = Webhooks(self.clock, webhook_wait)
        self.bots: dict[str, Bot] = {}
        self.people: dict[int, Person] = {}
        self.chats: dict[tuple[int, int], Chat] = {}
        self._albums = 13_000_000_000_000

    def add_bot(self, username: str, name: str, token: str | None = None) -> Bot:
        """A new bot. Raises SimError when the username or the token is taken."""
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
        bot = Bot(number, token or made_up_token(number), username, name)
        self.bots[bot.token] = bot
        return bot

    def add_person(self, person: Person | None = None, **known: Any) -> Person:
        """A new person, numbered when `id` is not given. Raises SimError when the number is taken."""
        number = known.pop("id", None) or self._free_number()
        if number in self.people:
            raise SimError(f"There is already a person with the number {number}.", 409)
        person = Person(id=number, **known)
        self.people[number] = person
        return person

    def _free_number(self) -> int:
        return next(number for number in count(FIRST_PERSON + len(self.people)) if number not in self.people)

    def bot(self, username: str | None) -> Bot:
        """The bot of a username, or the only one. Raises SimError."""
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
        """The person of a number. Raises SimError."""
        person = self.people.get(number)
        if person is None:
            raise SimError(f"There is no person with the number {number}.", 404)
        return person

    def private_chat(self, bot: Bot, person: Person) -> Chat:
        """The chat of a person with a bot; it exists from the moment somebody looks at it."""
        chat = self.chats.get((bot.id, person.id))
        if chat is None:
            chat = self.chats[bot.id, person.id] = Chat(bot, person.id, [person])
        return chat

    def add_group(self, bot: Bot, title: str, people: list[Person]) -> Chat:
        """A new group with a bot in it."""
        number = FIRST_GROUP - sum(1 for _, chat_id in self.chats if chat_id < 0)
        chat = self.chats[bot.id, number] = Chat(bot, number, people, title=title, started=True)
        return chat

    def group(self, number: int) -> Chat:
        """The group of a number. Raises SimError."""
        for (_, chat_id), chat in self.chats.items():
            if chat_id == number and not chat.private:
                return chat
        raise SimError(f"There is no group with the number {number}.", 404)

    def chat_to_send(self, bot: Bot, chat_id: Any) -> Chat:
        """The chat a bot may write to. Raises ApiError in Telegram's words when it may not."""
        chat = self.chat_known(bot, chat_id)
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if chat.left:
            raise forbidden("bot is not a member of the group chat")
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        return chat

    def chat_known(self, bot: Bot, chat_id: Any) -> Chat:
        """The chat a bot means. Raises ApiError when there is none."""
        if chat_id is None or chat_id == "":
            raise bad_request("chat_id is empty")
        try:
            number = int(chat_id)
        except (TypeError, ValueError, OverflowError):
            raise bad_request("chat not found") from None
        chat = self.chats.get((bot.id, number))
        if chat is None:
            person = self.people.get(number)
            if person is None:
                raise bad_request("chat not found")
            chat = self.private_chat(bot, person)
        return chat

    def new_message(self, chat: Chat, sender: dict[str, Any]) -> Message:
        """The head of a new message in a chat, not yet stored."""
        return {
            "message_id": chat.bot.next_message_id(),
            "from": sender,
            "chat": chat.face,
            "date": self.clock.unix(),
        }

    def next_album(self) -> int:
        """A number for an album."""
        self._albums += 1
        return self._albums

    def show_commands(self, bot: Bot) -> None:
        """Tell the phones that look at the bot what its menu is now."""
        for chat in self.chats.values():
            if chat.bot is bot and chat.watchers:
                chat.watchers.tell("commands", menu(chat))
                chat.watchers.tell("menu_button", menu_button(chat))

    async def end(self) -> None:
        """Let every open poll and event stream end, when the server stops."""
        for bot in self.bots.values():
            bot.updates.end_poll()
        for chat in self.chats.values():
            chat.watchers.end()
        self.queries.end()
        await self.webhooks.end()
