"""A real localchat, a real browser, and a bot that says what a test tells it to.

Each test gets a bot and people of its own, so that nothing of one test is seen by another.
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
from localchat.serving import Server, serve
from tests.support.browser import QUIET, executable

_numbers = itertools.count(1)


@dataclass
class Bot:
    """A bot as its program sees it: it calls methods and fetches updates over HTTP."""

    url: str
    account: Account
    session: aiohttp.ClientSession
    offset: int = 0

    @property
    def username(self) -> str:
        """The name in its links."""
        return self.account.username

    async def call(self, method: str, **parameters: Any) -> Any:
        """The result of a method; raises AssertionError when the server refuses it."""
        address = f"{self.url}/bot{self.account.token}/{method}"
        async with self.session.post(address, json=parameters) as answer:
            content = await answer.json()
        assert content["ok"], content
        return content["result"]

    async def upload(self, method: str, files: dict[str, tuple[str, bytes, str]], **fields: Any) -> Any:
        """The same with files: each is a name, its bytes and its type."""
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
        """Send a text; answers the message's id."""
        sent = await self.call("sendMessage", chat_id=person.id, text=text, **parameters)
        return int(sent["message_id"])

    async def update(self, kind: str) -> Any:
        """The next update of a kind; others before it are passed over."""
        while True:
            for update in await self.call("getUpdates", offset=self.offset, timeout=5, limit=1):
                self.offset = update["update_id"] + 1
                if kind in update:
                    return update[kind]


def keys(*rows: list[tuple[str, str]]) -> dict[str, Any]:
    """An inline keyboard of labels and data, row by row."""
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
    """What people do elsewhere than on the page."""
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
    """A bot that no other test knows."""
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
    """Somebody who has not started the bot."""
    return await sim.person("Jonas", language_code="nn")


Opener = Callable[..., Awaitable[Page]]
Tabs = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
async def tabs(browser: Browser) -> AsyncIterator[Tabs]:
    """One tab for each kind of browser that tests ask for: a new address is quicker than a new tab."""
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
    """Opens a page of localchat. A script error on it fails the test."""
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
    """One `<chat-phone>` on a page, by what a reader or a screen reader finds on it."""

    page: Page
    element: Locator

    @property
    def log(self) -> Locator:
        """The list of messages."""
        return self.element.get_by_role("log")

    @property
    def field(self) -> Locator:
        """Where one writes."""
        return self.element.get_by_role("textbox")

    @property
    def toast(self) -> Locator:
        """The passing line over the chat."""
        return self.element.get_by_role("status")

    def button(self, name: str) -> Locator:
        """A button by its exact words."""
        return self.element.get_by_role("button", name=name, exact=True)

    def bubble(self, message_id: int) -> Locator:
        """A message's row."""
        return self.element.locator(f'[data-message="{message_id}"]')

    async def box(self, message_id: int, part: str = ".bubble") -> FloatRect:
        """Where a part of a message stands on the page."""
        found = await self.bubble(message_id).locator(part).bounding_box()
        assert found is not None
        return found

    async def texts(self) -> list[str]:
        """What stands in the bubbles, oldest first."""
        return [text.strip() for text in await self.element.locator(".text").all_inner_texts()]

    async def focused(self) -> str:
        """The accessible words of what has the focus in the phone."""
        found = await self.element.evaluate(
            "e => { const f = e.shadowRoot.activeElement;"
            " return f && (f.getAttribute('aria-label') || f.textContent.trim()) }"
        )
        return str(found)


async def phone_on(page: Page, person: Account) -> Phone:
    """A person's phone on a page, once it is connected."""
    element = page.locator(f'chat-phone[person="{person.id}"]')
    await page.locator(f'chat-phone[person="{person.id}"][state="live"]').wait_for()
    return Phone(page, element)


@pytest.fixture
async def phone(visit: Opener, bot: Bot, kari: Account) -> Phone:
    """Kari's phone, alone on the page."""
    return await phone_on(await visit(f"/?people={kari.id}&bot={bot.username}"), kari)
