"""Validate reply markup: inline and reply keyboards, as strictly as Telegram does."""

import json
from typing import Any
from urllib.parse import urlsplit

from localchat.errors import bad_request
from localchat.params import Params

MAX_BUTTONS = 100
MAX_ROW_BUTTONS = 8
MAX_DATA_BYTES = 64
MAX_MARKUP_BYTES = 10_000
"""Telegram publishes no number and has been seen to refuse keyboards of this size."""
UNMEASURED_BUTTONS = 16
"""So few buttons are not serialized to measure them."""
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


def parse_markup(params: Params) -> Markup | None:
    """Validate the `reply_markup` of a call; None when there is none. Raises ApiError."""
    markup = params.values.get("reply_markup")
    if markup in (None, "", {}):
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        return {
            "inline_keyboard": [[_inline_button(b) for b in row] for row in _rows(markup, "inline_keyboard")]
        }
    if "keyboard" in markup:
        return {**markup, "keyboard": [[_reply_button(b) for b in row] for row in _rows(markup, "keyboard")]}
    if markup.get("remove_keyboard") is True or markup.get("force_reply") is True:
        return markup
    return None


def parse_inline_markup(params: Params) -> Markup | None:
    """Like `parse_markup` for edits, where only an inline keyboard is allowed."""
    markup = parse_markup(params)
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected")
    return markup if markup and any(markup["inline_keyboard"]) else None


def _rows(markup: Markup, name: str) -> list[list[Any]]:
    rows = markup[name]
    if not isinstance(rows, list):
        raise bad_request(f'field "{name}" must be of type Array')
    if not all(isinstance(row, list) for row in rows):
        raise bad_request(f'field "{name}" must be an Array of Arrays')
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    if any(len(row) > MAX_ROW_BUTTONS for row in rows):
        raise bad_request("REPLY_MARKUP_INVALID")
    if (
        sum(map(len, rows)) > UNMEASURED_BUTTONS
        and len(json.dumps(rows, ensure_ascii=False).encode()) > MAX_MARKUP_BYTES
    ):
        raise bad_request("reply markup is too long")
    return [row for row in rows if row]


def _button(button: Any, kind: str) -> Markup:
    """A button of any kind, which has a text."""
    if not isinstance(button, dict):
        raise bad_request(f"can't parse {kind}: {kind} must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request(f"can't parse {kind}: Can't find field \"text\"")
    if not text.strip():
        raise bad_request(f"can't parse {kind}: Button text must be non-empty")
    return button


def _reply_button(button: Any) -> Markup:
    return _button({"text": button} if isinstance(button, str) else button, "KeyboardButton")


def _inline_button(given: Any) -> Markup:
    button = _button(given, "InlineKeyboardButton")
    if button.get("style") is not None and button["style"] not in STYLES:
        raise bad_request("can't parse InlineKeyboardButton: invalid button style specified")
    if all(button.get(kind) is None for kind in INLINE_KINDS):
        raise bad_request(
            "can't parse InlineKeyboardButton: Text buttons are unallowed in the inline keyboard"
        )
    data = button.get("callback_data")
    if data is not None and not (isinstance(data, str) and 0 < len(data.encode()) <= MAX_DATA_BYTES):
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
