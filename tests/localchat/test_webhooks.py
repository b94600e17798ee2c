"""Webhook delivery: secret, order, retry with backoff, concurrency, and switching to long polling."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

import localchat
from localchat.client import Account, Sim, says
from tests.localchat.conftest import Answer, Api, ManualClock


@dataclass
class Receiver:
    """A fake webhook endpoint: the received updates, and its responses (the last one repeats)."""

    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=lambda: [(200, "")])
    updates: list[Answer] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    slow: float = 0.0
    received: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.updates.append(await request.json())
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        await asyncio.sleep(self.slow)
        self.at_once -= 1
        self.received.set()
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, text=body, content_type="application/json")

    async def until(self, count: int) -> list[str]:
        """Wait for `count` updates; returns their texts."""
        async with asyncio.timeout(5):
            while len(self.updates) < count or self.at_once:
                await self.received.wait()
                self.received.clear()
        return [update["message"]["text"] for update in self.updates]


@pytest.fixture
async def server(ticks: ManualClock) -> AsyncIterator[localchat.Server]:
    async with localchat.serve(limits=False, ticks=ticks, webhook_wait=0.01) as server:
        yield server


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield receiver
    await runner.cleanup()


async def webhook_info(api: Api, ready: Callable[[Answer], object]) -> Answer:
    """Poll getWebhookInfo until it satisfies the predicate."""
    async with asyncio.timeout(5):
        while not ready(info := await api.result("getWebhookInfo")):  # noqa: ASYNC110 - no event to wait for
            await asyncio.sleep(0.005)
    return dict(info)


async def no_pending_updates(api: Api) -> Answer:
    return await webhook_info(api, lambda info: info["pending_update_count"] == 0)


async def test_updates_are_delivered_in_order_with_the_secret(
    api: Api, sim: Sim, ada: Account, receiver: Receiver
) -> None:
    body = await api("setWebhook", url=receiver.url, secret_token="s-1_A", allowed_updates=["message"])
    assert body == {"ok": True, "result": True, "description": "Webhook was set"}
    for text in ("one", "two", "three"):
        await sim.text(ada, text)
    assert await receiver.until(4) == ["/start", "one", "two", "three"]
    assert set(receiver.secrets) == {"s-1_A"}
    assert await no_pending_updates(api) == {
        "url": receiver.url,
        "has_custom_certificate": False,
        "pending_update_count": 0,
        "max_connections": 40,
        "allowed_updates": ["message"],
    }


async def test_a_failed_delivery_is_retried_in_order(
    api: Api, sim: Sim, ada: Account, receiver: Receiver
) -> None:
    receiver.answers = [(500, ""), (403, ""), (200, "")]
    await api.result("setWebhook", url=receiver.url)
    await sim.text(ada, "next")
    assert await receiver.until(4) == ["/start", "/start", "/start", "next"]
    info = await no_pending_updates(api)
    assert info["last_error_message"] == "Wrong response from the webhook: 403 Forbidden"
    assert info["last_error_date"] > 0


async def test_an_unreachable_webhook_keeps_pending_updates(
    api: Api, sim: Sim, ada: Account, receiver: Receiver
) -> None:
    await api.result("setWebhook", url="http://127.0.0.1:9/hook")
    info = await webhook_info(api, lambda info: "last_error_message" in info)
    assert (info["last_error_message"], info["pending_update_count"]) == ("Connection refused", 1)
    await api.result("setWebhook", url=receiver.url)
    assert await receiver.until(1) == ["/start"]


async def test_chats_are_delivered_concurrently_up_to_max_connections(
    api: Api, sim: Sim, ada: Account, receiver: Receiver
) -> None:
    await api.result("deleteWebhook", drop_pending_updates=True)
    receiver.slow = 0.03
    await api.result("setWebhook", url=receiver.url, max_connections=2)
    people = [await sim.person(f"P{i}") for i in range(4)]
    await asyncio.gather(*(sim.text(person, "Hei") for person in people for _ in range(2)))
    assert len(await receiver.until(8)) == 8
    assert receiver.most_at_once == 2


async def test_a_method_call_in_the_response_is_executed(
    api: Api, sim: Sim, ada: Account, receiver: Receiver
) -> None:
    call = {"method": "sendMessage", "chat_id": ada.id, "text": "from the webhook"}
    receiver.answers = [(200, json.dumps(call)), (200, "not a call"), (200, "")]
    await api.result("setWebhook", url=receiver.url)
    await sim.until(ada, says("from the webhook"))
    await sim.text(ada, "next")
    assert await receiver.until(2) == ["/start", "next"]
    assert [c["ok"] for c in await sim.calls("sendMessage")] == [True]


async def test_long_polling_and_webhook_are_mutually_exclusive(
    api: Api, ada: Account, receiver: Receiver
) -> None:
    polling = asyncio.create_task(api("getUpdates", offset=2, timeout=30))
    await asyncio.sleep(0.02)
    await api.result("setWebhook", url=receiver.url, drop_pending_updates=True)
    assert (await polling)["error_code"] == 409
    assert await api("getUpdates") == {
        "ok": False,
        "error_code": 409,
        "description": "Conflict: can't use getUpdates method while webhook is active;"
        " use deleteWebhook to delete the webhook first",
    }
    assert (await api("setWebhook", url=receiver.url))["description"] == "Webhook is already set"
    assert (await api("setWebhook", url=""))["description"] == "Webhook was deleted"
    assert (await api("deleteWebhook"))["description"] == "Webhook is already deleted"
    assert await api.result("getUpdates") == []
    assert (await api.result("getWebhookInfo"))["url"] == ""


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"url": "ftp://pals.no"}, "bad webhook: An HTTPS URL must be provided for webhook"),
    ({"url": "http://"}, "bad webhook: URL host is empty"),
    ({"url": "http://a:b/"}, "bad webhook: invalid URL specified"),
    ({"url": "http://pals.no", "secret_token": "a b"}, "secret token contains unallowed characters"),
    ({"url": "http://pals.no", "secret_token": "a" * 257}, "secret token is too long"),
]


@pytest.mark.parametrize(("asked", "reason"), REFUSED)
async def test_invalid_webhooks_are_refused(api: Api, asked: dict[str, Any], reason: str) -> None:
    assert await api.refusal("setWebhook", **asked) == f"Bad Request: {reason}"


async def test_malformed_updates_are_delivered(api: Api, sim: Sim, bot: Account, receiver: Receiver) -> None:
    await api.result("setWebhook", url=receiver.url)
    for update in ({"message": 5}, {"callback_query": {"message": "x"}}, {"message": {"chat": {"id": "x"}}}):
        await sim.update(update)
    await no_pending_updates(api)
    assert len(receiver.updates) == 3
