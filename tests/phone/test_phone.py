"""The phone as a whole: keyboard access, links, media, blocking, replies, edits, reconnecting."""

import struct
import zlib

from playwright.async_api import expect

from localchat.client import Account
from localchat.server import Server
from tests.phone.conftest import Bot, Opener, Phone, phone_on


def picture(width: int = 40, height: int = 30) -> bytes:
    """A green PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = (b"\0" + b"\x2b\x5f\x50" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


async def test_a_conversation_by_keyboard_alone(visit: Opener, bot: Bot, jonas: Account) -> None:
    """Start, a text of two lines and a press, without a mouse and in tab order."""
    phone = await phone_on(await visit(f"/?people={jonas.id}&bot={bot.username}"), jonas)
    keyboard = phone.page.keyboard
    await expect(phone.button("Start")).to_be_visible()
    await phone.element.evaluate("e => e.shadowRoot.querySelector('.log').focus()")
    await keyboard.press("Tab")
    assert await phone.focused() == "Start"
    await keyboard.press("Enter")
    await expect(phone.field).to_be_focused()
    await keyboard.type("Hei")
    await keyboard.press("Shift+Enter")
    await keyboard.type("på deg")
    await keyboard.press("Enter")
    written = [(await bot.update("message"))["text"] for _ in range(2)]
    assert written == ["/start", "Hei\npå deg"]
    await bot.say(
        jonas, "Velg", reply_markup={"inline_keyboard": [[{"text": "Øvd", "callback_data": "w:1"}]]}
    )
    await expect(phone.button("Øvd")).to_be_visible()
    await keyboard.press("Shift+Tab")
    assert await phone.focused() == "Øvd"
    await keyboard.press("Space")
    assert (await bot.update("callback_query"))["data"] == "w:1"


async def test_the_phone_has_accessible_names(phone: Phone, bot: Bot, kari: Account) -> None:
    """Landmarks, heading, list and every button have accessible names."""
    await bot.call("setMyCommands", commands=[{"command": "ros", "description": "Gi ros"}])
    await bot.say(kari, "Velg", reply_markup={"keyboard": [["Ros"]]})
    await expect(phone.button("Ros")).to_be_visible()
    await expect(phone.button("Menu")).to_be_visible()
    element = phone.element
    await expect(element.get_by_role("region", name="Kari Nesbakk’s phone")).to_be_visible()
    await expect(element.get_by_role("heading", level=2)).to_have_text("Kari Nesbakk")
    await expect(phone.log).to_have_attribute("aria-label", "Conversation with PALS Granlia")
    buttons = await element.get_by_role("button").all()
    names = [
        await button.evaluate("e => e.getAttribute('aria-label') || e.textContent.trim()")
        for button in buttons
    ]
    assert names == ["Options for the chat", "/start", "Menu", "Hide the buttons", "Ros"]


async def test_a_join_link_in_a_message_opens_on_this_phone(phone: Phone, bot: Bot, kari: Account) -> None:
    """A link to this bot presses Start with its parameter, in every form."""
    await bot.say(kari, f"t.me/{bot.username}?start=stab_9x")
    await bot.say(
        kari, f'<a href="tg://resolve?domain={bot.username}&amp;start=fam_5b">bli med</a>', parse_mode="HTML"
    )
    await phone.element.get_by_role("link").first.click()
    await phone.element.get_by_role("link", name="bli med").click()
    said = [(await bot.update("message"))["text"] for _ in range(3)]
    assert said == ["/start", "/start stab_9x", "/start fam_5b"]
    assert len(phone.page.context.pages) == 1


async def test_pictures_open_larger_and_close_with_escape(phone: Phone, bot: Bot, kari: Account) -> None:
    """A picture is a button named by its caption; closing the viewer returns the focus."""
    green = ("a.png", picture(), "image/png")
    await bot.upload("sendPhoto", {"photo": green}, chat_id=str(kari.id), caption="Plakaten")
    button = phone.button("Open the picture larger: Plakaten")
    await button.click()
    viewer = phone.element.get_by_role("dialog", name="Plakaten")
    await expect(viewer).to_be_visible()
    assert await viewer.locator("img").evaluate(
        "e => e.decode().then(() => [e.naturalWidth, e.naturalHeight])"
    ) == [40, 30]
    await phone.page.keyboard.press("Escape")
    await expect(viewer).to_have_count(0)
    assert await phone.focused() == "Open the picture larger: Plakaten"


async def test_an_album_is_rendered_as_one_row(phone: Phone, bot: Bot, kari: Account) -> None:
    """Three pictures of an album are one group under one caption."""
    files = {name: (f"{name}.png", picture(), "image/png") for name in "abc"}
    media = [{"type": "photo", "media": f"attach://{name}"} for name in "abc"]
    media[0]["caption"] = "Fra fellessamlingen"
    await bot.upload("sendMediaGroup", files, chat_id=str(kari.id), media=media)
    row = phone.element.locator(".row.in")
    await expect(row.get_by_role("group", name="3 pictures and files").get_by_role("button")).to_have_count(3)
    await expect(row).to_have_count(1)
    await expect(row.locator(".text")).to_have_text("Fra fellessamlingen")


async def test_a_file_shows_name_and_size_and_is_downloadable(phone: Phone, bot: Bot, kari: Account) -> None:
    """The download has the uploaded bytes and file name."""
    content = b"%PDF-1.4 " + b"x" * 181_991
    await bot.upload(
        "sendDocument", {"document": ("Referat.pdf", content, "application/pdf")}, chat_id=str(kari.id)
    )
    link = phone.element.get_by_role("link", name="Download Referat.pdf, 182 kB")
    async with phone.page.expect_download() as started:
        await link.click()
    download = await started.value
    assert download.suggested_filename == "Referat.pdf"
    assert (await download.path()).read_bytes() == content


async def test_block_and_unblock(phone: Phone, bot: Bot, kari: Account) -> None:
    """Blocking asks for confirmation with Cancel focused; a blocked chat has no text field but Unblock."""
    await phone.button("Options for the chat").press("Enter")
    await phone.page.keyboard.press("Enter")
    await expect(phone.button("Cancel")).to_be_focused()
    await phone.page.keyboard.press("Tab")
    await phone.page.keyboard.press("Enter")
    change = await bot.update("my_chat_member")
    assert change["new_chat_member"]["status"] == "kicked"
    await expect(phone.field).to_be_hidden()
    await phone.button("Unblock").click()
    assert (await bot.update("my_chat_member"))["new_chat_member"]["status"] == "member"
    await expect(phone.field).to_be_visible()


async def test_the_typing_indicator_is_shown_until_the_message(phone: Phone, bot: Bot, kari: Account) -> None:
    """The status line under the bot's name shows it."""
    status = phone.element.locator(".status")
    await bot.call("sendChatAction", chat_id=kari.id, action="typing")
    await expect(status).to_have_text("typing…")
    await bot.say(kari, "Ferdig")
    await expect(status).to_have_text("bot")


async def test_a_lost_event_stream_reconnects_and_catches_up(
    phone: Phone, bot: Bot, kari: Account, server: Server
) -> None:
    """Messages sent, edited and deleted meanwhile are shown once, and new events arrive."""
    edited, deleted = await bot.say(kari, "Én"), await bot.say(kari, "To")
    await expect(phone.bubble(deleted)).to_be_visible()
    await phone.page.route("**/sim/**", lambda route: route.abort())
    state = server.state
    state.private_chat(state.bot(bot.username), state.person(kari.id)).subscribers.close()
    await expect(phone.element).to_have_attribute("state", "connecting")
    await bot.call("editMessageText", chat_id=kari.id, message_id=edited, text="Én, rettet")
    await bot.call("deleteMessage", chat_id=kari.id, message_id=deleted)
    await bot.say(kari, "Tre")
    await phone.page.unroute("**/sim/**")
    await expect(phone.element).to_have_attribute("state", "live")
    assert await phone.texts() == ["/start", "Én, rettet", "Tre"]
    await bot.say(kari, "Fire")
    await expect(phone.element.locator(".text").last).to_have_text("Fire")


async def test_a_text_that_fails_to_send_is_restored(phone: Phone) -> None:
    """The text stays in the field, and a toast shows the error."""
    await phone.page.route("**/text", lambda route: route.abort())
    await phone.field.fill("Et svar som ikke må bli borte")
    await phone.page.keyboard.press("Enter")
    await expect(phone.toast).to_contain_text("That could not be sent.")
    await expect(phone.field).to_have_value("Et svar som ikke må bli borte")


async def test_the_person_edits_their_last_text_by_keyboard(phone: Phone, bot: Bot) -> None:
    """Arrow up in an empty field edits the last text; Enter saves; Esc cancels."""
    await phone.field.fill("Vi øvde i gangn")
    await phone.page.keyboard.press("Enter")
    await expect(phone.element.locator(".row.out .text").last).to_have_text("Vi øvde i gangn")
    await phone.page.keyboard.press("ArrowUp")
    await expect(phone.field).to_have_value("Vi øvde i gangn")
    await phone.page.keyboard.press("Escape")
    await expect(phone.field).to_have_value("")
    await phone.page.keyboard.press("ArrowUp")
    await phone.field.fill("Vi øvde i gangen")
    await phone.page.keyboard.press("Enter")
    assert (await bot.update("edited_message"))["text"] == "Vi øvde i gangen"
    await expect(phone.element.locator(".row.out .edited")).to_have_count(1)
    assert await phone.texts() == ["/start", "Vi øvde i gangen"]


async def test_the_person_replies_to_a_message(phone: Phone, bot: Bot, kari: Account) -> None:
    """The context menu of a message offers to reply; the reply links to its target."""
    sent = await bot.say(kari, "Passer tirsdag?")
    await phone.bubble(sent).click(button="right")
    menu = phone.element.get_by_role("menu", name="Message")
    assert await menu.get_by_role("menuitem").all_inner_texts() == ["Reply", "Copy the text"]
    await phone.page.keyboard.press("Enter")
    await expect(phone.field).to_be_focused()
    await phone.page.keyboard.type("Ja")
    await phone.page.keyboard.press("Enter")
    assert (await bot.update("message"))["text"] == "/start"
    answer = await bot.update("message")
    assert (answer["text"], answer["reply_to_message"]["message_id"]) == ("Ja", sent)
    await phone.element.get_by_role("button", name="In reply to PALS Granlia").click()
    await expect(phone.bubble(sent)).to_be_in_viewport()
    await expect(phone.element.locator(".aim")).to_be_hidden()


async def test_the_menu_button_opens_a_web_app(phone: Phone, bot: Bot, kari: Account) -> None:
    """A bot may replace the command menu by a web page."""
    page = {"type": "web_app", "text": "Årshjul", "web_app": {"url": "https://example.org/aar"}}
    await phone.page.context.route("https://example.org/**", lambda route: route.fulfill(body="året"))
    await bot.call("setChatMenuButton", chat_id=kari.id, menu_button=page)
    async with phone.page.expect_popup() as opened:
        await phone.button("Årshjul").click()
    assert (await opened.value).url == "https://example.org/aar"
    await (await opened.value).close()
