"""Context of one Bot API call: the server state, the bot and the parsed parameters, handed to every method."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from localchat.accounts import Bot
from localchat.chats import Chat
from localchat.errors import bad_request, forbidden
from localchat.params import Params
from localchat.state import ServerState


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of a method. Its lookups raise ApiError in Telegram's wording."""

    state: ServerState
    bot: Bot
    params: Params

    def chat(self) -> Chat:
        """The chat of `chat_id`, which the bot may write to."""
        chat = self.find_chat(self.params.values.get("chat_id"))
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if chat.left:
            raise forbidden("bot is not a member of the group chat")
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        return chat

    def find_chat(self, chat_id: Any) -> Chat:
        """The chat of an id, whether or not the bot may write to it."""
        if chat_id in (None, ""):
            raise bad_request("chat_id is empty")
        try:
            number = int(chat_id)
        except (TypeError, ValueError, OverflowError):
            raise bad_request("chat not found") from None
        if number in self.state.people:
            return self.state.private_chat(self.bot, self.state.people[number])
        if (self.bot.id, number) not in self.state.chats:
            raise bad_request("chat not found")
        return self.state.chats[self.bot.id, number]

    def message_id(self) -> int:
        """The `message_id` of the call, which is required."""
        number = self.params.integer("message_id")
        if number <= 0:
            raise bad_request("message identifier is not specified")
        return number


class Description(str):
    """The result True of a method, with a description in the response."""

    __slots__ = ()


Method = Callable[[ApiCall], Any | Awaitable[Any]]
