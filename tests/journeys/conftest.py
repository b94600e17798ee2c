"""The whole way: a phone, HTTP, the bot on its database, and back. The bot can be stopped and started half-way.

People here read English, the source language, so that a journey does not hang on a translation.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest_asyncio

import localchat
from bot import config
from bot.app import FEATURES, Palsbot, running
from bot.channels.dispatcher import HANDLER_TIMEOUT
from bot.feature import Feature
from localchat.client import Account, Chat, Message, Sim, buttons
from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.fast_forward import fast_forward
from storage import people, schools
from storage.database import Database
from tests.support.bot_api import unknown_to_telegram
from tests.support.people import MadePerson, MadeSchool, make_person
from tests.support.turns import MONDAY


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

    async def answer_to(self, deed: Awaitable[object]) -> Message:
        """Does it, and waits for the next thing that is received. Returns it."""
        before = len((await self.chat()).received)
        await deed
        return (await self.sim.until(self.who, lambda chat: len(chat.received) > before)).received[before]

    async def write(self, text: str) -> Message:
        """What is received for it."""
        return await self.answer_to(self.sim.text(self.who, text))

    async def tap(self, label: str) -> Message:
        """Taps the newest button with this label, and returns the message that it changed, or brought."""
        old = (await self.chat()).received
        answer = await self.sim.press(self.who, label)
        assert answer is not None, f"nobody answered the tap on {label}"
        chat = await self.sim.until(self.who, lambda chat: chat.received != old)
        return [m for i, m in enumerate(chat.received) if i >= len(old) or m != old[i]][-1]

    async def forge(self, data: str, *, message_id: int | None = None) -> str | None:
        """Presses what no button needs to have; the line that is shown for it."""
        answer = await self.sim.press(self.who, data=data, message_id=message_id)
        assert answer is not None, f"nobody answered {data}"
        line: str | None = answer["text"]
        return line

    async def commands(self) -> list[str]:
        return [command["command"] for command in (await self.chat()).commands]

    async def keys(self) -> list[str]:
        """The labels of the reply keyboard."""
        keyboard = (await self.chat()).keyboard
        return [key["text"] for row in keyboard["keyboard"] for key in row] if keyboard else []


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

    async def start(
        self,
        *,
        ticking: bool = False,
        within_limits: bool = False,
        handler_timeout: float = HANDLER_TIMEOUT,
        features: Sequence[Feature] = FEATURES,
        **more: object,
    ) -> None:
        """The bot, with `more` settings than it needs."""
        settings = config.load(
            {
                "token": self.account.token,
                "api": self.server.url,
                "database_url": self.database.url,
                "listen": "127.0.0.1:0",
                **more,
            }
        )
        self._bot = await self._running.enter_async_context(
            running(
                settings,
                self.clock,
                ticking=ticking,
                within_limits=within_limits,
                handler_timeout=handler_timeout,
                all_features=features,
            )
        )

    async def stop(self) -> None:
        await self._running.aclose()
        self._running, self._bot = AsyncExitStack(), None

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def reachable(self, telegram_id: int) -> bool:
        async with self.database.reading() as db:
            found = await people.by_telegram(db, telegram_id)
        return found is not None and found.reachable

    async def unreachable(self, person: MadePerson) -> None:
        """Waits until the bot has heard that this person blocked it."""
        await eventually(lambda: self.reachable(person.telegram_id), False)

    async def begin(self, moment: datetime, *everywhere: MadeSchool) -> None:
        """Begins the test at this moment, with everything before it long past at these schools."""
        self.clock.set(moment)
        async with self.database.writing() as db:
            for school in everywhere:
                await schools.planned(db, school.id, moment)

    async def join(
        self,
        school: MadeSchool,
        role: Role,
        groups: Sequence[str] = (),
        *,
        name: str,
        language: str = "en",
        quiet: tuple[time, time] | None = None,
    ) -> Phone:
        """The phone of somebody who has joined the school."""
        async with self.database.writing() as db:
            made = await make_person(db, school, role, groups, name=name, language=language, quiet=quiet)
        return await self.phone(made, name=name)

    async def phone(self, person: MadePerson | int, *, name: str = "Somebody", language: str = "nb") -> Phone:
        """The phone of somebody; with a number, of somebody the bot does not know."""
        greeting = 1 if isinstance(person, int) else 2  # a member gets the keys and the home card
        number, language = (
            (person, language) if isinstance(person, int) else (person.telegram_id, person.language)
        )
        who = await self.sim.person(name, language_code=language, id=number)
        phone = Phone(self.sim, who)
        await self.sim.start(who)
        await self.sim.until(who, lambda chat: len(chat.received) >= greeting)
        return phone

    async def goto(self, moment: datetime) -> None:
        """Takes the clock there; everything due on the way happens."""
        await fast_forward(self.bot.database, self.bot.features.kinds, self.clock, self.bot.deliverer, moment)


@pytest_asyncio.fixture
async def stage(database: Database) -> AsyncIterator[Stage]:
    async with localchat.serve(limits=False) as server, Sim(server.url) as sim:
        stage = Stage(server, sim, await sim.bot(), database)
        await stage.start()
        try:
            yield stage
        finally:
            await stage.stop()
        assert unknown_to_telegram(await sim.calls()) == set()


def oslo(day: int, hour: int, minute: int = 0, *, month: int = 11, year: int = 2026) -> datetime:
    """A moment by the clock on the school's wall, in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Oslo")).astimezone(UTC)


async def eventually(look: Callable[[], Awaitable[object]], expected: object) -> None:
    """Waits, at most five seconds, until what is looked at is as expected: for what no chat shows."""
    found: object = None
    with suppress(TimeoutError):
        async with asyncio.timeout(5):
            while (found := await look()) != expected:  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.01)
    assert found == expected


def rows(message: Message) -> list[list[str]]:
    """The labels of a message's buttons."""
    return buttons(message)
