"""End to end: start, message, press of a button, edit, and answer to the callback query."""

import asyncio
from collections.abc import Awaitable, Callable

from localchat.client import Account, Sim, buttons, says
from tests.localchat.conftest import Answer, Api

Fetch = Callable[[], Awaitable[list[Answer]]]

KEYBOARD = {"inline_keyboard": [[{"text": "Ros", "callback_data": "p1"}]]}


async def test_a_conversation_from_start_to_answered_press(
    sim: Sim, api: Api, ada: Account, fetched: Fetch
) -> None:
    sent = await api.result("sendMessage", chat_id=ada.id, text="Welcome", reply_markup=KEYBOARD)
    chat = await sim.until(ada, says("Welcome"))
    assert chat.texts == ["/start", "Welcome"]
    assert buttons(chat.last) == [["Ros"]]

    pressing = asyncio.create_task(sim.press(ada, "Ros"))
    [update] = await api.result("getUpdates", offset=2, timeout=5)
    query = update["callback_query"]
    assert (query["data"], query["from"]["id"], query["message"]["message_id"]) == (
        "p1",
        ada.id,
        sent["message_id"],
    )
    assert await api.result("editMessageText", chat_id=ada.id, message_id=sent["message_id"], text="Saved")
    assert await api.result("answerCallbackQuery", callback_query_id=query["id"], text="Thank you")
    assert await pressing == {"text": "Thank you", "show_alert": False, "url": None}
    assert (await sim.chat(ada)).texts == ["/start", "Saved"]
