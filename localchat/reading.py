"""Reading JSON that anybody may have written: no lone surrogates, no infinities, no bottomless nesting."""

import json
import re
from typing import Any, NoReturn


class UnreadableError(ValueError):
    """The text is not JSON, or not JSON that can be written down again."""


class NotUnicodeError(UnreadableError):
    """A string in it is no valid Unicode."""


def _refuse(constant: str) -> NoReturn:
    raise UnreadableError(constant)


def _finite(number: str) -> float:
    found = float(number)
    if found in (float("inf"), float("-inf")):
        raise UnreadableError(number)
    return found


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_decoder = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
DEEPEST = 64


def decoded(text: str) -> Any:
    """The value of a JSON text. Raises UnreadableError."""
    try:
        found = _decoder.decode(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        raise UnreadableError("not JSON") from None
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
        raise UnreadableError("too deep") from None


def _check_depth(found: Any, left: int) -> None:
    if left == 0:
        raise UnreadableError("too deep")
    if isinstance(found, dict):
        found = found.values()
    elif not isinstance(found, list):
        return
    for item in found:
        if isinstance(item, dict | list):
            _check_depth(item, left - 1)
