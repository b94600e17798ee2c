"""Strict JSON parser for untrusted input: no lone surrogates, no NaN or infinities, bounded nesting."""

import json
import re
from typing import Any, NoReturn


class JsonError(ValueError):
    """The text is not JSON, or cannot be serialized again."""


class NotUnicodeError(JsonError):
    """A string in it is not valid Unicode."""


def _refuse(constant: str) -> NoReturn:
    raise JsonError(constant)


def _finite(number: str) -> float:
    parsed = float(number)
    if parsed in (float("inf"), float("-inf")):
        raise JsonError(number)
    return parsed


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
MAX_DEPTH = 64


def parse_json(text: str) -> Any:
    """Parse a JSON text. Raises JsonError."""
    try:
        value = _decoder.decode(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        raise JsonError("not JSON") from None
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(value, MAX_DEPTH)
    if _SURROGATE.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise NotUnicodeError("not Unicode") from None
    return value


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise JsonError("too deep")
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return
    for item in value:
        if isinstance(item, dict | list):
            _check_depth(item, left - 1)
