"""Rate limits, on a fake clock."""

from collections.abc import AsyncIterator

import pytest

import localchat
from localchat.client import Account, Sim
from tests.localchat.conftest import Api, ManualClock


@pytest.fixture
async def server(ticks: ManualClock) -> AsyncIterator[localchat.Server]:
    async with localchat.serve(ticks=ticks) as server:
        yield server


async def accepted(api: Api, chat_id: int, count: int) -> int:
    """The number of `count` messages to a chat that are accepted."""
    bodies = [await api("sendMessage", chat_id=chat_id, text="x") for _ in range(count)]
    return sum(body["ok"] for body in bodies)


async def test_one_chat_takes_a_short_burst_and_then_one_a_second(
    api: Api, ada: Account, ticks: ManualClock
) -> None:
    assert await accepted(api, ada.id, 8) == 5
    assert await api("sendMessage", chat_id=ada.id, text="x") == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }
    ticks.advance(1)
    assert await accepted(api, ada.id, 2) == 1
    ticks.advance(3)
    assert await accepted(api, ada.id, 8) == 3


async def test_a_call_refused_for_another_reason_costs_nothing(api: Api, ada: Account) -> None:
    for _ in range(20):
        await api.refusal("sendMessage", chat_id=ada.id, text="")
    assert await accepted(api, ada.id, 5) == 5


async def test_a_token_sends_thirty_a_second(api: Api, sim: Sim, bot: Account, ticks: ManualClock) -> None:
    people = [await sim.person(f"P{i}") for i in range(40)]
    for person in people:
        await sim.start(person)
    assert sum([await accepted(api, person.id, 1) for person in people]) == 30
    ticks.advance(0.5)
    assert sum([await accepted(api, person.id, 1) for person in people]) == 15


async def test_a_group_takes_twenty_a_minute(api: Api, sim: Sim, ada: Account, ticks: ManualClock) -> None:
    group = await sim.group("5B", [ada])
    assert await accepted(api, group, 25) == 20
    refused = await api("sendMessage", chat_id=group, text="x")
    assert refused["parameters"] == {"retry_after": 60}
    ticks.advance(60)
    assert await accepted(api, group, 25) == 20


async def test_edits_and_chat_actions_are_exempt_from_the_chat_limit(api: Api, ada: Account) -> None:
    await api.result("sendMessage", chat_id=ada.id, text="x")
    for i in range(20):
        await api.result("editMessageText", chat_id=ada.id, message_id=2, text=str(i))
        await api.result("sendChatAction", chat_id=ada.id, action="typing")


async def test_rate_limits_can_be_switched_off(api: Api, sim: Sim, ada: Account) -> None:
    await sim.limits(False)
    assert await accepted(api, ada.id, 50) == 50
    await sim.limits(True)
    assert await accepted(api, ada.id, 50) == 5
