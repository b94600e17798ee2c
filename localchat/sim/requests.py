"""Requests of the control interface: JSON bodies and queries parsed and validated by pydantic.

A request that does not validate is refused with one sentence (SimError) that names the field.
"""

import base64
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Self, TypeVar

from aiohttp import web
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

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


def _checked(valid: Callable[[Any], object], sentence: str) -> AfterValidator:
    """A validator that refuses a value with this sentence."""

    def check(value: Any) -> Any:
        _check(valid(value), sentence)
        return value

    return AfterValidator(check)


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
Username = Annotated[
    Text,
    AfterValidator(lambda username: username.removeprefix("@")),
    _checked(
        USERNAME.fullmatch,
        "A username has 3 to 32 letters, digits and underscores and begins with a letter.",
    ),
]
Token = Annotated[
    str, _checked(TOKEN.fullmatch, "A token has letters, digits, a colon, hyphens and underscores.")
]
PersonId = Annotated[
    int, _checked(lambda number: 0 < number < 2**52, "A person's number is positive and below 2⁵².")
]
ContentKind = Annotated[
    Text, _checked(CONTENT_KINDS.__contains__, f"“kind” is one of {', '.join(CONTENT_KINDS)}.")
]
MimeType = Annotated[str, _checked(lambda mime: not mime or MIME.fullmatch(mime), "“mime_type” is not one.")]


class SimRequest(BaseModel, strict=True, frozen=True):
    """A request. Unknown fields are ignored."""


class NewBot(SimRequest):
    username: Username
    name: str = ""
    token: Token | None = None


class NewPerson(SimRequest):
    first_name: Text
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    id: PersonId | None = None


class ChatRequest(SimRequest):
    """A request about a person's chat with a bot; `bot` may be left out while there is one."""

    bot: str | None = None


class NewGroup(ChatRequest):
    title: Text
    people: Annotated[list[int], _checked(bool, "A group has at least one person.")]


class SendText(ChatRequest):
    text: Text
    reply_to: int | None = None


class SendGroupText(SendText):
    person: int


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

    kind: ContentKind
    content: Annotated[bytes, BeforeValidator(_base64)] | None = None
    file_name: str = ""
    mime_type: MimeType = ""
    caption: str = ""
    emoji: str = ""
    latitude: float = 62.57
    longitude: float = 7.69
    phone_number: str = ""
    first_name: str = ""
    reply_to: int | None = None


class SetLimits(SimRequest):
    on: bool = True


class SetClock(SimRequest):
    now: Annotated[datetime, BeforeValidator(_time)] | None = None


class NewUpdate(ChatRequest):
    update: dict[str, Any]


class CallsQuery(SimRequest):
    since: Annotated[int, Field(strict=False)] = 0
    method: str | None = None


R = TypeVar("R", bound=BaseModel)


def endpoint(model: type[R], answer: Callable[[R], Any]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that parses the request into the model and sends the answer to it as JSON."""

    async def handle(request: web.Request) -> web.Response:
        return json_response(answer(await parse_request(request, model)))

    return handle


async def parse_request(request: web.Request, model: type[R]) -> R:
    """Parse the query of a GET or the JSON body of other requests. Raises SimError for the first wrong field.

    An empty body is an empty object, and null counts as not sent.
    """
    fields: Any = dict(request.query)
    if request.method != "GET":
        try:
            body = await request.read()
            fields = parse_json(body.decode()) if body.strip() else {}
        except ValueError:
            raise SimError("The body is not JSON.") from None
        _check(isinstance(fields, dict), "The body must be a JSON object.")
    try:
        return model.model_validate({name: value for name, value in fields.items() if value is not None})
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
