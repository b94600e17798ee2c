"""HTTP transport: requests, uploads, timeouts, and which errors are retryable (NotSent) or uncertain."""

import asyncio
import io
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputFile, InputMediaPhoto
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.channels.telegram.transport import (
    NotSent,
    NotSentInTime,
    Timeouts,
    Transport,
    Uncertain,
    UncertainInTime,
)
from tests.support.bots import IMPATIENT, SENT, TOKEN, bot_at, bot_with, failure_of
from tests.support.servers import refusal, result, serving, talking


def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def test_a_call_is_one_json_body_and_its_response_a_message() -> None:
    got: list[object] = []

    async def answer(request: web.Request) -> web.Response:
        got.append((request.path, request.content_type, await request.json()))
        return result(SENT)

    async with bot_with(answer) as bot:
        rows = InlineKeyboardMarkup([[InlineKeyboardButton("Øv", callback_data="p1")]])
        message = await bot.send_message(5, "Hei på “deg” 👋", reply_markup=rows)
    assert (message.message_id, message.text) == (7, "Hei")
    fields = {
        "chat_id": 5,
        "text": "Hei på “deg” 👋",
        "reply_markup": {"inline_keyboard": [[{"text": "Øv", "callback_data": "p1"}]]},
    }
    assert got == [(f"/bot{TOKEN}/sendMessage", "application/json", fields)]


async def test_files_are_uploaded_as_multipart_with_names_and_contents() -> None:
    got: dict[str, Any] = {}

    async def answer(request: web.Request) -> web.Response:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                got[name] = (value.filename, value.content_type, value.file.read())
            else:
                got[name] = value
        return result(SENT)

    async with bot_with(answer) as bot:
        await bot.send_document(
            5, InputFile(io.BytesIO(b"\x00\x01"), filename="øving 1.pdf"), caption="Ukas øving"
        )
    assert got == {
        "chat_id": "5",
        "caption": "Ukas øving",
        "document": ("øving 1.pdf", "application/pdf", b"\x00\x01"),
    }


async def test_an_album_references_its_attached_pictures() -> None:
    got: dict[str, Any] = {}

    async def answer(request: web.Request) -> web.Response:
        for name, value in (await request.post()).items():
            got[name] = value.file.read() if isinstance(value, web.FileField) else value
        return result([SENT, SENT])

    async with bot_with(answer) as bot:
        await bot.send_media_group(5, [InputMediaPhoto(b"first"), InputMediaPhoto(b"second")])
    attached = [item["media"].removeprefix("attach://") for item in json.loads(got["media"])]
    assert [got[name] for name in attached] == [b"first", b"second"]


async def test_a_file_is_downloaded_as_bytes() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path.startswith("/file/"):
            return web.Response(body=b"picture")
        return result({"file_id": "a", "file_unique_id": "b", "file_path": "photos/1.jpg"})

    async with bot_with(answer) as bot:
        fetched = await (await bot.get_file("a")).download_as_bytearray()
    assert bytes(fetched) == b"picture"


@pytest.mark.parametrize(
    ("status", "description", "kind"),
    [
        (400, "Bad Request: chat not found", BadRequest),
        (401, "Unauthorized", InvalidToken),
        (403, "Forbidden: bot was blocked by the user", Forbidden),
        (404, "Not Found", InvalidToken),
        (409, "Conflict: terminated by other getUpdates request", Conflict),
        (500, "Internal Server Error: restart", Uncertain),
        (502, "Bad Gateway", Uncertain),
    ],
)
async def test_a_4xx_is_ptbs_exception_and_a_5xx_is_uncertain(
    status: int, description: str, kind: type[TelegramError]
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return refusal(status, description)

    async with bot_with(answer) as bot:
        failure = await failure_of(bot.send_message(5, "Hei"))
    assert type(failure) is kind


@pytest.mark.parametrize("status", [307, 400, 401, 403, 404, 413, 429])
@pytest.mark.parametrize("page", [b"<html>", b'{"error": "quota"}'])
async def test_a_proxys_error_response_is_not_sent(status: int, page: bytes) -> None:
    """A firewall or a proxy responded, so Telegram did not get the call."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=page)

    async with bot_with(answer) as bot:
        failure = await failure_of(bot.send_message(5, "Hei"))
    assert type(failure) is NotSent


async def test_a_429_carries_its_retry_after() -> None:
    async def answer(_: web.Request) -> web.Response:
        return refusal(429, "Too Many Requests: retry after 17", retry_after=17)

    async with bot_with(answer) as bot:
        failure = await failure_of(bot.send_message(5, "Hei"))
    assert isinstance(failure, RetryAfter)
    assert str(failure.retry_after) == "0:00:17"


async def test_a_refused_connection_is_not_sent() -> None:
    async with bot_at(f"http://127.0.0.1:{unused_port()}") as bot:
        failure = await failure_of(bot.send_message(5, "Hei"))
    assert type(failure) is NotSent


async def test_an_unknown_host_is_not_sent() -> None:
    async with bot_at("http://no-such-host.invalid") as bot:
        failure = await failure_of(bot.send_message(5, "Hei"))
    assert type(failure) is NotSent


async def test_a_connect_timeout_is_not_sent() -> None:
    with socket.socket() as deaf:
        # A full backlog: the kernel answers no further connection.
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        async with bot_at(f"http://127.0.0.1:{deaf.getsockname()[1]}", timeouts=IMPATIENT) as bot:
            failure = await failure_of(bot.send_message(5, "Hei"))
        for filler in fillers:
            filler.close()
    assert type(failure) is NotSentInTime
    assert isinstance(failure, TimedOut)


async def test_a_closed_transport_is_not_sent() -> None:
    async with bot_at("http://127.0.0.1:1") as bot:
        pass
    assert type(await failure_of(bot.send_message(5, "Hei"))) is NotSent


async def test_a_read_timeout_is_uncertain() -> None:
    async def answer(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return result(SENT)

    async with bot_with(answer, timeouts=IMPATIENT) as bot:
        failure = await failure_of(bot.send_message(5, "Hei"))
    assert type(failure) is UncertainInTime
    assert isinstance(failure, TimedOut)


async def test_a_stalled_upload_times_out() -> None:
    stuck = asyncio.Event()

    async def read_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stuck.wait()
        writer.close()

    server = await asyncio.start_server(read_nothing, "127.0.0.1", 0)
    async with bot_at(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeouts=IMPATIENT) as bot:
        failure = await failure_of(bot.send_document(5, bytes(20 * 2**20)))
    stuck.set()
    server.close()
    await server.wait_closed()
    assert type(failure) is UncertainInTime


async def test_a_callers_timeout_overrides_the_default() -> None:
    async def answer(_: web.Request) -> web.Response:
        await asyncio.sleep(0.2)
        return result(SENT)

    async with bot_with(answer, timeouts=IMPATIENT) as bot:
        assert (await bot.send_message(5, "Hei", read_timeout=5)).message_id == 7


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":true",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}",
    ],
    ids=["closed", "cut off", "not HTTP", "not JSON", "not an object", "no result"],
)  # fmt: skip
async def test_an_invalid_response_is_uncertain(raw: bytes | None) -> None:
    async with talking(raw) as address, bot_at(address) as bot:
        assert type(await failure_of(bot.send_message(5, "Hei"))) is Uncertain


async def test_the_last_response_is_timestamped_except_a_5xx() -> None:
    async def refuse(_: web.Request) -> web.Response:
        return refusal(400, "Bad Request: chat not found")

    async def fall_over(_: web.Request) -> web.Response:
        return refusal(500, "Internal Server Error")

    async with serving(refuse) as address, serving(fall_over) as broken, Transport() as transport:
        await failure_of(transport.post(f"{broken}/bot{TOKEN}/getMe"))
        assert transport.last_answer_at is None
        await failure_of(transport.post(f"{address}/bot{TOKEN}/getMe"))
        assert transport.last_answer_at == pytest.approx(time.monotonic(), abs=1)


async def test_a_redirect_is_not_followed_with_the_token() -> None:
    calls: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        calls.append(request.path)
        raise web.HTTPTemporaryRedirect(f"/elsewhere{request.path}")

    async with bot_with(answer) as bot:
        failure = await failure_of(bot.send_message(5, "Hei"))
    assert isinstance(failure, NetworkError)
    assert len(calls) == 1


async def test_uploads_that_take_every_slot_do_not_starve_polling() -> None:
    opened = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        if request.path.endswith("/getUpdates"):
            return result([])
        await opened.wait()
        return result(SENT)

    async with bot_with(answer, calls=2, timeouts=Timeouts(pool=0.05)) as bot:
        full = [asyncio.create_task(bot.send_message(5, "Hei")) for _ in range(2)]
        await asyncio.sleep(0.02)
        assert await bot.get_updates() == ()
        assert type(await failure_of(bot.send_message(5, "Hei"))) is NotSentInTime
        opened.set()
        assert [message.message_id for message in await asyncio.gather(*full)] == [7, 7]


async def test_a_cancelled_call_releases_its_slot() -> None:
    waits: Callable[[], bool] = iter([True, False]).__next__

    async def answer(_: web.Request) -> web.Response:
        if waits():
            await asyncio.sleep(30)
        return result(SENT)

    async with bot_with(answer, calls=1, timeouts=Timeouts(pool=0.5)) as bot:
        given_up = asyncio.create_task(bot.send_message(5, "Hei"))
        await asyncio.sleep(0.02)
        given_up.cancel()
        assert (await bot.send_message(5, "Hei")).message_id == 7
