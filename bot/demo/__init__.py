"""The demo: a whole school in the browser, on a clock that can be moved.

    stage = Stage(school_file(None), clock_of(file, None))
    async with localchat.serve(routes=demo.routes(stage), clock=stage.clock.now, …) as server, Sim(server.url) as sim:
        async with playing(stage, server.url, token, sim): ...     # the page is at server.url/demo

A chat server, the bot on it over HTTP with nothing special but its address and token, a database that is deleted
afterwards, and a school with people in every role (`people`, `history`). Three of them have phones on the page: the
leader, a teacher, and a family of the teacher's class that reads another language. `stage` moves the time.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from aiohttp import ClientSession

from bot import config
from bot.app import running
from bot.content import schools
from bot.content.school import read
from bot.demo import history, people
from bot.demo.people import Accounts, Character
from bot.demo.stage import Stage
from bot.web.demo import routes
from pals.content import SchoolContent
from pals.zone import to_utc
from scheduler.clock import MovableClock

__all__ = ["Stage", "clock_of", "playing", "routes", "school_file", "username"]

DEMO_SCHOOL: Final = Path(schools.__file__).parent / "furulia.yaml"
OPENS: Final = time(6, 50)
"""Before the first message of a day, and after the quiet hours of most schools."""
LATE_FROM: Final = 24
"""A Monday from this day of the month on has the first of the next month close behind it."""

PATIENCE: Final = 20.0
"""Seconds for the bot to answer its first three people."""


class Account(Protocol):
    @property
    def id(self) -> int: ...


class Chat(Protocol):
    @property
    def keyboard(self) -> object: ...

    @property
    def last(self) -> Mapping[str, object]: ...


class Phones(Protocol):
    """What the demo needs of a chat server's control interface."""

    async def person(
        self, first_name: str, *, last_name: str | None = None, language_code: str | None = None
    ) -> Account: ...

    async def start(self, who: int, /) -> object: ...

    async def until(self, who: int, predicate: Callable[[Chat], object], timeout: float) -> object: ...  # noqa: ASYNC109


def school_file(path: Path | None) -> SchoolContent:
    """The school of the demo: the one that comes along, or another. Raises SchoolFileError."""
    return read(path or DEMO_SCHOOL)


def username(file: SchoolContent) -> str:
    """What the demo's bot is called: after the school, in the letters that a username may have."""
    return f"{re.sub('[^a-z0-9]', '_', file.school.slug)[:24].strip('_')}_bot"


def clock_of(file: SchoolContent, at: str | None) -> MovableClock:
    """A running clock, set to a local time or to early on a Monday that has the first of a month close behind it.

    Raises ValueError for a text that is no time.
    """
    if at is None:
        return MovableClock(to_utc(datetime.combine(_monday(file), OPENS), ZoneInfo(file.school.timezone)))
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise ValueError(f"“{at}” is no time. Write it like 2026-10-26T06:50.") from None
    return MovableClock(
        moment if moment.tzinfo is not None else to_utc(moment, ZoneInfo(file.school.timezone))
    )


def _monday(file: SchoolContent) -> date:
    """A late Monday between two months with a focus, the one after a change of the clocks if there is one."""
    days = file.calendar.school_days()
    months = {focus.month.first for focus in file.focuses}

    def fits(day: date) -> bool:
        this = day.replace(day=1)
        return day.weekday() == 0 and day.day >= LATE_FROM and {this, _next_month(this)} <= months

    def clocks_changed(day: date) -> bool:
        noons = (
            datetime.combine(day - ago, time(12), ZoneInfo(file.school.timezone))
            for ago in (timedelta(), timedelta(days=2))
        )
        return len({noon.utcoffset() for noon in noons}) > 1

    fitting = [day for day in days if fits(day)]
    return next((day for day in fitting if clocks_changed(day)), next(iter(fitting or days)))


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


@asynccontextmanager
async def playing(stage: Stage, url: str, token: str, phones: Phones) -> AsyncIterator[None]:
    """The bot and the school on a chat server, for as long as the context lasts."""
    with TemporaryDirectory(prefix="palsbot-demo-") as folder:
        settings = config.load(
            {
                "token": token,
                "api": url,
                "database_url": f"sqlite:///{Path(folder) / 'demo.db'}",
                "listen": "127.0.0.1:0",
                "public_url": None,
                "webhook_secret": None,
            }
        )
        accounts = await _arrive(people.cast(stage.file), phones)
        await _forget_starts(url, token)
        async with running(settings, stage.clock, ticking=False, within_limits=False) as bot:
            async with bot.database.writing() as db:
                colleagues = await history.write(db, stage.file, accounts, stage.begins)
            ticks = stage.open(bot, colleagues, accounts)
            await asyncio.gather(*(_open(person, phones) for who, person in accounts if who.shown))
            ticks.start()
            try:
                yield
            finally:
                ticks.stop()


async def _arrive(everybody: list[Character], phones: Phones) -> Accounts:
    """Gives everybody an account, in their order, and lets those without a phone on the page open their chats."""
    accounts = []
    for character in everybody:
        account = await phones.person(
            character.first, last_name=character.last, language_code=character.language
        )
        accounts.append((character, account.id))
    await asyncio.gather(*(phones.start(person) for who, person in accounts if not who.shown))
    return accounts


async def _open(person: int, phones: Phones) -> None:
    """Presses Start on a phone of the page, and waits for the keys and the home card. Raises TimeoutError."""
    await phones.start(person)
    await phones.until(person, lambda chat: chat.keyboard and "reply_markup" in chat.last, PATIENCE)


async def _forget_starts(url: str, token: str) -> None:
    """The bot need not answer eighty people whom nobody sees."""
    async with ClientSession() as session:
        await session.post(f"{url}/bot{token}/deleteWebhook", json={"drop_pending_updates": True})
