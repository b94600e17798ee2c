"""Webhook: authentication, validation, backpressure, and the watchdog."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from aiohttp import ClientSession, web
from telegram import Update

from bot.channels.per_chat import PerChatQueue
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.transport import Transport
from bot.channels.telegram.webhook import (
    LARGEST,
    PATH,
    SECRET_HEADER,
    keep_webhook,
    set_webhook,
    webhook_handler,
)
from bot.web import server as web_server
from bot.web.server import web_app
from tests.channels.test_polling import message
from tests.support.bots import TOKEN
from tests.support.servers import refusal, result, serving

SECRET = "agreed-on_0"


class Hook:
    """A running webhook and its queue."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[object] = asyncio.Queue()
        self.order = PerChatQueue(capacity=1)
        self.address = ""
        client = BotClient(TOKEN, base_url="http://127.0.0.1:1/bot", base_file_url="", transport=Transport())
        self.handler = webhook_handler(client, self.queue, SECRET, self.order)

    async def bring(self, body: Any, secret: str | None = SECRET) -> int:
        """Bring a body as Telegram would; the status of the answer."""
        headers = {} if secret is None else {SECRET_HEADER: secret}
        async with (
            ClientSession() as session,
            session.post(self.address, data=body, headers=headers) as answer,
        ):
            return answer.status

    @property
    def waiting(self) -> list[object]:
        found = []
        while not self.queue.empty():
            update = self.queue.get_nowait()
            found.append(update.update_id if isinstance(update, Update) else update)
        return found


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    found = Hook()
    async with serving(found.handler) as found.address:
        yield found


async def test_an_update_is_queued_and_acknowledged_at_once(hook: Hook) -> None:
    assert await hook.bring(json.dumps(message(7))) == 200
    assert hook.waiting == [7]


@pytest.mark.parametrize("secret", [None, "", "agreed-on_", "agreed-on_00", "AGREED-ON_0", "æøå"])
async def test_without_the_secret_an_update_is_rejected(hook: Hook, secret: str | None) -> None:
    assert await hook.bring(json.dumps(message(7)), secret) == 403
    assert hook.waiting == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"update_id": "7"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"update_id": NaN}',
    ],
    ids=["empty", "cut off", "list", "null", "no number", "number as text", "not text", "deep", "NaN"],
)
async def test_an_invalid_body_is_rejected(hook: Hook, body: bytes) -> None:
    assert await hook.bring(body) == 400
    assert hook.waiting == []


async def test_a_body_that_is_too_large_is_rejected_with_and_without_content_length(hook: Hook) -> None:
    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(LARGEST // 2**16 + 1):
            yield b" " * 2**16

    assert await hook.bring(io.BytesIO(b" " * (LARGEST + 1))) == 413
    assert await hook.bring(unannounced()) == 413
    assert hook.waiting == []


async def test_an_update_that_ptb_cannot_parse_is_acknowledged_and_skipped(hook: Hook) -> None:
    assert await hook.bring(json.dumps({"update_id": 7, "message": {"chat": "?"}})) == 200
    assert hook.waiting == []


async def test_backpressure_a_full_queue_responds_503(hook: Hook) -> None:
    busy = asyncio.Event()
    held = asyncio.create_task(hook.order.process_update(None, busy.wait()))
    await asyncio.sleep(0)
    assert await hook.bring(json.dumps(message(7))) == 503
    busy.set()
    await held
    assert await hook.bring(json.dumps(message(7))) == 200
    assert hook.waiting == [7]


async def test_a_truncated_body_is_rejected(hook: Hook, caplog: pytest.LogCaptureFixture) -> None:
    app = web_app({}, routes=[web.post(PATH, hook.handler)])
    async with web_server.serving(app, "127.0.0.1", 0) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{SECRET_HEADER}: {SECRET}\r\nContent-Length: 100\r\n\r\n"
        writer.write(head.encode() + b'{"update')
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.close()
        await writer.wait_closed()
        hook.address = address + PATH
        assert await hook.bring(json.dumps(message(7))) == 200
    assert (hook.waiting, caplog.messages) == ([7], [])


def test_a_webhook_without_a_secret_raises() -> None:
    client = BotClient(TOKEN, base_url="http://127.0.0.1:1/bot", base_file_url="", transport=Transport())
    with pytest.raises(ValueError, match="needs a secret"):
        webhook_handler(client, asyncio.Queue(), "", PerChatQueue())


async def test_allowed_updates_are_those_that_are_handled() -> None:
    asked: list[Any] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.path.rpartition("/")[2], await request.json()))
        return result(True)

    async with serving(answer) as address, Transport() as transport:
        client = BotClient(TOKEN, base_url=f"{address}/bot", base_file_url="", transport=transport)
        await set_webhook(client, "https://pals.example.org", SECRET)
    fields = {
        "url": "https://pals.example.org/telegram",
        "secret_token": SECRET,
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
        "max_connections": 40,
    }
    assert asked == [("setWebhook", fields)]


async def test_a_changed_webhook_is_logged_and_set_again() -> None:
    ours = "https://pals.example.org/telegram"
    infos = [
        {"url": ""},
        {"url": ours, "last_error_date": 50, "last_error_message": "Connection refused"},
        {"url": "https://elsewhere.example.org"},
        {"url": ours, "last_error_date": 50, "last_error_message": "Connection refused"},
    ]
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path.rpartition("/")[2])
        if asked[-1] != "getWebhookInfo":
            return result(True)
        return result(infos.pop(0)) if infos else refusal(500, "Internal Server Error")

    async def sleep(_: float) -> None:
        if len(asked) > 6:
            raise asyncio.CancelledError

    with structlog.testing.capture_logs() as told:
        async with serving(answer) as address, Transport() as transport:
            client = BotClient(TOKEN, base_url=f"{address}/bot", base_file_url="", transport=transport)
            with pytest.raises(asyncio.CancelledError):
                await keep_webhook(client, "https://pals.example.org", SECRET, sleep=sleep)
    assert asked == [
        "getWebhookInfo", "setWebhook", "getWebhookInfo", "getWebhookInfo", "setWebhook", "getWebhookInfo",
        "getWebhookInfo",
    ]  # fmt: skip
    assert [line["action"] for line in told] == [
        "webhook.failed", "webhook.changed", "webhook.unknown"
    ]  # fmt: skip
