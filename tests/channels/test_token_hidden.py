"""No error of a call contains the token, wherever it is raised."""

import asyncio

import pytest
from aiohttp import web
from telegram.error import TelegramError

from bot.channels.telegram.client import BotClient
from bot.channels.telegram.transport import NotSent
from tests.support.bots import IMPATIENT, SENT, bot_at, bot_with, failure_of, told
from tests.support.servers import Answer, refusal, result, talking


async def slow(_: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return result(SENT)


async def quoting_page(request: web.Request) -> web.Response:
    return web.Response(status=502, text=f"<html>cannot reach {request.url}</html>", content_type="text/html")


async def quoting_refusal(request: web.Request) -> web.Response:
    return refusal(500, f"worker for {request.path} fell over")


async def quoting_not_found(request: web.Request) -> web.Response:
    return web.Response(status=404, text=f"no {request.url} here")


async def both_failures(bot: BotClient) -> list[TelegramError]:
    """The errors of PTB's method and of our `call`."""
    return [
        await failure_of(bot.send_message(5, "Hei")),
        await failure_of(bot.call("sendMessage", chat_id=5, text="Hei")),
    ]


@pytest.mark.parametrize("answer", [slow, quoting_page, quoting_refusal, quoting_not_found])
async def test_no_error_contains_the_token(answer: Answer) -> None:
    async with bot_with(answer, timeouts=IMPATIENT) as bot:
        failures = await both_failures(bot)
    assert "AAE-a_token" not in "".join(map(told, failures))


@pytest.mark.parametrize("raw", [None, b"nonsense\r\n\r\n"])
async def test_no_connection_error_contains_the_token(raw: bytes | None) -> None:
    async with talking(raw) as address, bot_at(address) as bot:
        failures = await both_failures(bot)
    assert "AAE-a_token" not in "".join(map(told, failures))


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "http://no-such-host.invalid", "http://", "ftp://x"]
)
async def test_no_url_error_contains_the_token(address: str) -> None:
    async with bot_at(address) as bot:
        failures = await both_failures(bot)
    assert [isinstance(failure, NotSent) for failure in failures] == [True, True]
    assert "AAE-a_token" not in "".join(map(told, failures))
