"""Update queue and long polling: offset, conflict of two pollers, filters, and the updates of people's actions."""

import asyncio
from collections.abc import Awaitable, Callable

from localchat.client import Account, Sim, SimRefusedError
from tests.localchat.conftest import Answer, Api

Fetch = Callable[[], Awaitable[list[Answer]]]


async def test_updates_are_redelivered_until_confirmed(api: Api, sim: Sim, ada: Account) -> None:
    await sim.text(ada, "one")
    await sim.text(ada, "two")
    first = await api.result("getUpdates", limit=2)
    assert [u["update_id"] for u in first] == [1, 2]
    assert await api.result("getUpdates", limit=2) == first
    assert [u["message"]["text"] for u in await api.result("getUpdates", offset=3)] == ["two"]
    assert await api.result("getUpdates", offset=4) == []


async def test_a_negative_offset_keeps_the_latest(api: Api, sim: Sim, ada: Account) -> None:
    for text in ("one", "two", "three"):
        await sim.text(ada, text)
    assert [u["message"]["text"] for u in await api.result("getUpdates", offset=-1)] == ["three"]
    assert len(await api.result("getUpdates")) == 1


async def test_a_long_poll_ends_with_the_first_update(
    api: Api, sim: Sim, ada: Account, fetched: Fetch
) -> None:
    polling = asyncio.create_task(api.result("getUpdates", offset=2, timeout=30))
    await asyncio.sleep(0.05)
    assert not polling.done()
    await sim.text(ada, "Hei")
    assert [u["message"]["text"] for u in await polling] == ["Hei"]


async def test_a_second_poller_ends_the_first(api: Api, sim: Sim, ada: Account, fetched: Fetch) -> None:
    first = asyncio.create_task(api("getUpdates", offset=2, timeout=30))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(api.result("getUpdates", offset=2, timeout=30))
    assert await first == {
        "ok": False,
        "error_code": 409,
        "description": "Conflict: terminated by other getUpdates request;"
        " make sure that only one bot instance is running",
    }
    await sim.text(ada, "Hei")
    assert len(await second) == 1


async def test_allowed_updates_filter_the_queue(api: Api, sim: Sim, ada: Account, fetched: Fetch) -> None:
    await api.result("getUpdates", offset=2, allowed_updates=["message"])
    await sim.block(ada)
    await sim.unblock(ada)
    await sim.text(ada, "Hei")
    assert [list(u)[1] for u in await fetched()] == ["message"]
    await api.result("getUpdates", allowed_updates=[])
    await sim.block(ada)
    assert await sim.update({"message_reaction": {}}) is None
    assert [list(u)[1] for u in await fetched()] == ["my_chat_member"]
    assert await api.refusal("getUpdates", allowed_updates=[1]) == (
        "Bad Request: can't parse allowed_updates: Expected a String"
    )


async def test_start_from_a_deep_link(sim: Sim, ada: Account, fetched: Fetch) -> None:
    shown = await sim.start(ada, "abc-_1")
    [update] = await fetched()
    assert update["message"]["text"] == "/start abc-_1"
    assert update["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert update["message"]["from"] == {
        "id": ada.id,
        "is_bot": False,
        "first_name": "Ada",
        "last_name": "Vik",
        "language_code": "nb",
    }
    assert shown == update["message"] | {"out": True}


async def test_an_edited_message(sim: Sim, ada: Account, fetched: Fetch) -> None:
    await sim.text(ada, "Hei")
    await sim.edit(ada, 2, "Hei /ros")
    edited = (await fetched())[-1]["edited_message"]
    assert (edited["message_id"], edited["text"]) == (2, "Hei /ros")
    assert edited["edit_date"] >= edited["date"]
    assert edited["entities"] == [{"type": "bot_command", "offset": 4, "length": 4}]


async def test_blocking_and_unblocking(sim: Sim, bot: Account, ada: Account, fetched: Fetch) -> None:
    await sim.block(ada)
    await sim.block(ada)
    await sim.start(ada)
    kicked, member, started = await fetched()
    face = {"id": bot.id, "is_bot": True, "first_name": "PALS", "username": "pals_bot"}
    change = kicked["my_chat_member"]
    assert (change["chat"]["id"], change["from"]["id"]) == (ada.id, ada.id)
    assert change["old_chat_member"] == {"user": face, "status": "member"}
    assert change["new_chat_member"] == {"user": face, "status": "kicked", "until_date": 0}
    assert member["my_chat_member"]["new_chat_member"] == {"user": face, "status": "member"}
    assert started["message"]["text"] == "/start"


async def test_a_forged_callback_query_is_sent(api: Api, sim: Sim, ada: Account, fetched: Fetch) -> None:
    await api.result("sendMessage", chat_id=ada.id, text="x")
    assert await sim.press(ada, data="forged", wait=0) is None
    [update] = await fetched()
    query = update["callback_query"]
    assert (query["data"], query["message"]["text"], query["from"]["id"]) == ("forged", "x", ada.id)


async def test_the_newest_button_is_pressed_by_default(
    api: Api, sim: Sim, ada: Account, fetched: Fetch
) -> None:
    for data in ("old", "new"):
        keyboard = {"inline_keyboard": [[{"text": "Ros", "callback_data": data}]]}
        await api.result("sendMessage", chat_id=ada.id, text=data, reply_markup=keyboard)
    await sim.press(ada, "Ros", wait=0)
    await sim.press(ada, "Ros", message_id=2, wait=0)
    assert [u["callback_query"]["data"] for u in await fetched()] == ["new", "old"]


async def test_a_queued_callback_query_keeps_its_snapshot_of_the_message(
    api: Api, sim: Sim, ada: Account, fetched: Fetch
) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Ros", "callback_data": "a"}]]}
    await api.result("sendMessage", chat_id=ada.id, text="before", reply_markup=keyboard)
    await sim.press(ada, "Ros", wait=0)
    await api.result("editMessageText", chat_id=ada.id, message_id=2, text="after")
    [update] = await fetched()
    assert update["callback_query"]["message"]["text"] == "before"


async def test_invalid_presses_are_refused(api: Api, sim: Sim, ada: Account) -> None:
    link = {"inline_keyboard": [[{"text": "Open", "url": "https://pals.no"}]]}
    for label, message_id, sentence in [
        ("Ros", None, "There is no button “Ros”."),
        ("Ros", 77, "There is no message 77 in this chat."),
        ("Open", None, "The button “Open” opens something and sends nothing."),
    ]:
        await api.result("sendMessage", chat_id=ada.id, text="x", reply_markup=link)
        try:
            await sim.press(ada, label, message_id=message_id)
        except SimRefusedError as refused:
            assert str(refused) == sentence
        else:
            raise AssertionError(sentence)


async def test_any_update_can_be_injected(sim: Sim, ada: Account, fetched: Fetch) -> None:
    number = await sim.update({"update_id": 7, "callback_query": {"id": "1", "data": "x"}})
    assert await fetched() == [{"update_id": number, "callback_query": {"id": "1", "data": "x"}}]


async def test_privacy_mode_in_groups(api: Api, sim: Sim, ada: Account, fetched: Fetch) -> None:
    bo = await sim.person("Bo")
    group = await sim.group("5B", [ada, bo])
    membership, created = await fetched()
    assert membership["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert created["message"]["group_chat_created"] is True
    sent = await api.result("sendMessage", chat_id=group, text="Hei")
    assert sent["chat"] == {"id": group, "title": "5B", "type": "group"}
    for text, reply_to in [
        ("just talk", None),
        ("/ros", None),
        ("/ros@pals_bot", None),
        ("/ros@other_bot", None),
        ("👍 @pals_bot help", None),
        ("thanks", sent["message_id"]),
    ]:
        await sim.group_text(group, bo, text, reply_to=reply_to)
    seen = [update["message"]["text"] for update in await fetched()]
    assert seen == ["/ros", "/ros@pals_bot", "👍 @pals_bot help", "thanks"]
    assert len((await sim.group_chat(group))["messages"]) == 8

    await api.result("leaveChat", chat_id=group)
    assert (await sim.group_chat(group))["left"] is True
    assert await api.refusal("sendMessage", chat_id=group, text="x") == (
        "Forbidden: bot is not a member of the group chat"
    )
