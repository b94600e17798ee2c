"""The short way to call, and a bot that never shows its token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import InvalidToken
from telegram.ext import ApplicationBuilder

from bot.edge.limits import Lane, Limits
from bot.edge.line import Line
from bot.edge.transport import Transport
from tests.edge.servers import Answer, refusal, result, serving
from tests.edge.test_transport import ME, SENT, TOKEN, told


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
