"""The parameters of a call: from JSON, a form, a multipart body or the address, all read to the same shape.

Telegram takes every value as text and is generous about it: `"5"` is a number and `"true"` a truth. What it
documents as JSON (a keyboard, a list of entities) may come as JSON or as a string of JSON.
"""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from localchat.errors import ApiError, bad_request
from localchat.strict_json import JsonError, NotUnicodeError, parse_json

LARGEST_FILE = 50 * 1024 * 1024
LARGEST_BODY = LARGEST_FILE + 1024 * 1024

MIME = re.compile(r"[a-z]{1,32}/[a-z0-9.+-]{1,100}")
NOT_UNICODE = bad_request("strings must be encoded in UTF-8")

AS_JSON = frozenset(
    {
        "allowed_updates",
        "caption_entities",
        "commands",
        "entities",
        "link_preview_options",
        "media",
        "menu_button",
        "message_ids",
        "reply_markup",
        "reply_parameters",
        "scope",
    }
)
AS_INTEGER = frozenset(
    {
        "cache_time",
        "chat_id",
        "limit",
        "max_connections",
        "message_id",
        "message_thread_id",
        "offset",
        "reply_to_message_id",
        "timeout",
        "user_id",
    }
)
AS_TRUTH = frozenset(
    {
        "allow_paid_broadcast",
        "allow_sending_without_reply",
        "disable_content_type_detection",
        "disable_notification",
        "disable_web_page_preview",
        "drop_pending_updates",
        "has_spoiler",
        "only_if_banned",
        "protect_content",
        "show_alert",
        "show_caption_above_media",
    }
)


@dataclass(slots=True, frozen=True)
class Upload:
    """A file that came with a call."""

    name: str
    content: bytes
    mime: str


class Params:
    """What a call was given. `values` is what /sim/calls shows; files are beside it."""

    __slots__ = ("files", "values")

    def __init__(self, values: dict[str, Any], files: dict[str, Upload] | None = None) -> None:
        self.values = values
        self.files = files or {}

    def text(self, name: str, default: str = "") -> str:
        """A parameter as text, whatever JSON type it had."""
        value = self.values.get(name)
        if type(value) is str:
            return value
        if value is None:
            return default
        return json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """A parameter as a whole number; what is no number counts as the default, as at Telegram."""
        value = self.values.get(name)
        if type(value) is int:
            return value
        try:
            return int(str(value))
        except ValueError:
            return default

    def truth(self, name: str) -> bool:
        """A parameter as yes or no."""
        value = self.values.get(name)
        return value is True or str(value).lower() in ("true", "yes", "1")

    def given(self, name: str) -> bool:
        """Whether the parameter was sent at all."""
        return self.values.get(name) is not None

    def array(self, name: str, what: str) -> list[Any] | None:
        """A JSON array, None when it was not sent. `what` names it in the error."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, list):
            raise bad_request(f"can't parse {what}: Expected an Array")
        return value

    def mapping(self, name: str, what: str) -> dict[str, Any] | None:
        """A JSON object, None when it was not sent. `what` names it in the error."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, dict):
            raise bad_request(f"can't parse {what} JSON object")
        return value


def from_text(name: str, value: str) -> Any:
    """Read a form's text as what the parameter of this name is; unreadable text stays text."""
    if name in AS_JSON:
        try:
            return parse_json(value)
        except NotUnicodeError:
            raise NOT_UNICODE from None
        except JsonError:
            return value
    if name in AS_INTEGER:
        try:
            return int(value)
        except ValueError:
            return value
    if name in AS_TRUTH and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


async def read(request: web.Request) -> Params:
    """The parameters of a request, from its address and its body. Raises ApiError."""
    values: dict[str, Any] = {}
    if request.query_string:
        values.update((name, from_text(name, value)) for name, value in request.query.items())
    if not request.can_read_body:
        return Params(values)
    kind = request.content_type
    if kind == "multipart/form-data":
        return await _from_parts(request, values)
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(413, "Request Entity Too Large") from None
    if kind == "application/json":
        values.update(from_json(body))
    elif kind == "application/x-www-form-urlencoded":
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True)
        except ValueError:
            raise NOT_UNICODE from None
        for name, value in fields:
            values[name] = from_text(name, value)
    return Params(values)


def from_json(body: bytes) -> dict[str, Any]:
    """A JSON body; what is null counts as not sent."""
    if not body.strip():
        return {}
    try:
        found = parse_json(body.decode())
    except (UnicodeDecodeError, NotUnicodeError):
        raise NOT_UNICODE from None
    except JsonError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(found, dict):
        raise bad_request("JSON object expected")
    return {
        name: from_text(name, value) if type(value) is str else value
        for name, value in found.items()
        if value is not None
    }


async def _from_parts(request: web.Request, values: dict[str, Any]) -> Params:
    files: dict[str, Upload] = {}
    try:
        reader = await request.multipart()
        left = LARGEST_BODY
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise bad_request("can't parse multipart body")
            content = bytearray()
            while chunk := await part.read_chunk(256 * 1024):
                content += chunk
                left -= len(chunk)
                if left < 0:
                    raise ApiError(413, "Request Entity Too Large")
            if part.filename is not None:
                mime = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                mime = mime if MIME.fullmatch(mime) else "application/octet-stream"
                files[part.name] = Upload(part.filename, bytes(content), mime)
            else:
                values[part.name] = from_text(part.name, content.decode())
    except (ValueError, AssertionError, web.HTTPException):
        raise bad_request("can't parse multipart body") from None
    for name, upload in files.items():
        values.setdefault(name, {"file_name": upload.name, "size": len(upload.content)})
    return Params(values, files)
