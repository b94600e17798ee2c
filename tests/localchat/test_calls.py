"""Fault injection and the call log."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from localchat.client import Account, Sim, SimRefusedError
from tests.localchat.conftest import Api


async def test_an_error_status_for_the_next_calls_of_a_method(api: Api, sim: Sim, ada: Account) -> None:
    await sim.fault("sendmessage", "status", times=2, status=502, description="Bad Gateway")
    await api.result("getMe")
    for _ in range(2):
        body = await api("sendMessage", chat_id=ada.id, text="x")
        assert body == {"ok": False, "error_code": 502, "description": "Bad Gateway"}
    await api.result("sendMessage", chat_id=ada.id, text="x")
    assert (await sim.chat(ada)).texts == ["/start", "x"]


async def test_a_429_contains_retry_after(api: Api, sim: Sim, ada: Account) -> None:
    await sim.fault("*", "status", status=429, description="Too Many Requests", retry_after=3)
    assert (await api("getMe"))["parameters"] == {"retry_after": 3}


async def test_a_delay(api: Api, sim: Sim, ada: Account) -> None:
    await sim.fault("getMe", "delay", seconds=0.05)
    begun = time.monotonic()
    await api.result("getMe")
    assert time.monotonic() - begun >= 0.05


@pytest.mark.parametrize(("after", "texts"), [(False, ["/start"]), (True, ["/start", "x"])])
async def test_a_dropped_connection_before_or_after_the_work(
    api: Api, sim: Sim, ada: Account, after: bool, texts: list[str]
) -> None:
    await sim.fault("sendMessage", "drop", after=after)
    with pytest.raises(aiohttp.ClientError):
        await api("sendMessage", chat_id=ada.id, text="x")
    assert (await sim.chat(ada)).texts == texts
    await api.result("getMe")


async def test_calls_that_met_a_fault_are_listed(api: Api, sim: Sim, ada: Account) -> None:
    """A dropped call is not in the call log; a call without a fault is not listed here."""
    await sim.fault("sendMessage", "drop", after=True)
    await sim.fault("sendMessage", "status", status=502)
    await sim.fault("*", "delay", seconds=0.0)
    await sim.fault("*", "status", times=9, status=500)
    with pytest.raises(aiohttp.ClientError):
        await api("sendMessage", chat_id=ada.id, text="x")
    await api("sendMessage", chat_id=ada.id, text="y")
    await api("getMe")
    await sim.end_faults()
    await api("getMe")
    said = {"bot": "pals_bot", "method": "sendMessage"}
    assert await sim.met_faults() == [
        said | {"params": {"chat_id": ada.id, "text": "x"}, "kind": "drop", "status": None, "after": True},
        said | {"params": {"chat_id": ada.id, "text": "y"}, "kind": "status", "status": 502, "after": False},
        {
            "bot": "pals_bot",
            "method": "getMe",
            "params": {},
            "kind": "delay",
            "status": None,
            "after": False,
        },
    ]


async def test_pending_faults_can_be_removed(api: Api, sim: Sim, ada: Account) -> None:
    await sim.fault("*", "status", times=99, status=500)
    await sim.end_faults()
    await api.result("getMe")


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        ("explode", {}, "“kind” is status, delay or drop."),
        ("status", {}, "A fault of kind status needs a “status” from 400 to 599."),
        ("status", {"status": 200}, "A fault of kind status needs a “status” from 400 to 599."),
        ("delay", {"seconds": "x"}, "“seconds” must be a number."),
        ("drop", {"after": 1}, "“after” must be true or false."),
    ],
)
async def test_invalid_faults_are_refused(sim: Sim, kind: str, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SimRefusedError) as refused:
        await sim.fault("*", kind, **fields)
    assert str(refused.value) == sentence


async def test_the_call_log_contains_all_parameters(api: Api, sim: Sim, ada: Account) -> None:
    await sim.forget_calls()
    await api("sendMessage", chat_id=ada.id, text="x", colour="red")
    await api("sendMessage", chat_id=ada.id, text="")
    await api("getMe")
    first, second = await sim.calls("sendMessage")
    assert first["params"] == {"chat_id": ada.id, "text": "x", "colour": "red"}
    assert (first["method"], first["ok"], first["error_code"]) == ("sendMessage", True, None)
    assert (second["ok"], second["error_code"], second["description"]) == (
        False,
        400,
        "Bad Request: message text is empty",
    )
    assert [call["method"] for call in await sim.calls(since=second["seq"])] == ["getMe"]


async def test_forms_are_logged_like_json(api: Api, sim: Sim, ada: Account) -> None:
    form = {"chat_id": str(ada.id), "text": "7", "reply_markup": '{"inline_keyboard": []}'}
    form |= {"disable_notification": "true"}
    async with api.session.post(f"{api.url}/sendMessage", data=form) as answer:
        assert answer.status == 200
    [call] = await sim.calls("sendMessage")
    assert call["params"] == {
        "chat_id": ada.id,
        "text": "7",
        "reply_markup": {"inline_keyboard": []},
        "disable_notification": True,
    }


async def test_a_client_disconnect_during_a_long_poll_loses_no_update(
    api: Api, sim: Sim, ada: Account
) -> None:
    await api.result("getUpdates", offset=2)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await api("getUpdates", offset=2, timeout=30)
    await sim.text(ada, "Hei")
    assert [u["message"]["text"] for u in await api.result("getUpdates", offset=2)] == ["Hei"]
