"""Inline keyboards, reply keyboards and the command menu."""

from typing import Any

from playwright.async_api import expect

from localchat.client import Account
from tests.phone.conftest import Bot, Opener, Phone, keys, phone_on


async def test_a_press_shows_busy_until_it_is_answered(phone: Phone, bot: Bot, kari: Account) -> None:
    """The button is busy, the answer is a toast, the message is edited, and the focus is kept."""
    sent = await bot.say(kari, "Hva så du?", reply_markup=keys([("Går rolig", "p:1"), ("Hjelper", "p:2")]))
    await phone.button("Hjelper").press("Enter")
    await expect(phone.button("Hjelper")).to_have_attribute("aria-busy", "true")
    query = await bot.update("callback_query")
    assert (query["data"], query["message"]["message_id"]) == ("p:2", sent)
    await bot.call(
        "editMessageText",
        chat_id=kari.id,
        message_id=sent,
        text="Lagret.",
        reply_markup=keys([("Hjelper", "p:2"), ("Angre", "u:1")]),
    )
    await bot.call("answerCallbackQuery", callback_query_id=query["id"], text="Ros er lagret.")
    await expect(phone.toast).to_have_text("Ros er lagret.")
    await expect(phone.bubble(sent).locator(".text")).to_have_text("Lagret.")
    await expect(phone.button("Hjelper")).not_to_have_attribute("aria-busy", "true")
    assert await phone.focused() == "Hjelper"


async def test_a_busy_button_ignores_a_second_press(phone: Phone, bot: Bot, kari: Account) -> None:
    """A double click sends one callback query; after the answer the button works again."""
    await bot.say(kari, "Hva så du?", reply_markup=keys([("Går rolig", "p:1")]))
    await phone.button("Går rolig").dblclick()
    query = await bot.update("callback_query")
    await bot.call("answerCallbackQuery", callback_query_id=query["id"])
    await expect(phone.button("Går rolig")).not_to_have_attribute("aria-busy", "true")
    assert await bot.call("getUpdates", offset=bot.offset) == []
    await phone.button("Går rolig").click()
    assert (await bot.update("callback_query"))["data"] == "p:1"


async def test_rows_of_buttons_are_kept(phone: Phone, bot: Bot, kari: Account) -> None:
    """Buttons are rendered in the bot's rows."""
    sent = await bot.say(
        kari, "Velg", reply_markup=keys([("Øvd", "1"), ("Delvis", "2")], [("Ikke ennå", "3")])
    )
    rows = phone.bubble(sent).locator(".inline .keys")
    await expect(rows).to_have_count(2)
    assert [await row.locator(".key").all_inner_texts() for row in await rows.all()] == [
        ["Øvd", "Delvis"],
        ["Ikke ennå"],
    ]


async def test_an_alert_is_a_modal_dialog(phone: Phone, bot: Bot, kari: Account) -> None:
    """It takes the focus, Esc closes it, and the focus returns to the button."""
    await bot.say(kari, "Hendelse", reply_markup=keys([("Mulig krenkelse", "k")]))
    await phone.button("Mulig krenkelse").click()
    query = await bot.update("callback_query")
    said = "Rektor må få vite det nå."
    await bot.call("answerCallbackQuery", callback_query_id=query["id"], text=said, show_alert=True)
    dialog = phone.element.get_by_role("alertdialog", name=said)
    await expect(dialog.get_by_role("button", name="OK")).to_be_focused()
    await phone.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    assert await phone.focused() == "Mulig krenkelse"


async def test_a_url_button_opens_a_page_without_opener(phone: Phone, bot: Bot, kari: Account) -> None:
    """The link opens in a new tab without `window.opener`."""
    await bot.say(
        kari,
        "Les",
        reply_markup={"inline_keyboard": [[{"text": "Årshjulet", "url": "https://example.org/a"}]]},
    )
    link = phone.element.get_by_role("link", name="Årshjulet (opens a page)")
    await expect(link).to_have_attribute("href", "https://example.org/a")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")


async def test_a_copy_button_copies(visit: Opener, bot: Bot, kari: Account) -> None:
    """The text is copied to the clipboard, confirmed by a toast."""
    text = "Denne uka øver vi på å gå rolig i gangen."
    await bot.say(
        kari,
        "Til ukeplanen",
        reply_markup={"inline_keyboard": [[{"text": "Kopier", "copy_text": {"text": text}}]]},
    )
    page = await visit(
        f"/?people={kari.id}&bot={bot.username}", permissions=["clipboard-read", "clipboard-write"]
    )
    phone = await phone_on(page, kari)
    await phone.button("Kopier (copies a text)").click()
    await expect(phone.toast).to_have_text("Copied.")
    assert await page.evaluate("navigator.clipboard.readText()") == text


def reply_keys(**options: Any) -> dict[str, Any]:
    """A reply keyboard of two keys."""
    return {"keyboard": [[{"text": "⭐ Ros"}, {"text": "📝 Hendelse"}]], "resize_keyboard": True, **options}


async def test_a_reply_keyboard_sends_its_labels(phone: Phone, bot: Bot, kari: Account) -> None:
    """A key sends its label, the toggle hides and shows the keyboard, and the bot can remove it."""
    await bot.say(kari, "Hei", reply_markup=reply_keys(input_field_placeholder="Velg under"))
    await phone.button("⭐ Ros").click()
    assert (await bot.update("message"))["text"] == "/start"
    assert (await bot.update("message"))["text"] == "⭐ Ros"
    await expect(phone.field).to_have_attribute("placeholder", "Velg under")
    await phone.button("Hide the buttons").click()
    await expect(phone.button("⭐ Ros")).to_be_hidden()
    await phone.button("Show the buttons").click()
    await expect(phone.button("⭐ Ros")).to_be_visible()
    await bot.say(kari, "Borte", reply_markup={"remove_keyboard": True})
    await expect(phone.button("⭐ Ros")).to_have_count(0)
    await expect(phone.button("Hide the buttons")).to_have_count(0)


async def test_a_one_time_keyboard_is_hidden_after_use(phone: Phone, bot: Bot, kari: Account) -> None:
    """After one press the keyboard is hidden."""
    await bot.say(kari, "Hei", reply_markup=reply_keys(one_time_keyboard=True))
    await phone.button("📝 Hendelse").click()
    await expect(phone.button("📝 Hendelse")).to_be_hidden()


COMMANDS = [
    {"command": "ros", "description": "Gi ros"},
    {"command": "hendelse", "description": "Registrer en hendelse"},
    {"command": "hjelp", "description": "Få hjelp"},
]


async def test_the_menu_lists_the_commands(phone: Phone, bot: Bot, kari: Account) -> None:
    """The Menu button lists all commands; a click sends one."""
    await bot.call("setMyCommands", commands=COMMANDS)
    await phone.button("Menu").click()
    options = phone.element.get_by_role("option")
    assert await options.all_inner_texts() == [
        "/ros\nGi ros",
        "/hendelse\nRegistrer en hendelse",
        "/hjelp\nFå hjelp",
    ]
    await options.nth(1).click()
    await expect(options).to_have_count(0)
    await expect(phone.element.locator(".row.out .text").last).to_have_text("/hendelse")


async def test_typing_a_slash_filters_the_commands(phone: Phone, bot: Bot, kari: Account) -> None:
    """Autocomplete: arrow keys select a match, Enter sends it, Esc closes the list and keeps the text."""
    await bot.call("setMyCommands", commands=COMMANDS)
    await expect(phone.button("Menu")).to_be_visible()
    await phone.field.press_sequentially("/h")
    options = phone.element.get_by_role("option")
    assert await options.all_inner_texts() == ["/hendelse\nRegistrer en hendelse", "/hjelp\nFå hjelp"]
    await phone.page.keyboard.press("Escape")
    await expect(options).to_have_count(0)
    await expect(phone.field).to_have_value("/h")
    await phone.field.press_sequentially("j")
    await phone.field.press("Backspace")
    await phone.page.keyboard.press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    await phone.page.keyboard.press("Enter")
    await expect(phone.element.locator(".row.out .text").last).to_have_text("/hjelp")
    await expect(phone.field).to_have_value("")


async def test_a_tapped_command_in_a_text_is_sent(phone: Phone, bot: Bot, kari: Account) -> None:
    """A command in a message is a button that sends it."""
    await bot.say(kari, "Skriv /uke for ukas øving.")
    await phone.button("/uke").click()
    await expect(phone.element.locator(".row.out .text").last).to_have_text("/uke")
