"""From Telegram's JSON to PTB's `Update`, the same for polling and the webhook."""

from typing import Any, Final

from telegram import Chat, Message, Update, User

from bot.channels.telegram.client import BotClient
from bot.log import get_log

KINDS: Final = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update that Telegram is asked for; the others never arrive."""

LARGEST: Final = 2**52
"""Telegram's numbers of people and chats have at most 52 significant bits (Bot API, User and Chat)."""

_OF_WHAT_WAS_TAPPED: Final = ("message_id", "chat", "date")

_log = get_log("edge")


def parse_update(data: dict[str, Any], client: BotClient) -> Update | None:
    """The update, or None (and a line in the log) when nothing can be made of it.

    One that cannot be read today cannot be read tomorrow: asking for it again would stop everything
    behind it. What comes back has the types and numbers that Telegram promises where the bot looks.
    """
    try:
        update = Update.de_json(_without_what_was_tapped(data), client)
        _check(update)
    except Exception as error:  # whatever a hostile or a future server sends must not end the bot
        _log.warning(
            "An update could not be read and was left out.",
            action="update.unreadable",
            update_id=data.get("update_id"),
            error=type(error).__name__,
        )
        return None
    return update


def _without_what_was_tapped(data: dict[str, Any]) -> dict[str, Any]:
    """The update, with no more of the message whose button was tapped than which one it is.

    Its text and its other buttons tell nothing that the button's own data does not, and making objects of them
    takes half of the reading.
    """
    query = data.get("callback_query")
    message = query.get("message") if isinstance(query, dict) else None
    if not isinstance(query, dict) or not isinstance(message, dict):
        return data
    kept = {key: message[key] for key in _OF_WHAT_WAS_TAPPED if key in message}
    return {**data, "callback_query": {**query, "message": kept}}


def _check(update: Update) -> None:
    """Raises some error for what is not as promised. PTB takes every value as it comes, a number for a text too."""
    _check_user(update.effective_user)
    _check_chat(update.effective_chat)
    query = update.callback_query
    if query is not None:
        _text(query.id)
        _text(query.data)
        if query.message is not None:
            _number(query.message.message_id)
    change = update.my_chat_member
    if change is not None:
        _number(change.chat.id)
        _text(change.new_chat_member.status)
    message = update.message or update.edited_message
    if message is not None:
        _check_message(message)


def _check_user(user: User | None) -> None:
    if user is not None:
        _number(user.id)
        _text(user.first_name)
        _text(user.last_name)
        _text(user.language_code)


def _check_chat(chat: Chat | None) -> None:
    if chat is not None:
        _number(chat.id)


def _check_message(message: Message) -> None:
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
