"""Parses and validates updates: Telegram's JSON to PTB's `Update`, for polling and the webhook."""

from typing import Any, Final

from telegram import Update

from bot.channels.telegram.client import BotClient
from bot.log import get_log

KINDS: Final = ("message", "edited_message", "callback_query", "my_chat_member")
"""`allowed_updates`: Telegram sends no other kind."""

LARGEST: Final = 2**52
"""Ids of users and chats have at most 52 significant bits (Bot API, User and Chat)."""

_PRESSED_MESSAGE_KEYS: Final = ("message_id", "chat", "date")

_log = get_log("channels")


def parse_update(data: dict[str, Any], client: BotClient) -> Update | None:
    """Parses an update; returns None (and logs) when it is invalid.

    A poison message must not be retried: it would block every later update. The result has the types and
    ranges that Telegram documents, wherever the bot reads it.
    """
    try:
        update = Update.de_json(_without_pressed_message(data), client)
        _check(update)
    except Exception as error:  # no input, from a hostile or a future server, may crash the bot
        _log.warning(
            "An update could not be parsed and was skipped.",
            action="update.invalid",
            update_id=data.get("update_id"),
            error=type(error).__name__,
        )
        return None
    return update


def _without_pressed_message(data: dict[str, Any]) -> dict[str, Any]:
    """Drops all of the pressed message but its id: a callback query's data says everything, and parsing the
    message's text and buttons takes half of the time.
    """
    query = data.get("callback_query")
    message = query.get("message") if isinstance(query, dict) else None
    if not isinstance(query, dict) or not isinstance(message, dict):
        return data
    identity = {key: message[key] for key in _PRESSED_MESSAGE_KEYS if key in message}
    return {**data, "callback_query": {**query, "message": identity}}


def _check(update: Update) -> None:
    """Raises TypeError or OverflowError for an invalid field. PTB does not validate: it takes a number for a text."""
    if (user := update.effective_user) is not None:
        _number(user.id)
        for text in (user.first_name, user.last_name, user.language_code):
            _text(text)
    if (chat := update.effective_chat) is not None:
        _number(chat.id)
    if (query := update.callback_query) is not None:
        _text(query.id)
        _text(query.data)
        if query.message is not None:
            _number(query.message.message_id)
    if (change := update.my_chat_member) is not None:
        _number(change.chat.id)
        _text(change.new_chat_member.status)
    if (message := update.message or update.edited_message) is not None:
        _number(message.message_id)
        _number(message.chat.id)
        _text(message.text)


def _number(value: object) -> None:
    if not isinstance(value, int):
        raise TypeError("a number was expected")
    if abs(value) > LARGEST:
        raise OverflowError("the number is larger than any of Telegram's")


def _text(value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise TypeError("a text was expected")
