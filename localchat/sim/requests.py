"""What a program asked of the control interface: its JSON body, checked field by field, and the answer."""

from typing import Any

from aiohttp import web

from localchat.errors import SimError
from localchat.strict_json import parse_json


class Asked:
    """A JSON body. Every reading raises SimError when the field is not what it must be."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def text(self, name: str) -> str | None:
        """A text, None when it was not given."""
        found: str | None = self._one(name, str, "a text")
        return found

    def needed_text(self, name: str) -> str:
        """A text that must be there."""
        found = self.text(name)
        if not found:
            raise SimError(f"“{name}” is missing.")
        return found

    def number(self, name: str) -> int | None:
        """A whole number, None when it was not given."""
        found: int | None = self._one(name, int, "a whole number")
        return found

    def needed_number(self, name: str) -> int:
        """A whole number that must be there."""
        found = self.number(name)
        if found is None:
            raise SimError(f"“{name}” is missing.")
        return found

    def amount(self, name: str, default: float) -> float:
        """A number of seconds or degrees."""
        value = self.fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SimError(f"“{name}” must be a number.")
        return float(value)

    def truth(self, name: str, default: bool) -> bool:
        """Yes or no."""
        found = self._one(name, bool, "true or false")
        return default if found is None else found

    def numbers(self, name: str) -> list[int]:
        """A list of whole numbers."""
        found = self.fields.get(name)
        if not isinstance(found, list) or not all(type(item) is int for item in found):
            raise SimError(f"“{name}” must be a list of whole numbers.")
        return found

    def mapping(self, name: str) -> dict[str, Any]:
        """A JSON object that must be there."""
        found = self.fields.get(name)
        if not isinstance(found, dict):
            raise SimError(f"“{name}” must be a JSON object.")
        return found

    def _one(self, name: str, kind: type[Any], what: str) -> Any:
        value = self.fields.get(name)
        if value is not None and type(value) is not kind:
            raise SimError(f"“{name}” must be {what}.")
        return value


async def asked(request: web.Request) -> Asked:
    """The body of a request; none counts as an empty object."""
    try:
        body = await request.read()
        fields = parse_json(body.decode()) if body.strip() else {}
    except ValueError:
        raise SimError("The body is not JSON.") from None
    if not isinstance(fields, dict):
        raise SimError("The body must be a JSON object.")
    return Asked(fields)


def number_in(request: web.Request, name: str = "id") -> int:
    """A number in the address."""
    try:
        return int(request.match_info[name])
    except ValueError:
        raise SimError(f"“{request.match_info[name]}” is not a number.", 404) from None


def ok(answer: Any = None) -> web.Response:
    """A JSON answer; nothing to say is `{"ok": true}`."""
    return web.json_response({"ok": True} if answer is None else answer)
