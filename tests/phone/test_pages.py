"""The pages: index, join page, and the phone embedded in another page."""

import re
from datetime import UTC, datetime

from playwright.async_api import expect

from localchat.client import Account, Sim
from tests.phone.conftest import Bot, Opener, Phone, phone_on


async def test_the_join_page_opens_the_link_on_a_chosen_phone(
    visit: Opener, bot: Bot, jonas: Account
) -> None:
    """It shows the bot and the people, presses Start with the parameter and shows the phone."""
    page = await visit(f"/t/{bot.username}?start=stab_9x")
    await expect(page.get_by_role("status")).to_contain_text("starts a conversation with PALS Granlia")
    await page.get_by_role("button", name="Open on Jonas’s phone").last.click()
    phone = await phone_on(page, jonas)
    assert await phone.texts() == ["/start stab_9x"]
    assert (await bot.update("message"))["text"] == "/start stab_9x"


async def test_the_join_page_adds_a_person(visit: Opener, bot: Bot, sim: Sim) -> None:
    """First name and language are the required fields."""
    page = await visit(f"/t/{bot.username}?start=fam_5b")
    await page.get_by_label("First name").fill("Amal")
    await page.get_by_label("Language of the phone").select_option("ar")
    await page.get_by_role("button", name="Add and open").click()
    await expect(page.locator('chat-phone[state="live"] .text')).to_have_text("/start fam_5b")
    newest = (await sim.people())[-1]
    assert (newest["first_name"], newest["language_code"]) == ("Amal", "ar")


async def test_the_join_page_of_an_unknown_bot_says_so(visit: Opener) -> None:
    """An unknown bot is an error message without buttons."""
    page = await visit("/t/nobody_bot?start=x")
    await expect(page.get_by_role("status")).to_have_text(re.compile("no bot called nobody_bot"))
    await expect(page.get_by_role("button")).to_have_count(0)


async def test_a_person_is_added_on_the_front_page(visit: Opener, bot: Bot, kari: Account, sim: Sim) -> None:
    """The form adds a phone beside the others and a name to the list."""
    page = await visit(f"/?people={kari.id}&bot={bot.username}", locale="nb-NO")
    await phone_on(page, kari)
    await page.get_by_role("button", name="Legg til en person").click()
    await page.get_by_label("Fornavn").fill("Mona")
    await page.keyboard.press("Enter")
    await expect(page.locator("chat-phone")).to_have_count(2)
    newest = (await sim.people())[-1]
    assert newest["first_name"] == "Mona"
    chip = page.get_by_role("button", name="Vis telefonen til Mona").last
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await chip.click()
    await expect(page.locator("chat-phone")).to_have_count(1)
    assert page.url.endswith(f"?people={kari.id}&bot={bot.username}")


async def test_six_phones_stand_side_by_side(visit: Opener, bot: Bot, sim: Sim) -> None:
    """More phones than the browser's connection limit all receive new messages."""
    people = [await sim.person(f"Nr{number}") for number in range(6)]
    for person in people:
        await sim.start(person, bot=bot.username)
    page = await visit(f"/?people={','.join(str(person.id) for person in people)}&bot={bot.username}")
    phones = [await phone_on(page, person) for person in people]
    for person in people:
        await bot.say(person, f"Hei {person.name}")
    for person, phone in zip(people, phones, strict=True):
        await expect(phone.element.locator(".text").last).to_have_text(f"Hei {person.name}")


async def test_a_small_screen_is_one_phone(visit: Opener, bot: Bot, kari: Account, jonas: Account) -> None:
    """Responsive layout: the phone fills the screen, and a name scrolls its phone into view."""
    page = await visit(f"/?people={kari.id},{jonas.id}&bot={bot.username}", width=390)
    kari_phone, jonas_phone = await phone_on(page, kari), await phone_on(page, jonas)
    box = await kari_phone.element.locator(".composer").bounding_box()
    assert box and (box["x"], box["width"], box["y"] + box["height"]) == (0, 390, 844)
    await page.get_by_role("button", name="Show Jonas’s phone").last.click()
    await expect(jonas_phone.button("Start")).to_be_in_viewport(ratio=1)
    await expect(kari_phone.field).not_to_be_in_viewport()


async def test_times_are_shown_in_the_requested_time_zone(
    visit: Opener, bot: Bot, kari: Account, sim: Sim
) -> None:
    """The page's time zone overrides the browser's."""
    await sim.clock(datetime(2026, 8, 31, 22, 30, tzinfo=UTC))
    try:
        sent = await bot.say(kari, "God morgen")
    finally:
        await sim.clock(None)
    page = await visit(f"/?people={kari.id}&bot={bot.username}&zone=Asia/Tokyo", locale="nb-NO")
    phone = await phone_on(page, kari)
    await expect(phone.bubble(sent).locator("time")).to_have_text("07:30")
    await expect(phone.element.locator(".day").last).to_have_text("Tirsdag 1. september")


async def test_the_phone_can_be_embedded_in_another_page(
    visit: Opener, bot: Bot, kari: Account, jonas: Account
) -> None:
    """The custom element has a label, dispatches events and observes its attributes."""
    page = await visit("/t/nobody_bot")
    heard = await page.evaluate(
        """async ([person, bot]) => {
          const heard = [];
          const hears = (kind) => new Promise((done) =>
            document.addEventListener(kind, ({ type, detail }) => {
              heard.push([type, detail.message?.text ?? null]);
              done();
            }));
          const phone = document.createElement("chat-phone");
          const attributes = { person, bot, label: "Teacher" };
          for (const [name, value] of Object.entries(attributes)) phone.setAttribute(name, value);
          const ready = hears("chat-ready");
          document.body.append(phone);
          await ready;
          const told = hears("chat-message");
          await phone.send("Hei");
          await told;
          return heard;
        }""",
        [str(kari.id), bot.username],
    )
    assert heard == [["chat-ready", None], ["chat-message", "Hei"]]
    await expect(page.get_by_role("region", name="Teacher: Kari Nesbakk’s phone")).to_be_visible()
    await page.locator("chat-phone").evaluate("(e, id) => e.setAttribute('person', id)", str(jonas.id))
    phone = await phone_on(page, jonas)
    await expect(phone.button("Start")).to_be_visible()
    assert await phone.texts() == []


async def test_a_phone_waits_for_its_bot(visit: Opener, sim: Sim, jonas: Account) -> None:
    """A page opened before the bot exists shows a hint and connects when the bot appears."""
    page = await visit(f"/?people={jonas.id}&bot=late_bot")
    phone = Phone(page, page.locator("chat-phone"))
    await expect(phone.element.locator(".hint")).to_contain_text("No bot runs here yet.")
    await expect(phone.field).to_be_hidden()
    await sim.bot("late_bot", "Sent ute")
    await expect(phone.button("Start")).to_be_visible()


async def test_a_removed_phone_closes_its_event_stream(phone: Phone) -> None:
    """Its connection is free for another phone."""
    async with phone.page.expect_event("requestfailed", lambda request: "/events" in request.url):
        await phone.element.evaluate("e => e.remove()")
