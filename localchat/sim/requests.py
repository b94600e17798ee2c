"""SimRequest models of the control interface: JSON bodies and queries parsed and validated by pydantic.

A request that does not validate is refused with one sentence (SimError) that names the field.
"""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Self, TypeVar

from aiohttp import web
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from localchat.calls import FaultKind
from localchat.errors import SimError
from localchat.params import MIME
from localchat.strict_json import parse_json

USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,31}")
TOKEN = re.compile(r"[A-Za-z0-9:_-]{3,128}")
CONTENT_KINDS = ("photo", "document", "sticker", "location", "contact", "voice")

SENTENCES = {
    "missing": "is missing",
    "string_too_short": "is missing",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list of whole numbers",
    "dict_type": "must be a JSON object",
    "literal_error": "is {expected}",
    "greater_than_equal": "is at least {ge}",
}


def _check(valid: object, sentence: str) -> None:
    if not valid:
        raise SimError(sentence)


def _username(value: str) -> str:
    value = value.removeprefix("@")
    _check(
        USERNAME.fullmatch(value),
        "A username has 3 to 32 letters, digits and underscores and begins with a letter.",
    )
    return value


def _token(value: str) -> str:
    _check(TOKEN.fullmatch(value), "A token has letters, digits, a colon, hyphens and underscores.")
    return value


def _person_id(value: int) -> int:
    _check(0 < value < 2**52, "A person's number is positive and below 2⁵².")
    return value


def _group_people(value: list[int]) -> list[int]:
    _check(value, "A group has at least one person.")
    return value


def _content_kind(value: str) -> str:
    _check(value in CONTENT_KINDS, f"“kind” is one of {', '.join(CONTENT_KINDS)}.")
    return value


def _mime(value: str) -> str:
    _check(not value or MIME.fullmatch(value), "“mime_type” is not one.")
    return value


def _base64(value: Any) -> bytes:
    try:
        content = base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise SimError("“content” must be base64.") from None
    _check(content, "“content” is empty.")
    return content


def _time(value: Any) -> datetime:
    try:
        now = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise SimError("“now” must be an ISO time, such as 2026-08-17T07:55:00+02:00.") from None
    _check(1971 <= now.year <= 2999, "“now” must be in the years 1971 to 2999.")
    return now if now.tzinfo is not None else now.replace(tzinfo=UTC)


Text = Annotated[str, Field(min_length=1)]


class SimRequest(BaseModel):
    """A request. Unknown fields are ignored, and null counts as not sent."""

    model_config = ConfigDict(strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_null(cls, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if value is not None}


class NewBot(SimRequest):
    username: Annotated[Text, AfterValidator(_username)]
    name: str = ""
    token: Annotated[str, AfterValidator(_token)] | None = None


class NewPerson(SimRequest):
    first_name: Text
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    id: Annotated[int, AfterValidator(_person_id)] | None = None


class ChatRequest(SimRequest):
    """A request about a person's chat with a bot; `bot` may be left out while there is one."""

    bot: str | None = None


class NewGroup(ChatRequest):
    title: Text
    people: Annotated[list[int], AfterValidator(_group_people)]


class SendText(ChatRequest):
    text: Text
    reply_to: int | None = None


class SendGroupText(SimRequest):
    person: int
    text: Text
    reply_to: int | None = None


class Start(ChatRequest):
    parameter: str | None = None


class PressButton(ChatRequest):
    """`wait` is the timeout for the bot's answer in seconds."""

    label: str | None = None
    data: str | None = None
    message_id: int | None = None
    wait: float = 5.0

    @model_validator(mode="after")
    def _one_button(self) -> Self:
        _check((self.label is None) != (self.data is None), "Name the button by “label” or by “data”.")
        return self


class EditText(ChatRequest):
    message_id: int
    text: Text


class SendContent(ChatRequest):
    """Content other than text; what is missing has a default."""

    kind: Annotated[Text, AfterValidator(_content_kind)]
    content: Annotated[bytes, BeforeValidator(_base64)] | None = None
    file_name: str = ""
    mime_type: Annotated[str, AfterValidator(_mime)] = ""
    caption: str = ""
    emoji: str = ""
    latitude: float = 62.57
    longitude: float = 7.69
    phone_number: str = ""
    first_name: str = ""
    reply_to: int | None = None


class NewFault(SimRequest):
    kind: FaultKind
    method: Text
    times: Annotated[int, Field(ge=1)] = 1
    status: int = 0
    description: str | None = None
    retry_after: int | None = None
    seconds: float = 0.0
    after: bool = False

    @model_validator(mode="after")
    def _error_status(self) -> Self:
        _check(
            self.kind != "status" or 400 <= self.status <= 599,
            "A fault of kind status needs a “status” from 400 to 599.",
        )
        return self


class SetLimits(SimRequest):
    on: bool = True


class SetClock(SimRequest):
    now: Annotated[datetime, BeforeValidator(_time)] | None = None


class NewUpdate(ChatRequest):
    update: dict[str, Any]


class CallsQuery(SimRequest):
    since: Annotated[int, Field(strict=False)] = 0
    method: str | None = None


R = TypeVar("R", bound=SimRequest)


async def parse_body(request: web.Request, model: type[R]) -> R:
    """Parse and validate a JSON body; an empty one is an empty object. Raises SimError."""
    try:
        body = await request.read()
        fields = parse_json(body.decode()) if body.strip() else {}
    except ValueError:
        raise SimError("The body is not JSON.") from None
    _check(isinstance(fields, dict), "The body must be a JSON object.")
    return validate(model, fields)


def validate(model: type[R], fields: Mapping[str, Any]) -> R:
    """Validate the fields of a body or query. Raises SimError for the first that is wrong."""
    try:
        return model.model_validate(fields)
    except ValidationError as invalid:
        raise SimError(_sentence(invalid.errors()[0])) from None


def _sentence(error: ErrorDetails) -> str:
    field, *item = error["loc"]
    kind = "list_type" if item else error["type"]
    context = {name: str(value).replace("'", "") for name, value in error.get("ctx", {}).items()}
    return f"“{field}” {SENTENCES.get(kind, 'is not valid').format(**context)}."


def path_id(request: web.Request) -> int:
    """The id in the path of a request. Raises SimError."""
    try:
        return int(request.match_info["id"])
    except ValueError:
        raise SimError(f"“{request.match_info['id']}” is not a number.", 404) from None


def json_response(answer: Any = None) -> web.Response:
    """A JSON response, `{"ok": true}` by default."""
    return web.json_response({"ok": True} if answer is None else answer)
