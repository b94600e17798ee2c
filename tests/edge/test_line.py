"""The short way to call, and a bot that never shows its token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputFile
from telegram.error import InvalidToken
from telegram.ext import ApplicationBuilder

from bot.edge.limits import Lane, Limits
from bot.edge.line import Line
from bot.edge.transport import Transport
from tests.edge.bots import ME, SENT, TOKEN, told
from tests.edge.servers import Answer, refusal, result, serving


@asynccontextmanager
async def line_to(answer: Answer, limits: Limits | None = None) -> AsyncIterator[Line]:
    async with serving(answer) as address, Transport() as transport:
        yield Line(
            TOKEN,
            base_url=f"{address}/bot",
            base_file_url=f"{address}/file/bot",
            transport=transport,
            limits=limits,
        )


async def test_a_call_sends_its_fields_and_answers_with_plain_json() -> None:
    got: list[object] = []

    async def answer(request: web.Request) -> web.Response:
        got.append((request.path.rpartition("/")[2], await request.json()))
        return result(SENT)

    rows = InlineKeyboardMarkup([[InlineKeyboardButton("Øv", callback_data="p1")]])
    async with line_to(answer, Limits()) as line:
        sent = await line.call(
            "sendMessage", lane=Lane.TAP, chat_id=5, text="Hei", parse_mode=None, reply_markup=rows
        )
    fields = {
        "chat_id": 5,
        "text": "Hei",
        "reply_markup": {"inline_keyboard": [[{"text": "Øv", "callback_data": "p1"}]]},
    }
    assert sent == SENT
    assert got == [("sendMessage", fields)]


async def test_an_unknown_token_is_told_without_repeating_it() -> None:
    async def answer(_: web.Request) -> web.Response:
        return refusal(401, "Unauthorized")

    async with line_to(answer) as line:
        with pytest.raises(InvalidToken) as caught:
            await line.initialize()
        await line.shutdown()
    assert "AAE-a_token" not in told(caught.value)


async def test_neither_bot_nor_application_shows_the_token() -> None:
    async def answer(_: web.Request) -> web.Response:
        return result(ME)

    async with line_to(answer) as line:
        application = ApplicationBuilder().bot(line).build()
        shown = [repr(line), str(line), repr(application), repr(application.updater), repr(line.request)]
    assert [text for text in shown if "AAE-a_token" in text] == []
    assert shown[0] == "Line(bot 123456789)"


async def test_a_call_carries_a_picture() -> None:
    got: dict[str, object] = {}

    async def answer(request: web.Request) -> web.Response:
        for name, value in (await request.post()).items():
            got[name] = value.file.read() if isinstance(value, web.FileField) else value
        return result(SENT)

    async with line_to(answer, Limits()) as line:
        picture = InputFile(b"\x89PNG" + bytes(2**21), filename="qr.png")
        await line.call("sendPhoto", chat_id=5, photo=picture, caption="Bli med på “Øv”")
    assert got == {"chat_id": "5", "photo": b"\x89PNG" + bytes(2**21), "caption": "Bli med på “Øv”"}
