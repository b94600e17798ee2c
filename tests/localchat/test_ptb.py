"""Compatibility with a real client: PTB's own Bot against localchat."""

import asyncio

import pytest
import telegram
from telegram import BotCommand, BotCommandScopeChat, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter

import localchat
from localchat.client import Account, Sim
from tests.localchat.pictures import png


async def test_a_conversation(ptb: telegram.Bot, sim: Sim, ada: Account) -> None:
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Ros", callback_data="p1")]])
    sent = await ptb.send_message(ada.id, "<b>Hei</b> Ådne", parse_mode="HTML", reply_markup=keyboard)
    assert sent.text_html == "<b>Hei</b> Ådne"
    await sim.press(ada, "Ros", wait=0)
    [start, pressed] = await ptb.get_updates(timeout=1)
    assert start.message is not None
    assert (start.message.text, start.effective_user and start.effective_user.language_code) == (
        "/start",
        "nb",
    )
    query = pressed.callback_query
    assert query is not None
    assert await query.answer("Thank you")
    edited = await ptb.edit_message_text("Saved", ada.id, sent.message_id)
    assert isinstance(edited, telegram.Message)
    assert edited.edit_date is not None


async def test_media(ptb: telegram.Bot, sim: Sim, ada: Account) -> None:
    photo = await ptb.send_photo(ada.id, png(), caption="one")
    document = await ptb.send_document(ada.id, b"1;2", filename="år.csv")
    assert document.document is not None
    assert document.document.file_name == "år.csv"
    file = await ptb.get_file(document.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b"1;2"
    album = await ptb.send_media_group(
        ada.id, [telegram.InputMediaPhoto(png(5, 5), caption="a"), telegram.InputMediaPhoto(photo.photo[-1])]
    )
    assert len({message.media_group_id for message in album}) == 1
    await ptb.edit_message_media(telegram.InputMediaPhoto(png(7, 7)), ada.id, photo.message_id)
    assert (await sim.chat(ada)).messages[1]["photo"][0]["width"] == 7


async def test_menus_pins_and_webhook_info(ptb: telegram.Bot, sim: Sim, ada: Account) -> None:
    await ptb.set_my_commands(
        [BotCommand("ros", "Ros")], scope=BotCommandScopeChat(ada.id), language_code="nb"
    )
    assert (await sim.chat(ada)).commands == [{"command": "ros", "description": "Ros"}]
    await ptb.set_chat_menu_button(ada.id, telegram.MenuButtonCommands())
    await ptb.set_my_short_description("Skolens hukommelse")
    assert (await ptb.get_my_short_description()).short_description == "Skolens hukommelse"
    sent = await ptb.send_message(ada.id, "x")
    await ptb.pin_chat_message(ada.id, sent.message_id)
    chat = await ptb.get_chat(ada.id)
    assert chat.pinned_message == sent
    assert (await ptb.get_webhook_info()).url == ""


async def test_refusals_raise_ptbs_exceptions(
    ptb: telegram.Bot, sim: Sim, ada: Account, server: localchat.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # the spelling of a wait that PTB does not warn about
    with pytest.raises(BadRequest, match="Can't parse entities: unsupported start tag"):
        await ptb.send_message(ada.id, "<x>", parse_mode="HTML")
    await sim.block(ada)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await ptb.send_message(ada.id, "x")
    await sim.fault("getMe", "status", status=429, description="Too Many Requests", retry_after=7)
    with pytest.raises(RetryAfter):
        await ptb.get_me()
    with pytest.raises(InvalidToken):
        async with telegram.Bot("1:nobody", base_url=f"{server.url}/bot"):
            pass


async def test_a_second_poller_raises_conflict(ptb: telegram.Bot, ada: Account) -> None:
    await ptb.get_updates(offset=2)
    first = asyncio.create_task(ptb.get_updates(offset=2, timeout=5))
    await asyncio.sleep(0.05)
    async with telegram.Bot(ptb.token, base_url=ptb.base_url.removesuffix(ptb.token)) as other:
        await other.get_updates(offset=2)
    with pytest.raises(Conflict):
        await first
