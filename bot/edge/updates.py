"""From Telegram's JSON to PTB's `Update`, the same for polling and the webhook."""

from typing import Any, Final

from telegram import Update

from bot.edge.line import Line
from bot.log import get_log

KINDS: Final = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update that Telegram is asked for; the others never arrive."""

_log = get_log("edge")


def read_update(data: dict[str, Any], line: Line) -> Update | None:
    """The update, or None (and a line in the log) when PTB can make nothing of it.

    One that cannot be read today cannot be read tomorrow: asking for it again would stop everything
    behind it.
    """
    try:
        return Update.de_json(data, line)
    except Exception as error:  # whatever a hostile or a future server sends must not end the bot
        _log.warning(
            "An update could not be read and was left out.",
            action="update.unreadable",
            update_id=data.get("update_id"),
            error=type(error).__name__,
        )
        return None
