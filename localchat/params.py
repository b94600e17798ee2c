"""Parse the parameters of a call from JSON, form, multipart body or query string, with Telegram's type coercion.

Telegram accepts every value as text: `"5"` is a number and `"true"` a boolean. What it documents as JSON (a keyboard,
a list of entities) may be JSON or a string of JSON.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from localchat.errors import ApiError, bad_request
from localchat.strict_json import JsonError, NotUnicodeError, parse_json

MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_BODY_BYTES = MAX_FILE_BYTES + 1024 * 1024

MIME = re.compile(r"[a-z]{1,32}/[a-z0-9.+-]{1,100}")
NOT_UNICODE = "strings must be encoded in UTF-8"

JSON_PARAMS = frozenset(
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
INTEGER_PARAMS = frozenset(
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
BOOLEAN_PARAMS = frozenset(
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
    name: str
    content: bytes
    mime: str


@dataclass(slots=True, frozen=True)
class Params:
    """The parsed parameters of a call. `values` is logged in `/sim/calls`; `files` are the uploads."""

    values: dict[str, Any]
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """A parameter as text; other JSON types are serialized."""
        value = self.values.get(name)
        if type(value) is str:
            return value
        if value is None:
            return default
        return json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """A parameter as an integer; what does not parse is the default, as at Telegram."""
        try:
            return int(str(self.values.get(name)))
        except ValueError:
            return default

    def boolean(self, name: str) -> bool:
        """A parameter as a boolean, false by default."""
        value = self.values.get(name)
        return value is True or str(value).lower() in ("true", "yes", "1")

    def has(self, name: str) -> bool:
        return self.values.get(name) is not None

    def array(self, name: str, what: str) -> list[Any] | None:
        """A parameter as a JSON array, None when not sent. `what` names it in the ApiError."""
        value = self.values.get(name)
        if value in (None, ""):
            return None
        if not isinstance(value, list):
            raise bad_request(f"can't parse {what}: Expected an Array")
        return value

    def mapping(self, name: str, what: str) -> dict[str, Any] | None:
        """A parameter as a JSON object, None when not sent. `what` names it in the ApiError."""
        value = self.values.get(name)
        if value in (None, ""):
            return None
        if not isinstance(value, dict):
            raise bad_request(f"can't parse {what} JSON object")
        return value


def coerce(name: str, value: str) -> Any:
    """Coerce a text to the type of the parameter of this name; what does not parse stays text."""
    if name in JSON_PARAMS:
        try:
            return parse_json(value)
        except NotUnicodeError:
            raise bad_request(NOT_UNICODE) from None
        except JsonError:
            return value
    if name in INTEGER_PARAMS:
        try:
            return int(value)
        except ValueError:
            return value
    if name in BOOLEAN_PARAMS and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


async def parse_params(request: web.Request) -> Params:
    """Parse the parameters of a request from its query string and body. Raises ApiError."""
    values = {name: coerce(name, value) for name, value in request.query.items()}
    if not request.can_read_body:
        return Params(values)
    kind = request.content_type
    if kind == "multipart/form-data":
        return await _parse_multipart(request, values)
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(413, "Request Entity Too Large") from None
    if kind == "application/json":
        values.update(parse_json_params(body))
    elif kind == "application/x-www-form-urlencoded":
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True)
        except ValueError:
            raise bad_request(NOT_UNICODE) from None
        values.update((name, coerce(name, value)) for name, value in fields)
    return Params(values)


def parse_json_params(body: bytes) -> dict[str, Any]:
    """Parse a JSON body; null counts as not sent."""
    if not body.strip():
        return {}
    try:
        found = parse_json(body.decode())
    except (UnicodeDecodeError, NotUnicodeError):
        raise bad_request(NOT_UNICODE) from None
    except JsonError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(found, dict):
        raise bad_request("JSON object expected")
    return {
        name: coerce(name, value) if type(value) is str else value
        for name, value in found.items()
        if value is not None
    }


async def _parse_multipart(request: web.Request, values: dict[str, Any]) -> Params:
    files: dict[str, Upload] = {}
    try:
        reader = await request.multipart()
        left = MAX_BODY_BYTES
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
                values[part.name] = coerce(part.name, content.decode())
    except (ValueError, AssertionError, web.HTTPException):
        raise bad_request("can't parse multipart body") from None
    for name, upload in files.items():
        values.setdefault(name, {"file_name": upload.name, "size": len(upload.content)})
    return Params(values, files)
