"""The demo end to end: the command as a process, and its page in a browser.

A teacher praises, Monday comes with its practice and is answered, and on the first of the month a family reads about
it in its own language.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot import demo
from bot.content.labels import ANSWERS
from bot.i18n import language
from pals.behaviour import Answer
from tests.support.browser import QUIET, executable

PATIENCE = 20.0
FURULIA = demo.school_file(None)
BOKMAAL = language("nb")


@dataclass(frozen=True)
class Command:
    """A running `palsbot demo`, and where it keeps its files."""

    url: str
    process: asyncio.subprocess.Process
    folder: Path


@pytest.fixture(scope="module")
async def command(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Command]:
    """The command as a process of its own, with nothing but a port; it must exit on a signal."""
    folder = tmp_path_factory.mktemp("demo")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", "0", "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder), "PALSBOT_PUBLIC_URL": "https://example.org"},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            said = json.loads(await process.stdout.readline())
        yield Command(said["url"], process, folder)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            rest = await process.communicate()
    assert (process.returncode, *rest) == (0, b"", b"")
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=executable(), args=QUIET)
        yield running
        await running.close()


@dataclass
class Demo:
    """The demo's page, as a page object."""

    page: Page

    def phone(self, label: str) -> Locator:
        """The phone with this label."""
        return self.page.locator(f'chat-phone[label="{label}"]')

    def newest(self, label: str) -> Locator:
        """The last message on a phone."""
        return self.phone(label).locator("[data-message]").last

    async def arrive(self, button: Locator) -> str:
        """Presses a fast-forward button. Returns what the page says on arrival."""
        await button.click()
        await expect(self.page.locator(".said")).to_contain_text("Nå er det", timeout=PATIENCE * 1000)
        return await self.page.locator(".said").inner_text()


async def opened(browser: Browser, url: str, **options: object) -> AsyncIterator[Demo]:
    context = await browser.new_context(timezone_id="America/Lima", reduced_motion="reduce", **options)  # type: ignore[arg-type]
    context.set_default_timeout(8000)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(url)
    await expect(page.locator('chat-phone[state="live"]')).to_have_count(3)
    yield Demo(page)
    await context.close()
    assert errors == []


@pytest.fixture
async def on_desk(browser: Browser, command: Command) -> AsyncIterator[Demo]:
    """The page on a large screen, in bokmål."""
    size = {"width": 1500, "height": 950}
    async for found in opened(browser, command.url, locale="nb-NO", viewport=size):
        yield found


@pytest.fixture
async def in_hand(browser: Browser, command: Command) -> AsyncIterator[Demo]:
    """The page on a phone, in English."""
    size = {"width": 390, "height": 844}
    async for found in opened(browser, command.url, locale="en-GB", viewport=size):
        yield found


def plain(text: str) -> str:
    """A text of the school file as a message shows it: with whitespace collapsed."""
    return " ".join(text.split())


async def test_from_praise_to_the_first_of_the_month(on_desk: Demo) -> None:
    """The demo's main path, through the page alone."""
    october, november = (
        next(f for f in FURULIA.focuses if str(f.month) == m) for m in ("2026-10", "2026-11")
    )
    short = {e.key: e.short for e in FURULIA.expectations}
    page, teacher, family = on_desk.page, "Lærer 5B", "Familie 5B · العربية"
    await expect(page.locator(".school")).to_have_text("Furulia skole")
    await expect(page.locator(".now")).to_contain_text("Mandag 26. oktober 06:5")

    key = str(BOKMAAL.t("⭐ Praise"))
    await on_desk.phone(teacher).get_by_role("button", name=key, exact=True).last.click()
    seen = short[october.expectations[0]]["nb"]
    await on_desk.newest(teacher).get_by_role("button", name=seen, exact=True).click()
    saved = BOKMAAL.t("⭐ <b>{group}</b>: {what}. Saved.", group="5B", what=seen).striptags()
    await expect(on_desk.newest(teacher)).to_contain_text(saved)

    monday = page.get_by_role("button", name="Gå dit: mandag 26. oktober 07:30, Ukas øving til 60 ansatte")
    said = await on_desk.arrive(monday)
    assert said == "Nå er det mandag 26. oktober 07:30. Sendt på veien: Ukas øving (60)."
    practice = october.practice[3]  # the fourth school week of October
    await expect(on_desk.newest(teacher)).to_contain_text(plain(practice.script["nb"]))
    done = str(BOKMAAL.t(ANSWERS[Answer.DONE]))
    await on_desk.newest(teacher).get_by_role("button", name=done, exact=True).click()
    change = str(BOKMAAL.t("✏️ Change"))
    await expect(on_desk.newest(teacher).get_by_role("button", name=change)).to_be_visible()
    await expect(on_desk.newest(teacher).locator(".text")).to_contain_text(done)

    said = await on_desk.arrive(
        page.get_by_role("button", name="November begynner: mandag 2. november 16:30")
    )
    assert said.startswith("Nå er det mandag 2. november 16:30. ")
    text = on_desk.newest(family).locator(".text")
    for words in (november.title["ar"], *november.family["ar"].splitlines(), november.question["ar"]):
        await expect(text).to_contain_text(plain(words))
    await page.locator(".log summary").click()
    lines = [await line.inner_text() for line in await page.locator(".log li").all()]
    assert lines[0] == "man. 2. nov. 16:30 Månedens PALS til familiene: 25 sendt"
    assert lines[-1] == "man. 26. okt. 07:30 Ukas øving: 60 sendt"


async def test_small_screen_shows_one_phone_per_tab(in_hand: Demo) -> None:
    """One phone at a time, by keyboard too, without horizontal overflow."""
    page = in_hand.page
    await expect(in_hand.phone("Leader")).to_be_in_viewport(ratio=0.9)
    await page.get_by_role("button", name="Family 5B · العربية").press("Enter")
    await expect(in_hand.phone("Family 5B · العربية")).to_be_in_viewport(ratio=0.9)
    await expect(in_hand.phone("Leader")).not_to_be_in_viewport()
    await expect(page.locator(".tabs [aria-current]")).to_have_text("Family 5B · العربية")
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await expect(page.locator("html")).to_have_attribute("lang", "en")


async def test_refusal_is_shown_on_the_page(in_hand: Demo) -> None:
    """While another page fast-forwards, this one shows the refusal."""
    page = in_hand.page
    await page.route(
        "**/demo/go",
        lambda route: route.fulfill(status=409, json={"ok": False, "code": "busy", "description": "x"}),
    )
    await page.locator(".due button").first.click()
    await expect(page.locator(".said")).to_have_text(
        "The demo is on its way already. Wait until it has arrived."
    )
    await expect(page.locator(".due button").first).to_have_attribute("aria-disabled", "false")
