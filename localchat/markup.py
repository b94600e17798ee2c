"""The keyboards of a message, checked as strictly as Telegram checks them."""

import json
from typing import Any
from urllib.parse import urlsplit

from localchat.errors import bad_request
from localchat.params import Params

MOST_BUTTONS = 100
MOST_IN_A_ROW = 8
LONGEST_DATA = 64
LONGEST = 10_000
"""Bytes of JSON; Telegram publishes no number and has been seen to refuse keyboards of this size."""
SURELY_SHORT = 16
"""Buttons that need not be measured."""
STYLES = ("danger", "success", "primary")

INLINE_KINDS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "pay",
    "callback_game",
)

Markup = dict[str, Any]


def of(params: Params) -> Markup | None:
    """The `reply_markup` of a call, checked; None when there is none. Raises ApiError."""
    markup = params.values.get("reply_markup")
    if markup in (None, "", {}):
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        return {"inline_keyboard": [[_inline(b) for b in row] for row in _rows(markup, "inline_keyboard")]}
    if "keyboard" in markup:
        return {**markup, "keyboard": [[_plain(b) for b in row] for row in _rows(markup, "keyboard")]}
    if markup.get("remove_keyboard") is True or markup.get("force_reply") is True:
        return markup
    return None


def inline(params: Params) -> Markup | None:
    """Like `of`, where only an inline keyboard is allowed: in edits."""
    markup = of(params)
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    return markup if markup and any(markup["inline_keyboard"]) else None


def _rows(markup: Markup, name: str) -> list[list[Any]]:
    rows = markup[name]
    if not isinstance(rows, list):
        raise bad_request(f'field "{name}" must be of type Array')
    if not all(isinstance(row, list) for row in rows):
        raise bad_request(f'field "{name}" must be an Array of Arrays')
    if sum(map(len, rows)) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    if any(len(row) > MOST_IN_A_ROW for row in rows):
        raise bad_request("REPLY_MARKUP_INVALID")
    if sum(map(len, rows)) > SURELY_SHORT and len(json.dumps(rows, ensure_ascii=False).encode()) > LONGEST:
        raise bad_request("reply markup is too long")
    return [row for row in rows if row]


def _inline(button: Any) -> Markup:
    if not isinstance(button, dict):
        raise bad_request("can't parse InlineKeyboardButton: InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request("can't parse InlineKeyboardButton: Can't find field \"text\"")
    if not text.strip():
        raise bad_request("can't parse InlineKeyboardButton: Button text must be non-empty")
    if button.get("style") is not None and button["style"] not in STYLES:
        raise bad_request("can't parse InlineKeyboardButton: invalid button style specified")
    kinds = [kind for kind in INLINE_KINDS if button.get(kind) is not None]
    if not kinds:
        raise bad_request(
            "can't parse InlineKeyboardButton: Text buttons are unallowed in the inline keyboard"
        )
    data = button.get("callback_data")
    if data is not None and not (isinstance(data, str) and 0 < len(data.encode()) <= LONGEST_DATA):
        raise bad_request("BUTTON_DATA_INVALID")
    url = button.get("url")
    if url is not None:
        _check_url(url)
    app = button.get("web_app")
    if app is not None:
        address = app.get("url") if isinstance(app, dict) else None
        if not (isinstance(address, str) and address.startswith("https://")):
            raise bad_request(
                f"inline keyboard button Web App URL '{address}' is invalid: Only HTTPS links are allowed"
            )
    return button


def _check_url(url: Any) -> None:
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        host = parts.hostname or ""
    except ValueError:
        host = ""
    else:
        if parts.scheme == "tg":
            return
        if parts.scheme and parts.scheme not in ("http", "https", "ton"):
            raise bad_request(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    if not host or ("." not in host and host != "localhost"):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _plain(button: Any) -> Markup:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict):
        raise bad_request("can't parse KeyboardButton: KeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request("can't parse KeyboardButton: Can't find field \"text\"")
    if not text.strip():
        raise bad_request("can't parse KeyboardButton: Button text must be non-empty")
    return button
