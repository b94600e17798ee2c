"""Bot API client: calls in plain JSON through the rate limiter; the token is never shown."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputFile
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.ext import ApplicationBuilder, BaseRateLimiter

from bot.channels.telegram.client import BotClient
from bot.channels.telegram.priority import Priority
from bot.channels.telegram.rate_limiter import RateLimiter
from bot.channels.telegram.transport import Transport, Uncertain, encoded
from tests.support.bots import ME, SENT, TOKEN, failure_of, told
from tests.support.servers import Answer, refusal, result, serving


@asynccontextmanager
async def line_to(
    answer: Answer, limits: BaseRateLimiter[Priority] | None = None
) -> AsyncIterator[BotClient]:
    async with serving(answer) as address, Transport() as transport:
        yield BotClient(
            TOKEN,
            base_url=f"{address}/bot",
            base_file_url=f"{address}/file/bot",
            transport=transport,
            limits=limits,
        )


ROWS = InlineKeyboardMarkup([[InlineKeyboardButton("Øv", callback_data="p1")]])


@pytest.mark.parametrize("rows", [ROWS, ROWS.to_dict()], ids=["PTB's object", "plain JSON"])
async def test_a_call_sends_its_fields_and_returns_plain_json(rows: object) -> None:
    got: list[object] = []

    async def answer(request: web.Request) -> web.Response:
        got.append((request.path.rpartition("/")[2], request.content_type, await request.json()))
        return result(SENT)

    async with line_to(answer, RateLimiter()) as line:
        sent = await line.call(
            "sendMessage",
            priority=Priority.INTERACTIVE,
            chat_id=5,
            text="Hei på “deg”",
            parse_mode=None,
            reply_markup=rows,
        )
    fields = {
        "chat_id": 5,
        "text": "Hei på “deg”",
        "reply_markup": {"inline_keyboard": [[{"text": "Øv", "callback_data": "p1"}]]},
    }
    assert sent == SENT
    assert got == [("sendMessage", "application/json", fields)]


class Doorkeeper(BaseRateLimiter[Priority]):
    """A rate limiter that never waits, and records its calls."""

    def __init__(self) -> None:
        self.came: list[tuple[str, dict[str, Any], Priority | None]] = []

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Priority | None,
    ) -> Any:
        self.came.append((endpoint, data, rate_limit_args))
        return await callback(*args, **kwargs)


@pytest.mark.parametrize("rows", [ROWS, ROWS.to_dict()], ids=["PTB's object", "plain JSON"])
async def test_every_call_passes_the_rate_limiter_with_its_priority(rows: object) -> None:
    async def answer(_: web.Request) -> web.Response:
        return result(SENT)

    limits = Doorkeeper()
    async with line_to(answer, limits) as line:
        await line.call(
            "sendMessage",
            priority=Priority.DELIVERY,
            chat_id=5,
            text="Hei",
            parse_mode=None,
            reply_markup=rows,
        )
        await line.call("editMessageText", chat_id=5, message_id=7, text="Hei", reply_markup=rows)
    assert limits.came == [
        ("sendMessage", {"chat_id": 5, "text": "Hei", "reply_markup": rows}, Priority.DELIVERY),
        ("editMessageText", {"chat_id": 5, "message_id": 7, "text": "Hei", "reply_markup": rows}, None),
    ]


@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (lambda: refusal(400, "Bad Request: chat not found"), BadRequest),
        (lambda: refusal(400, "Bad Request: moved", migrate_to_chat_id=-100), ChatMigrated),
        (lambda: refusal(401, "Unauthorized"), InvalidToken),
        (lambda: refusal(403, "Forbidden: bot was blocked by the user"), Forbidden),
        (lambda: refusal(409, "Conflict: terminated by other getUpdates request"), Conflict),
        (lambda: refusal(429, "Too Many Requests: retry after 17", retry_after=17), RetryAfter),
        (lambda: refusal(500, "Internal Server Error: restart"), Uncertain),
        (lambda: web.Response(status=502, text="<html>Bad Gateway</html>"), Uncertain),
        (lambda: web.Response(text="<html>Log in to this network</html>"), Uncertain),
        (lambda: web.json_response({"ok": True}), Uncertain),
    ],
)
async def test_a_failed_call_raises_what_ptbs_own_method_raises(
    refused: Callable[[], web.Response], kind: type[TelegramError]
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return refused()

    async with line_to(answer) as line:
        ours = await failure_of(line.call("sendMessage", chat_id=5, text="Hei"))
        theirs = await failure_of(line.send_message(5, "Hei"))
    assert type(ours) is kind
    assert (type(ours), str(ours), ours.__reduce__()) == (type(theirs), str(theirs), theirs.__reduce__())


async def test_an_encoded_broadcast_goes_to_each_chat() -> None:
    got: list[object] = []

    async def answer(request: web.Request) -> web.Response:
        got.append(await request.json())
        return result(SENT)

    alike = encoded({"text": "Hei på “deg”", "reply_markup": ROWS.to_dict()})
    limits = Doorkeeper()
    async with line_to(answer, limits) as line:
        for chat in (5, 6):
            assert await line.call_encoded("sendMessage", chat, alike, priority=Priority.DELIVERY) == SENT
    assert got == [
        {"chat_id": chat, "text": "Hei på “deg”", "reply_markup": ROWS.to_dict()} for chat in (5, 6)
    ]
    assert limits.came == [("sendMessage", {"chat_id": chat}, Priority.DELIVERY) for chat in (5, 6)]


async def test_a_lone_surrogate_does_not_prevent_sending() -> None:
    got: list[object] = []

    async def answer(request: web.Request) -> web.Response:
        got.append(await request.json())
        return result(SENT)

    async with line_to(answer) as line:
        await line.call("sendMessage", chat_id=5, text="Hei \ud83d")
    assert got == [{"chat_id": 5, "text": "Hei ?"}]


async def test_the_error_for_an_unknown_token_does_not_repeat_it() -> None:
    async def answer(_: web.Request) -> web.Response:
        return refusal(401, "Unauthorized")

    async with line_to(answer) as line:
        with pytest.raises(InvalidToken) as caught:
            await line.initialize()
        await line.shutdown()
    assert "AAE-a_token" not in told(caught.value)


async def test_neither_the_clients_nor_the_applications_repr_shows_the_token() -> None:
    async def answer(_: web.Request) -> web.Response:
        return result(ME)

    async with line_to(answer) as line:
        application = ApplicationBuilder().bot(line).build()
        shown = [repr(line), str(line), repr(application), repr(application.updater), repr(line.request)]
    assert [text for text in shown if "AAE-a_token" in text] == []
    assert shown[0] == "BotClient(bot 123456789)"


async def test_a_call_uploads_a_picture() -> None:
    got: dict[str, object] = {}

    async def answer(request: web.Request) -> web.Response:
        for name, value in (await request.post()).items():
            got[name] = value.file.read() if isinstance(value, web.FileField) else value
        return result(SENT)

    async with line_to(answer, RateLimiter()) as line:
        picture = InputFile(b"\x89PNG" + bytes(2**21), filename="qr.png")
        await line.call("sendPhoto", chat_id=5, photo=picture, caption="Bli med på “Øv”")
    assert got == {"chat_id": "5", "photo": b"\x89PNG" + bytes(2**21), "caption": "Bli med på “Øv”"}
