"""The demo: a school with simulated users in the browser, on a simulated clock that can be fast-forwarded.

    stage = Stage(school_file(None), clock_of(file, None))
    async with localchat.serve(routes=demo.routes(stage), clock=stage.clock.now, …) as server, Sim(server.url) as sim:
        async with playing(stage, server.url, token, sim): ...     # the page is at server.url/demo

A chat server, the bot as its HTTP client, a temporary database, and a school with seeded users in every role
(`people`, `history`). Three of them have phones on the page: the leader, a teacher, and a family of the teacher's
class that reads another language. `stage` controls the clock.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zoneinfo import ZoneInfo

from bot import config
from bot.app import running
from bot.content.school import read
from bot.content.schools import FURULIA
from bot.demo import history, people
from bot.demo.people import Accounts, Character
from bot.demo.stage import Stage
from bot.web.demo import routes
from localchat.client import Sim
from pals.content import SchoolContent
from pals.zone import to_utc
from scheduler.clock import MovableClock

__all__ = ["Stage", "clock_of", "playing", "routes", "school_file", "username"]

OPENS: Final = time(6, 50)
"""Local time at which the demo begins: before a day's first message, after the quiet hours of most schools."""
LATE_FROM: Final = 24
"""The demo begins on a Monday from this day of the month on, so that the next month is near."""

PATIENCE: Final = 20.0
"""Timeout in seconds for the bot to answer the three users on the page."""


def school_file(path: Path | None) -> SchoolContent:
    """The school file at `path`, or the bundled one. Raises SchoolFileError."""
    return read(path or FURULIA)


def username(file: SchoolContent) -> str:
    """The username of the demo's bot: the school's slug in the characters of a username."""
    return f"{re.sub('[^a-z0-9]', '_', file.school.slug)[:24].strip('_')}_bot"


def clock_of(file: SchoolContent, at: str | None) -> MovableClock:
    """A running simulated clock, set to an ISO time or to early on a Monday shortly before a new month.

    Raises ValueError for a text that is no time.
    """
    try:
        moment = datetime.combine(_monday(file), OPENS) if at is None else datetime.fromisoformat(at)
    except ValueError:
        raise ValueError(f"“{at}” is no time. Write it like 2026-10-26T06:50.") from None
    return MovableClock(moment if moment.tzinfo else to_utc(moment, ZoneInfo(file.school.timezone)))


def _monday(file: SchoolContent) -> date:
    """A late Monday between two months with a focus, after a DST transition if there is one."""
    zone, days = ZoneInfo(file.school.timezone), file.calendar.school_days()
    months = {focus.month.first for focus in file.focuses}

    def fits(day: date) -> bool:
        this = day.replace(day=1)
        following = (this + timedelta(days=32)).replace(day=1)
        return day.weekday() == 0 and day.day >= LATE_FROM and {this, following} <= months

    def after_dst_transition(day: date) -> bool:
        noon = datetime.combine(day, time(12), zone)
        return noon.utcoffset() != (noon - timedelta(days=2)).utcoffset()

    fitting = [day for day in days if fits(day)]
    return next((day for day in fitting if after_dst_transition(day)), next(iter(fitting or days)))


@asynccontextmanager
async def playing(stage: Stage, url: str, token: str, sim: Sim) -> AsyncIterator[None]:
    """Runs the bot and its seeded school on a chat server, for as long as the context lasts."""
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
        accounts = await _create_accounts(people.cast(stage.file), sim)
        # The bot need not answer eighty users without a phone on the page.
        await sim.session.post(f"{url}/bot{token}/deleteWebhook", json={"drop_pending_updates": True})
        async with running(settings, stage.clock, ticking=False, within_limits=False) as bot:
            async with bot.database.writing() as db:
                colleagues = await history.write(db, stage.file, accounts, stage.begins)
            ticks = stage.open(bot, colleagues, accounts)
            await asyncio.gather(*(_open(person, sim) for who, person in accounts if who.shown))
            ticks.start()
            try:
                yield
            finally:
                ticks.stop()


async def _create_accounts(characters: list[Character], sim: Sim) -> Accounts:
    """Creates an account for each character, in order, and opens the chats of those without a phone on the page."""
    accounts = [
        (who, (await sim.person(who.first, last_name=who.last, language_code=who.language)).id)
        for who in characters
    ]
    await asyncio.gather(*(sim.start(person) for who, person in accounts if not who.shown))
    return accounts


async def _open(person: int, sim: Sim) -> None:
    """Presses Start on a phone and waits for the reply keyboard and the home card. Raises TimeoutError."""
    await sim.start(person)
    await sim.until(person, lambda chat: chat.keyboard and "reply_markup" in chat.last, PATIENCE)
