"""The Bot API's methods, by their lower-case names: Telegram does not mind the case.

Each takes the exchange, the bot and the call's parameters and returns the `result`, or raises ApiError.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from localchat.accounts import Bot
from localchat.exchange import Exchange
from localchat.methods import editing, fetching, identity, presses, sending
from localchat.params import Params

Method = Callable[[Exchange, Bot, Params], Any | Awaitable[Any]]

_ALL: dict[str, Method] = {
    "getMe": identity.get_me,
    "getUpdates": fetching.get_updates,
    "sendMessage": sending.send_message,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": editing.edit_message_text,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": editing.delete_message,
    "answerCallbackQuery": presses.answer_callback_query,
}

METHODS: dict[str, tuple[str, Method]] = {name.lower(): (name, method) for name, method in _ALL.items()}
