"""Browser fixtures: a running server, headless Chromium, and a bot scripted by the test.

Each test gets its own bot and people, so that tests are isolated.
"""

import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Error, FloatRect, Locator, Page, async_playwright

from localchat.client import Account, Sim
from localchat.server import Server, serve
from tests.support.browser import QUIET, executable

_numbers = itertools.count(1)


@dataclass
class Bot:
    """A bot over HTTP: calls methods and fetches updates."""

    url: str
    account: Account
    session: aiohttp.ClientSession
    offset: int = 0

    @property
    def username(self) -> str:
        """The bot's username."""
        return self.account.username

    async def call(self, method: str, **parameters: Any) -> Any:
        """Call a method and return its result. Raises AssertionError on an error."""
        address = f"{self.url}/bot{self.account.token}/{method}"
        async with self.session.post(address, json=parameters) as answer:
            content = await answer.json()
        assert content["ok"], content
        return content["result"]

    async def upload(self, method: str, files: dict[str, tuple[str, bytes, str]], **fields: Any) -> Any:
        """Call a method with uploads: file name, bytes and MIME type by field."""
        form = aiohttp.FormData()
        for name, value in fields.items():
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        for name, (filename, content, kind) in files.items():
            form.add_field(name, content, filename=filename, content_type=kind)
        async with self.session.post(f"{self.url}/bot{self.account.token}/{method}", data=form) as answer:
            said = await answer.json()
        assert said["ok"], said
        return said["result"]

    async def say(self, person: Account, text: str, **parameters: Any) -> int:
        """Send a text; returns the message id."""
        sent = await self.call("sendMessage", chat_id=person.id, text=text, **parameters)
        return int(sent["message_id"])

    async def update(self, kind: str) -> Any:
        """The next update of a type; others before it are skipped."""
        while True:
            for update in await self.call("getUpdates", offset=self.offset, timeout=5, limit=1):
                self.offset = update["update_id"] + 1
                if kind in update:
                    return update[kind]


def keys(*rows: list[tuple[str, str]]) -> dict[str, Any]:
    """An inline keyboard of labels and callback data, by row."""
    return {
        "inline_keyboard": [[{"text": label, "callback_data": data} for label, data in row] for row in rows]
    }


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[Server]:
    """A chat server on a loopback port, without rate limits."""
    async with serve(limits=False) as running:
        yield running


@pytest.fixture
async def sim(server: Server) -> AsyncIterator[Sim]:
    """The client of the control interface."""
    async with Sim(server.url) as client:
        yield client


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One headless Chromium for all tests."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=executable(), args=QUIET)
        yield running
        await running.close()


@pytest.fixture
async def bot(server: Server, sim: Sim) -> Bot:
    """A bot of this test alone."""
    account = await sim.bot(f"pals{next(_numbers)}_bot", "PALS Granlia")
    return Bot(server.url, account, sim.session)


@pytest.fixture
async def kari(sim: Sim, bot: Bot) -> Account:
    """A teacher who has started the bot."""
    person = await sim.person("Kari", last_name="Nesbakk", language_code="nb")
    await sim.start(person, bot=bot.username)
    return person


@pytest.fixture
async def jonas(sim: Sim) -> Account:
    """A person who has not started the bot."""
    return await sim.person("Jonas", language_code="nn")


Opener = Callable[..., Awaitable[Page]]
Tabs = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
async def tabs(browser: Browser) -> AsyncIterator[Tabs]:
    """Cached tabs by browser options: navigating is faster than opening a tab."""
    opened: dict[str, Page] = {}

    async def tab(**options: Any) -> Page:
        key = json.dumps(options, sort_keys=True)
        if key not in opened:
            context = await browser.new_context(timezone_id="Europe/Oslo", reduced_motion="reduce", **options)
            context.set_default_timeout(4000)
            opened[key] = await context.new_page()
        return opened[key]

    yield tab
    for page in opened.values():
        await page.context.close()


@pytest.fixture
async def visit(tabs: Tabs, server: Server) -> AsyncIterator[Opener]:
    """Opens a page of localchat. An uncaught JavaScript error fails the test."""
    visited: list[Page] = []
    errors: list[str] = []

    def note(error: Error) -> None:
        errors.append(str(error))

    async def opened(path: str, *, locale: str = "en-GB", width: int = 1000, **options: Any) -> Page:
        page = await tabs(locale=locale, viewport={"width": width, "height": 844}, **options)
        page.on("pageerror", note)
        visited.append(page)
        await page.goto(server.url + path, wait_until="commit")
        return page

    yield opened
    for page in visited:
        page.remove_listener("pageerror", note)
        await page.unroute_all()
        await page.context.unroute_all()
        await page.goto("about:blank")
    assert errors == []


@dataclass
class Phone:
    """Page object of one `<chat-phone>`, located by accessible roles and names."""

    page: Page
    element: Locator

    @property
    def log(self) -> Locator:
        """The list of messages."""
        return self.element.get_by_role("log")

    @property
    def field(self) -> Locator:
        """The text field."""
        return self.element.get_by_role("textbox")

    @property
    def toast(self) -> Locator:
        """The toast."""
        return self.element.get_by_role("status")

    def button(self, name: str) -> Locator:
        """A button by its exact accessible name."""
        return self.element.get_by_role("button", name=name, exact=True)

    def bubble(self, message_id: int) -> Locator:
        """The row of a message."""
        return self.element.locator(f'[data-message="{message_id}"]')

    async def box(self, message_id: int, part: str = ".bubble") -> FloatRect:
        """The bounding box of a part of a message."""
        found = await self.bubble(message_id).locator(part).bounding_box()
        assert found is not None
        return found

    async def texts(self) -> list[str]:
        """The texts of the messages, oldest first."""
        return [text.strip() for text in await self.element.locator(".text").all_inner_texts()]

    async def focused(self) -> str:
        """The accessible name of the focused element."""
        found = await self.element.evaluate(
            "e => { const f = e.shadowRoot.activeElement;"
            " return f && (f.getAttribute('aria-label') || f.textContent.trim()) }"
        )
        return str(found)


async def phone_on(page: Page, person: Account) -> Phone:
    """Wait until a person's phone on a page is connected."""
    element = page.locator(f'chat-phone[person="{person.id}"]')
    await page.locator(f'chat-phone[person="{person.id}"][state="live"]').wait_for()
    return Phone(page, element)


@pytest.fixture
async def phone(visit: Opener, bot: Bot, kari: Account) -> Phone:
    """Kari's phone as the only one on the page."""
    return await phone_on(await visit(f"/?people={kari.id}&bot={bot.username}"), kari)
