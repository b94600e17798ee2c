"""Bounded memory: eviction of messages, calls and updates, and slow subscribers."""

import pytest

from localchat.calls import CallLog
from localchat.client import Account, Sim, SimRefusedError
from localchat.events import Subscribers
from localchat.updates import UpdateQueue
from tests.localchat.conftest import Api


async def test_a_chat_evicts_its_oldest_messages(
    api: Api, sim: Sim, ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localchat.chats.MAX_MESSAGES", 3)
    for text in ("one", "two", "three"):
        await api.result("sendMessage", chat_id=ada.id, text=text)
    await api.result("pinChatMessage", chat_id=ada.id, message_id=2)
    await api.result("sendMessage", chat_id=ada.id, text="four")
    chat = await sim.chat(ada)
    assert (chat.texts, chat.pinned) == (["two", "three", "four"], [])
    assert "pinned_message" not in await api.result("getChat", chat_id=ada.id)
    assert await api.refusal("editMessageText", chat_id=ada.id, message_id=2, text="x") == (
        "Bad Request: message to edit not found"
    )
    with pytest.raises(SimRefusedError, match="There is no message 2 in this chat"):
        await sim.press(ada, "Ros", message_id=2)


def test_the_call_log_keeps_the_latest_ten_thousand() -> None:
    calls = CallLog()
    for _ in range(10_001):
        calls.add("", "pals_bot", "getMe", {})
    assert [calls.since()[0].seq, calls.since()[-1].seq] == [2, 10_001]


async def test_a_slow_subscriber_is_disconnected() -> None:
    subscribers = Subscribers()
    slow = subscribers.subscribe()
    for number in range(2_001):
        subscribers.publish("delete", {"message_id": number})
    assert await slow.get() is None


async def test_the_update_queue_drops_the_oldest_beyond_its_limit() -> None:
    queue = UpdateQueue()
    for number in range(100_001):
        queue.add({"message": {"message_id": number}})
    assert (len(queue.pending), queue.pending[0]["update_id"]) == (100_000, 2)
