"""Rendering of messages: entities, text direction, edits, scrolling; and no HTML injection."""

from playwright.async_api import expect

from localchat.client import Account, Sim
from tests.phone.conftest import Bot, Opener, Phone, keys, phone_on

FORMATTED = (
    "<b>Ukas <i>øving</i></b> <u>u</u> <s>s</s> <code>kode</code> <tg-spoiler>svar</tg-spoiler>\n"
    '<blockquote>Vi går <b>rolig</b></blockquote>\nSe <a href="https://example.org/">årshjulet</a> eller /uke'
)


async def test_entities_are_rendered_as_elements(phone: Phone, bot: Bot, kari: Account) -> None:
    """Entities become nested elements, and the newline after a quote is not rendered twice."""
    sent = await bot.say(kari, FORMATTED, parse_mode="HTML")
    text = phone.bubble(sent).locator(".text")
    await expect(text).to_be_visible()
    shape = await text.evaluate(
        "e => [...e.querySelectorAll('*')].filter(n => n.className !== 'room')"
        ".map(n => `${n.tagName.toLowerCase()} ${n.textContent}`)"
    )
    assert shape == [
        "strong Ukas øving",
        "em øving",
        "u u",
        "s s",
        "code kode",
        "span svar",
        "blockquote Vi går rolig",
        "strong rolig",
        "a årshjulet",
        "button /uke",
    ]
    assert (await text.text_content()) == "Ukas øving u s kode svar\nVi går rolig" + "Se årshjulet eller /uke"
    link = text.get_by_role("link", name="årshjulet")
    assert [await link.get_attribute(name) for name in ("href", "target", "rel")] == [
        "https://example.org/",
        "_blank",
        "noopener noreferrer",
    ]


async def test_a_spoiler_opens_by_keyboard(phone: Phone, bot: Bot, kari: Account) -> None:
    """Its accessible name does not reveal the text; Enter shows it."""
    await bot.say(kari, "Koden er <tg-spoiler>4711</tg-spoiler>.", parse_mode="HTML")
    hidden = phone.element.get_by_role("button", name="Hidden text. Press to show it.")
    await hidden.focus()
    await phone.page.keyboard.press("Enter")
    await expect(hidden).to_have_count(0)
    assert await phone.element.locator(".spoiler.open").text_content() == "4711"


async def test_a_long_expandable_quote_expands(phone: Phone, bot: Bot, kari: Account) -> None:
    """Three lines of an expandable quote are shown until it is expanded."""
    sent = await bot.say(
        kari,
        "<blockquote expandable>" + "En linje til.\n" * 8 + "slutt</blockquote>",
        parse_mode="HTML",
    )
    low = (await phone.box(sent, "blockquote"))["height"]
    await phone.button("Show more").click()
    await expect(phone.button("Show less")).to_have_attribute("aria-expanded", "true")
    assert (await phone.box(sent, "blockquote"))["height"] > low * 1.5


async def test_a_short_quote_has_no_expand_button(phone: Phone, bot: Bot, kari: Account) -> None:
    await bot.say(kari, "<blockquote expandable>Kl. 18 i gymsalen</blockquote>", parse_mode="HTML")
    await expect(phone.element.locator("blockquote.expandable")).to_be_visible()
    await expect(phone.button("Show more")).to_have_count(0)


async def test_each_paragraph_has_its_own_text_direction(phone: Phone, bot: Bot, kari: Account) -> None:
    """Arabic is aligned right, Norwegian left, and the time where the last line ends."""
    arabic = await bot.say(
        kari,
        "Skole\nنمشي بهدوء في الممر، لكي يصل الجميع بأمان",
        reply_markup={"inline_keyboard": [[{"text": "اللغة", "callback_data": "x"}]]},
    )
    norwegian = await bot.say(kari, "وصلت رسالتك.\nHilsen Furulia skole")
    marked = await bot.say(kari, "العربية\n\u200f👥 5B")
    await expect(phone.bubble(marked)).to_be_visible()
    directions = [
        await phone.bubble(sent).locator(".bubble").get_attribute("dir")
        for sent in (arabic, norwegian, marked)
    ]
    assert directions == ["rtl", "ltr", "rtl"]
    edges = (
        await phone.bubble(arabic)
        .locator(".text")
        .evaluate(
            """e => {
          const range = document.createRange(), text = e.firstChild, box = e.getBoundingClientRect();
          const line = (from, to) => { range.setStart(text, from); range.setEnd(text, to);
            const r = range.getBoundingClientRect();
            return [Math.round(r.left - box.left) < 3, Math.round(box.right - r.right) < 3]; };
          return [line(0, 5), line(6, text.length)];
        }"""
        )
    )
    assert edges == [[True, False], [False, True]]
    meta, text = await phone.box(arabic, ".meta"), await phone.box(arabic, ".text")
    assert meta["x"] < text["x"] + 20
    assert (
        await phone.button("اللغة").locator(".words").evaluate("e => getComputedStyle(e).direction") == "rtl"
    )


async def test_hostile_text_and_names_are_escaped(visit: Opener, bot: Bot, sim: Sim) -> None:
    """HTML injection: markup in a text, button, command or name is shown as text."""
    nasty = "<img src=x onerror=alert(1)><b class=bad>x"
    person = await sim.person(nasty)
    await sim.start(person, bot=bot.username)
    await bot.call("setMyName", name=nasty)
    await bot.call("setMyCommands", commands=[{"command": "ros", "description": nasty}])
    sent = await bot.say(person, nasty, reply_markup=keys([(nasty, nasty)]))
    await bot.call("pinChatMessage", chat_id=person.id, message_id=sent)
    await bot.say(
        person, f"/ros {nasty}", reply_markup={"keyboard": [[nasty]], "input_field_placeholder": nasty}
    )
    phone = await phone_on(await visit(f"/?people={person.id}&bot={bot.username}"), person)
    await phone.button("Menu").click()
    shown = [".caption .name", ".bot-name", ".description", ".inline .words", ".reply .words"]
    assert [await phone.element.locator(part).text_content() for part in shown] == [nasty] * len(shown)
    await expect(phone.bubble(sent).locator(".text")).to_have_text(nasty)
    assert await phone.page.locator("img, .bad").count() == 0


async def test_edits_and_deletions_update_the_rows_in_place(phone: Phone, bot: Bot, kari: Account) -> None:
    """The edited text replaces the old one, marked as edited; a deleted message is removed."""
    first = await bot.say(kari, "Sender til 60 …")
    second = await bot.say(kari, "Neste")
    await bot.call("editMessageText", chat_id=kari.id, message_id=first, text="Sendt til 60.")
    await expect(phone.bubble(first).locator(".edited")).to_have_text("edited")
    assert (await phone.texts())[1:] == ["Sendt til 60.", "Neste"]
    await bot.call("deleteMessage", chat_id=kari.id, message_id=second)
    await expect(phone.bubble(second)).to_have_count(0)


async def test_new_messages_keep_the_scroll_position(phone: Phone, bot: Bot, kari: Account) -> None:
    """New messages and a longer edit of an old one do not move what is in the viewport."""
    ids = [await bot.say(kari, f"Melding nummer {number}\nmed to linjer") for number in range(25)]
    await expect(phone.bubble(ids[-1])).to_be_in_viewport()
    await phone.bubble(ids[14]).evaluate("e => e.parentNode.scrollTop = e.offsetTop - e.parentNode.offsetTop")
    await expect(phone.button("To the newest message")).to_be_visible()
    before = (await phone.box(ids[14]))["y"]
    await bot.call("editMessageText", chat_id=kari.id, message_id=ids[3], text="Mye lengre\n" * 12)
    last = await bot.say(kari, "Ny")
    jump = phone.button("To the newest message, 1 unread")
    await expect(jump).to_be_visible()
    assert abs((await phone.box(ids[14]))["y"] - before) <= 1
    await jump.click()
    await expect(phone.bubble(last)).to_be_in_viewport()
    await expect(jump).to_be_hidden()


async def test_days_are_separated(phone: Phone, bot: Bot, kari: Account) -> None:
    """One date separator precedes the first message of a day."""
    await bot.say(kari, "En")
    last = await bot.say(kari, "To")
    await expect(phone.bubble(last)).to_be_visible()
    await expect(phone.element.locator(".day")).to_have_count(1)


async def test_the_pinned_bar_scrolls_to_the_message(phone: Phone, bot: Bot, kari: Account) -> None:
    """The bar shows the pinned message and scrolls to it."""
    pinned = await bot.say(kari, "Neste møte er tirsdag kl. 14.15")
    last = [await bot.say(kari, f"Linje {number}\n\n\n\n") for number in range(14)][-1]
    await bot.call("pinChatMessage", chat_id=kari.id, message_id=pinned)
    await expect(phone.bubble(last)).to_be_in_viewport()
    await phone.button("Go to the pinned message: Neste møte er tirsdag kl. 14.15").click()
    await expect(phone.bubble(pinned)).to_be_in_viewport()
    await bot.call("unpinChatMessage", chat_id=kari.id, message_id=pinned)
    await expect(phone.element.locator(".pinned")).to_be_hidden()
