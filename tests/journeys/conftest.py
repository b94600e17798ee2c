"""The whole way: a phone, HTTP, the bot on its database, and back. The bot can be stopped and started half-way."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime

import pytest_asyncio

import localchat
from bot import config
from bot.app import Palsbot, running
from localchat.client import Account, Chat, Message, Sim, buttons
from scheduler.clock import MovableClock
from scheduler.drive import drive
from storage.database import Database
from tests.people import MadePerson
from tests.turns import MONDAY


@dataclass
class Phone:
    """One person's phone, as a test holds it."""

    sim: Sim
    who: Account

    async def chat(self) -> Chat:
        return await self.sim.chat(self.who)

    async def sees(self, text: str) -> Message:
        """The newest received message that contains the text, when it is there."""

        def there(chat: Chat) -> list[Message]:
            return [m for m in chat.received if text in (m.get("text") or m.get("caption") or "")]

        return there(await self.sim.until(self.who, there))[-1]

    async def write(self, text: str) -> Message:
        """Writes, and waits for the next thing that is received. Returns it."""
        before = len((await self.chat()).received)
        await self.sim.text(self.who, text)
        return (await self.sim.until(self.who, lambda chat: len(chat.received) > before)).received[before]

    async def tap(self, label: str) -> Message:
        """Taps the newest button with this label, and returns the message that it changed, or brought."""
        old = [m.get("text") for m in (await self.chat()).received]
        answer = await self.sim.press(self.who, label)
        assert answer is not None, f"nobody answered the tap on {label}"
        chat = await self.sim.until(self.who, lambda chat: [m.get("text") for m in chat.received] != old)
        changed = [m for i, m in enumerate(chat.received) if i >= len(old) or m.get("text") != old[i]]
        return changed[-1]


@dataclass
class Stage:
    """A chat server, and a bot on it that can be stopped and started."""

    server: localchat.Server
    sim: Sim
    account: Account
    database: Database
    clock: MovableClock = field(default_factory=lambda: MovableClock(MONDAY, running=False))
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)
    _bot: Palsbot | None = None

    @property
    def bot(self) -> Palsbot:
        assert self._bot is not None, "the bot is not running"
        return self._bot

    async def start(self) -> None:
        settings = config.load(
            {
                "token": self.account.token,
                "api": self.server.url,
                "database_url": self.database.url,
                "listen": "127.0.0.1:0",
            }
        )
        self._bot = await self._running.enter_async_context(
            running(settings, self.clock, ticking=False, within_limits=False)
        )

    async def stop(self) -> None:
        await self._running.aclose()
        self._running, self._bot = AsyncExitStack(), None

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def phone(self, person: MadePerson | int, *, name: str = "Somebody", language: str = "nb") -> Phone:
        """The phone of somebody; with a number, of somebody the bot does not know."""
        number, language = (
            (person, language) if isinstance(person, int) else (person.telegram_id, person.language)
        )
        who = await self.sim.person(name, language_code=language, id=number)
        phone = Phone(self.sim, who)
        await self.sim.start(who)
        await self.sim.until(who, lambda chat: chat.received)
        return phone

    async def goto(self, moment: datetime) -> None:
        """Takes the clock there; everything due on the way happens."""
        await drive(self.bot.database, self.bot.wheels, self.clock, self.bot.deliverer, moment)


@pytest_asyncio.fixture
async def stage(database: Database) -> AsyncIterator[Stage]:
    async with localchat.serve(limits=False) as server, Sim(server.url) as sim:
        stage = Stage(server, sim, await sim.bot(), database)
        await stage.start()
        yield stage
        await stage.stop()


def rows(message: Message) -> list[list[str]]:
    """The labels of a message's buttons."""
    return buttons(message)
