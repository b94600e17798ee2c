"""Reading JSON that anybody may have written: no lone surrogates, no infinities, no bottomless nesting."""

import json
import re
from typing import Any, NoReturn


class JsonError(ValueError):
    """The text is not JSON, or not JSON that can be written down again."""


class NotUnicodeError(JsonError):
    """A string in it is no valid Unicode."""


def _refuse(constant: str) -> NoReturn:
    raise JsonError(constant)


def _finite(number: str) -> float:
    found = float(number)
    if found in (float("inf"), float("-inf")):
        raise JsonError(number)
    return found


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
DEEPEST = 64


def parse_json(text: str) -> Any:
    """The value of a JSON text. Raises JsonError."""
    try:
        found = _decoder.decode(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        raise JsonError("not JSON") from None
    if _SURROGATE.search(text):
        _check_unicode(found)
    if text.count("[") + text.count("{") > DEEPEST:
        _check_depth(found, DEEPEST)
    return found


def _check_unicode(found: Any) -> None:
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NotUnicodeError("not Unicode") from None
    except RecursionError:
        raise JsonError("too deep") from None


def _check_depth(found: Any, left: int) -> None:
    if left == 0:
        raise JsonError("too deep")
    if isinstance(found, dict):
        found = found.values()
    elif not isinstance(found, list):
        return
    for item in found:
        if isinstance(item, dict | list):
            _check_depth(item, left - 1)
