"""Send, edit, delete, reply markup and callback answers: results, and refusals in Telegram's wording."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localchat.client import Account, Sim
from tests.localchat.conftest import Api

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the"
    " same as a current content and reply markup of the message"
)


def keyboard(*labels: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": label, "callback_data": label}] for label in labels]}


async def test_send_message_returns_a_message_object(api: Api, sim: Sim, bot: Account, ada: Account) -> None:
    await sim.clock(datetime(2026, 8, 17, 6, 0, tzinfo=UTC))
    sent = await api.result(
        "sendMessage", chat_id=ada.id, text="<b>Hei</b>", parse_mode="HTML", reply_markup=keyboard("Ros")
    )
    assert sent == {
        "message_id": 2,
        "from": {"id": bot.id, "is_bot": True, "first_name": "PALS", "username": "pals_bot"},
        "chat": {"id": ada.id, "first_name": "Ada", "last_name": "Vik", "type": "private"},
        "date": 1786946400,
        "text": "Hei",
        "entities": [{"type": "bold", "offset": 0, "length": 3}],
        "reply_markup": keyboard("Ros"),
    }
    assert (await sim.chat(ada)).last == sent


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"text": ""}, "message text is empty"),
    ({}, "message text is empty"),
    ({"text": " \n "}, "text must be non-empty"),
    ({"text": "<b></b>", "parse_mode": "HTML"}, "text must be non-empty"),
    ({"text": "x" * 4097}, "message is too long"),
    ({"text": "👍" * 2049}, "message is too long"),
    ({"text": "x", "chat_id": ""}, "chat_id is empty"),
    ({"text": "x", "chat_id": 404}, "chat not found"),
    ({"text": "x", "chat_id": "@nobody"}, "chat not found"),
    ({"text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
    ({"text": "x", "reply_markup": [1]}, "object expected as reply markup"),
    ({"text": "x", "reply_markup": {"inline_keyboard": 1}}, 'field "inline_keyboard" must be of type Array'),
    (
        {"text": "x", "reply_markup": {"inline_keyboard": [1]}},
        'field "inline_keyboard" must be an Array of Arrays',
    ),
    (
        {"text": "x", "reply_markup": {"keyboard": [[5]]}},
        "can't parse KeyboardButton: KeyboardButton must be an Object",
    ),
    (
        {"text": "x", "reply_markup": {"inline_keyboard": [["a"]]}},
        "can't parse InlineKeyboardButton: InlineKeyboardButton must be an Object",
    ),
    (
        {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a"}]]}},
        "can't parse InlineKeyboardButton: Text buttons are unallowed in the inline keyboard",
    ),
    (
        {"text": "x", "reply_markup": {"inline_keyboard": [[{"callback_data": "a"}]]}},
        "can't parse InlineKeyboardButton: Can't find field \"text\"",
    ),
    ({"text": "x", "reply_markup": keyboard("å" * 33)}, "BUTTON_DATA_INVALID"),
    ({"text": "x", "reply_markup": keyboard(*map(str, range(101)))}, "reply markup is too long"),
    ({"text": "x", "reply_markup": keyboard(*["x" * 64] * 70)}, "reply markup is too long"),
    (
        {"text": "x", "reply_markup": {"keyboard": [[str(number) for number in range(9)]]}},
        "REPLY_MARKUP_INVALID",
    ),
    (
        {
            "text": "x",
            "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "a", "style": "gold"}]]},
        },
        "can't parse InlineKeyboardButton: invalid button style specified",
    ),
    (
        {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "nowhere"}]]}},
        "inline keyboard button URL 'nowhere' is invalid: Wrong HTTP URL",
    ),
    (
        {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "ftp://pals.no"}]]}},
        "inline keyboard button URL 'ftp://pals.no' is invalid: Unsupported URL protocol",
    ),
]


@pytest.mark.parametrize(("wrong", "reason"), REFUSED)
async def test_invalid_messages_are_refused(
    api: Api, sim: Sim, ada: Account, wrong: dict[str, Any], reason: str
) -> None:
    assert await api.refusal("sendMessage", **{"chat_id": ada.id, **wrong}) == f"Bad Request: {reason}"
    assert (await sim.chat(ada)).texts == ["/start"]


async def test_a_hundred_short_buttons_are_accepted(api: Api, ada: Account) -> None:
    short = {"inline_keyboard": [[{"text": "a", "callback_data": str(row)}] * 8 for row in range(12)]}
    sent = await api.result("sendMessage", chat_id=ada.id, text="x", reply_markup=short)
    assert sent["reply_markup"] == short


async def test_text_and_data_of_maximum_length_are_accepted(api: Api, ada: Account) -> None:
    text = f"<b>{'x' * 4096}</b>"
    sent = await api.result(
        "sendMessage", chat_id=ada.id, text=text, parse_mode="HTML", reply_markup=keyboard("å" * 32)
    )
    assert len(sent["text"]) == 4096


async def test_only_people_who_started_and_did_not_block_can_be_messaged(api: Api, sim: Sim) -> None:
    bo = await sim.person("Bo")
    assert await api.refusal("sendMessage", chat_id=bo.id, text="x") == (
        "Forbidden: bot can't initiate conversation with a user"
    )
    await sim.text(bo, "Hei")
    await api.result("sendMessage", chat_id=bo.id, text="x")
    await sim.block(bo)
    for method in ("sendMessage", "sendChatAction"):
        refusal = await api.refusal(method, chat_id=bo.id, text="x", action="typing")
        assert refusal == "Forbidden: bot was blocked by the user"
    await sim.unblock(bo)
    await api.result("sendMessage", chat_id=bo.id, text="x")


async def test_a_reply_contains_its_target(api: Api, ada: Account) -> None:
    sent = await api.result("sendMessage", chat_id=ada.id, text="x", reply_parameters={"message_id": 1})
    assert sent["reply_to_message"]["text"] == "/start"
    lenient = {"message_id": 99, "allow_sending_without_reply": True}
    assert "reply_to_message" not in await api.result(
        "sendMessage", chat_id=ada.id, text="x", reply_parameters=lenient
    )


async def test_a_reply_keyboard_is_shown_removed_and_hidden_after_one_time_use(
    api: Api, sim: Sim, ada: Account
) -> None:
    shown = {"keyboard": [[{"text": "Ros"}], [{"text": "Mer"}]], "resize_keyboard": True}
    plain = {"keyboard": [["Ros"], [{"text": "Mer"}]], "resize_keyboard": True}
    sent = await api.result("sendMessage", chat_id=ada.id, text="x", reply_markup=plain)
    assert "reply_markup" not in sent
    assert (await sim.chat(ada)).keyboard == shown
    await sim.text(ada, "Ros")
    assert (await sim.chat(ada)).keyboard == shown
    await api.result("sendMessage", chat_id=ada.id, text="x", reply_markup={"remove_keyboard": True})
    assert (await sim.chat(ada)).keyboard is None
    once = {"keyboard": [[{"text": "Ja"}]], "one_time_keyboard": True}
    await api.result("sendMessage", chat_id=ada.id, text="x", reply_markup=once)
    await sim.text(ada, "Nei")
    assert (await sim.chat(ada)).keyboard == once
    await sim.text(ada, "Ja")
    assert (await sim.chat(ada)).keyboard is None


async def test_an_edit_replaces_the_message(api: Api, sim: Sim, ada: Account) -> None:
    sent = await api.result("sendMessage", chat_id=ada.id, text="one", reply_markup=keyboard("Ros"))
    edited = await api.result("editMessageText", chat_id=ada.id, message_id=2, text="two")
    assert edited == {k: v for k, v in sent.items() if k != "reply_markup"} | {
        "text": "two",
        "edit_date": edited["edit_date"],
    }
    await api.result("editMessageReplyMarkup", chat_id=ada.id, message_id=2, reply_markup=keyboard("Angre"))
    assert (await sim.chat(ada)).last == {**edited, "reply_markup": keyboard("Angre")}


async def test_link_preview_options_are_kept_and_edited(api: Api, ada: Account) -> None:
    off, small = {"is_disabled": True}, {"prefer_small_media": True}
    sent = await api.result("sendMessage", chat_id=ada.id, text="a.no", disable_web_page_preview=True)
    kept = await api.result("editMessageText", chat_id=ada.id, message_id=2, text="b.no")
    changed = await api.result(
        "editMessageText", chat_id=ada.id, message_id=2, text="b.no", link_preview_options=small
    )
    assert [m["link_preview_options"] for m in (sent, kept, changed)] == [off, off, small]


EDITS_REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"text": "one", "reply_markup": keyboard("Ros")}, NOT_MODIFIED),
    ({"text": "<i></i>one ", "parse_mode": "HTML", "reply_markup": keyboard("Ros")}, NOT_MODIFIED),
    ({"text": "x" * 4097}, "Bad Request: MESSAGE_TOO_LONG"),
    ({"text": ""}, "Bad Request: message text is empty"),
    ({"text": "x", "message_id": 99}, "Bad Request: message to edit not found"),
    ({"text": "x", "message_id": None}, "Bad Request: message identifier is not specified"),
    ({"text": "x", "message_id": "two"}, "Bad Request: message identifier is not specified"),
    ({"text": "x", "message_id": 1}, "Bad Request: message can't be edited"),
    ({"text": "x", "reply_markup": {"keyboard": [["a"]]}}, "Bad Request: inline keyboard expected"),
]


@pytest.mark.parametrize(("wrong", "reason"), EDITS_REFUSED)
async def test_invalid_edits_are_refused(api: Api, ada: Account, wrong: dict[str, Any], reason: str) -> None:
    await api.result("sendMessage", chat_id=ada.id, text="one", reply_markup=keyboard("Ros"))
    asked = {"chat_id": ada.id, "message_id": 2, **wrong}
    assert await api.refusal("editMessageText", **asked) == reason


async def test_edits_of_a_missing_field_are_refused(api: Api, ada: Account) -> None:
    await api.result("sendMessage", chat_id=ada.id, text="one", reply_markup=keyboard("Ros"))
    place = {"chat_id": ada.id, "message_id": 2}
    same = keyboard("Ros")
    assert await api.refusal("editMessageReplyMarkup", **place, reply_markup=same) == NOT_MODIFIED
    assert await api.refusal("editMessageCaption", **place, caption="x") == (
        "Bad Request: there is no caption in the message to edit"
    )


async def test_delete_messages(api: Api, sim: Sim, ada: Account) -> None:
    await sim.clock(datetime(2026, 8, 17, 6, 0, tzinfo=UTC))
    await api.result("sendMessage", chat_id=ada.id, text="one")
    await api.result("deleteMessage", chat_id=ada.id, message_id=1)
    assert await api.refusal("deleteMessage", chat_id=ada.id, message_id=1) == (
        "Bad Request: message to delete not found"
    )
    await sim.clock(datetime(2026, 8, 17, 6, 0, 5, tzinfo=UTC) + timedelta(hours=48))
    assert await api.refusal("deleteMessage", chat_id=ada.id, message_id=2) == (
        "Bad Request: message can't be deleted for everyone"
    )
    await api.result("sendMessage", chat_id=ada.id, text="two")
    assert await api.result("deleteMessages", chat_id=ada.id, message_ids=[1, 2, 3])
    assert (await sim.chat(ada)).texts == ["one"]


async def test_a_callback_query_is_answered_once(api: Api, sim: Sim, ada: Account) -> None:
    await api.result("sendMessage", chat_id=ada.id, text="x", reply_markup=keyboard("Ros"))
    pressing = asyncio.create_task(sim.press(ada, data="Ros"))
    update = (await api.result("getUpdates", offset=2, timeout=5))[0]
    query = update["callback_query"]["id"]
    assert await api.refusal("answerCallbackQuery", callback_query_id=query, text="x" * 201) == (
        "Bad Request: MESSAGE_TOO_LONG"
    )
    assert await api.result("answerCallbackQuery", callback_query_id=query, show_alert=True, text="Saved")
    assert await pressing == {"text": "Saved", "show_alert": True, "url": None}
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await api.refusal("answerCallbackQuery", callback_query_id=query) == too_old
    assert await api.refusal("answerCallbackQuery", callback_query_id="1") == too_old


async def test_the_typing_indicator_expires_after_five_seconds_or_a_message(
    api: Api, sim: Sim, ada: Account, ticks: Any
) -> None:
    assert await api.refusal("sendChatAction", chat_id=ada.id, action="dancing") == (
        "Bad Request: wrong parameter action in request"
    )
    await api.result("sendChatAction", chat_id=ada.id, action="typing")
    assert (await sim.chat(ada)).typing
    ticks.advance(5.1)
    assert not (await sim.chat(ada)).typing
    await api.result("sendChatAction", chat_id=ada.id, action="typing")
    await api.result("sendMessage", chat_id=ada.id, text="x")
    assert not (await sim.chat(ada)).typing
