"""What Bot API 10.0 has: its methods, their fields and those of the objects in them, as PTB 22.8 knows them.

PTB's methods are named as Telegram's, in another case; what PTB offers beside them is struck out below.
"""

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any

from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

OF_PTB_ALONE = frozenset(
    {
        "self", "api_kwargs", "args", "kwargs",
        "read_timeout", "write_timeout", "connect_timeout", "pool_timeout",
        "filename", "disable_web_page_preview",
    }
)  # fmt: skip
MARKUP = {
    "inline_keyboard": InlineKeyboardMarkup,
    "keyboard": ReplyKeyboardMarkup,
    "remove_keyboard": ReplyKeyboardRemove,
}
OBJECTS = {
    "link_preview_options": LinkPreviewOptions,
    "scope": BotCommandScopeChat,
    "copy_text": CopyTextButton,
}
LISTS = {"commands": BotCommand}
ROWS = {"inline_keyboard": InlineKeyboardButton, "keyboard": KeyboardButton}
OF_A_KIND: dict[type, set[str]] = {BotCommandScopeChat: {"type"}}  # which PTB sets by itself


def unknown_to_telegram(calls: Iterable[dict[str, Any]]) -> set[str]:
    """The methods and fields among the calls that Bot API 10.0 does not have."""
    return {name for call in calls for name in _unknown(call["method"], call["params"])}


def _unknown(method: str, params: dict[str, Any]) -> Iterator[str]:
    known = getattr(Bot, re.sub(r"(?<!^)(?=[A-Z])", "_", method).lower(), None)
    if known is None:
        yield method
        return
    yield from (f"{method}.{name}" for name in params.keys() - _names(known))
    for name, value in params.items():
        yield from _inside(f"{method}.{name}", name, value)


def _inside(path: str, name: str, value: Any) -> Iterator[str]:
    if name == "reply_markup":
        kind = next(kind for mark, kind in MARKUP.items() if mark in value)
        yield from _object(path, kind, value)
    elif name in OBJECTS:
        yield from _object(path, OBJECTS[name], value)
    elif name in LISTS:
        for each in value:
            yield from _object(path, LISTS[name], each)
    elif name in ROWS:
        for row in value:
            for button in row:
                yield from _object(path, ROWS[name], button)


def _object(path: str, kind: type, value: dict[str, Any]) -> Iterator[str]:
    known = _names(kind) | OF_A_KIND.get(kind, set())
    yield from (f"{path}.{name}" for name in value.keys() - known)
    for name, inner in value.items():
        yield from _inside(f"{path}.{name}", name, inner)


def _names(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters) - OF_PTB_ALONE
