"""The composition root: builds every part of a running bot and hands each what it needs.

`running` gives a `Palsbot`: as long as its context lasts, updates are answered, ticks tick and pages are served.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import quote

from aiohttp import web
from telegram.ext import Application

from bot.config import TELEGRAM, Settings
from bot.edge.courier import Courier
from bot.edge.desk import PATIENCE, Desk
from bot.edge.limits import Limits
from bot.edge.line import Line
from bot.edge.order import ChatOrder
from bot.edge.polling import Polling
from bot.edge.profile import introduce
from bot.edge.speaker import Speaker
from bot.edge.transport import Transport
from bot.edge.webhook import PATH, keep_webhook, set_webhook, webhook_handler
from bot.handlers import (
    announcement,
    campaigns,
    focus,
    handover,
    home,
    incident,
    invitations,
    joining,
    meetings,
    more,
    practice,
    praise,
    roles,
    troubles,
)
from bot.handlers.routes import Routes, collect
from bot.log import get_log
from bot.outgoing import Outgoing
from bot.outgoing.missed import MissedLetters
from bot.outgoing.progress import ProgressCards
from bot.services import mishaps, tidying
from bot.turn import Reply
from bot.web import health
from bot.web.metrics import Metrics
from bot.web.server import serving, web_app
from scheduler.clock import Clock
from scheduler.deliver import Deliverer
from scheduler.duty import Duty, office_of
from scheduler.opening import look_again
from scheduler.parts import Alone, Charge, Unpaced
from scheduler.plan import Wheels, plan
from scheduler.ticks import Ticks
from scheduler.witness import Witness
from storage.database import Database

CONVERSATIONS = (
    home,
    joining,
    roles,
    praise,
    incident,
    handover,
    practice,
    focus,
    meetings,
    campaigns,
    announcement,
    invitations,
    more,
    troubles,
)
TICK_AGE = 60.0  # seconds; a minute without a tick is a minute in which nothing was sent
ANSWER_AGE = 120.0

log = get_log("app")


@dataclass(frozen=True)
class Palsbot:
    """A running bot."""

    database: Database
    clock: Clock
    line: Line
    routes: Routes
    wheels: Wheels
    deliverer: Deliverer[Reply]
    charge: Charge
    cards: ProgressCards
    missed: MissedLetters
    join_link: Callable[[str], str]
    pages: str

    async def plan(self) -> None:
        """Plans what is due now, if this process is the one on duty."""
        if await self.charge.on():
            await plan(self.database, self.wheels, self.clock.now())
            await look_again(self.database, self.clock.now())
            await self.missed.after()

    async def deliver(self) -> None:
        """Gets out everything that is due now, if this process is the one on duty."""
        if await self.charge.on():
            await self.deliverer.deliver_all(self.cards.after)

    async def tidy(self) -> None:
        """Forgets what has been kept long enough."""
        async with self.database.writing() as db:
            await tidying.tidy(db, self.clock.now())


def routes() -> Routes:
    """Every conversation's tables."""
    return collect(CONVERSATIONS)


def join_links(api: str, username: str) -> Callable[[str], str]:
    """Where a join link leads: to Telegram, or to the phones of a chat server of our own."""
    base = f"https://t.me/{username}" if api == TELEGRAM else f"{api}/t/{username}"
    return lambda token: f"{base}?start={quote(token)}"


@asynccontextmanager
async def running(
    settings: Settings,
    clock: Clock,
    *,
    ticking: bool = True,
    within_limits: bool = True,
    patience: float = PATIENCE,
    more_pages: Iterable[web.AbstractRouteDef] = (),
) -> AsyncIterator[Palsbot]:
    """The bot, from migrated database to first update, for as long as the context lasts.

    Without `ticking` nothing is planned or delivered by itself; who moves the clock does it. `within_limits` keeps
    Telegram's pace; a chat server of one's own may have none. `patience` is how many seconds a handler may take
    before it is given up.

    Raises ValueError for a missing token, and what the parts raise when they cannot start.
    """
    if settings.token is None:
        raise ValueError(
            "PALSBOT_TOKEN is not set. Get a token from @BotFather, or start localchat, which prints one."
        )
    database = Database.open(settings.database_url)
    try:
        await database.upgrade()
        async with _on_line(
            settings,
            database,
            clock,
            ticking=ticking,
            within_limits=within_limits,
            patience=patience,
            more_pages=more_pages,
        ) as bot:
            yield bot
    finally:
        await database.close()


@asynccontextmanager
async def _on_line(
    settings: Settings,
    database: Database,
    clock: Clock,
    *,
    ticking: bool,
    within_limits: bool,
    patience: float,
    more_pages: Iterable[web.AbstractRouteDef],
) -> AsyncIterator[Palsbot]:
    assert settings.token is not None  # noqa: S101 - `running` has looked
    limits = Limits(settings.rate) if within_limits else None
    transport = Transport()
    metrics = Metrics(database, clock)
    if limits is not None:
        metrics.watch_pace(limits)
    line = Line(
        settings.token.get_secret_value(),
        base_url=settings.base_url,
        base_file_url=settings.base_file_url,
        transport=transport,
        limits=limits,
        called=metrics.called,
    )
    order = ChatOrder()
    application = (
        Application.builder().bot(line).updater(None).concurrent_updates(order).job_queue(None).build()
    )
    async with application:
        speaker = Speaker(line)
        tables = routes()
        outgoing = Outgoing(tables)
        bot_links = join_links(settings.api, line.username)
        application.add_handler(
            Desk(
                database,
                clock,
                tables,
                outgoing,
                speaker,
                bot_links,
                patience=patience,
                updated=metrics.updated,
            )
        )
        wheels = Wheels()
        charge: Charge = Alone()
        if ticking:
            witness = Witness(settings.witness)
            charge = Duty(database, clock, office_of(line.id), wheels, witness, tell_held=mishaps.tell_held)
        bot = Palsbot(
            database=database,
            clock=clock,
            line=line,
            routes=tables,
            wheels=wheels,
            deliverer=Deliverer(
                database,
                clock,
                charge.worker,
                outgoing.compose,
                Courier(speaker).send,
                pace=limits or Unpaced(),
                charge=charge,
                refused=mishaps.tell_refused,
                join=outgoing.join,
            ),
            charge=charge,
            cards=ProgressCards(database, clock, speaker.edit),
            missed=MissedLetters(database, clock),
            join_link=bot_links,
            pages="",
        )
        ticks = Ticks(plan=bot.plan, deliver=bot.deliver, tidy=bot.tidy)
        polling = Polling(line, application.update_queue, order=order)
        parts = {
            "database": health.database(database.check),
            "scheduler": health.scheduler(lambda: ticks.last_at, TICK_AGE),
        }
        metrics.watch_ticks(lambda: ticks.last_at)
        pages = [web.get("/metrics", metrics.page), *more_pages]
        if settings.public_url is None:
            parts["telegram"] = health.telegram(lambda: polling.last_round_at, ANSWER_AGE)
        else:
            handler = webhook_handler(line, application.update_queue, settings.secret_for_webhook(), order)
            pages.append(web.post(PATH, handler))
            parts["telegram"] = health.telegram(lambda: transport.last_answer_at, ANSWER_AGE)
        await application.start()
        background: list[asyncio.Task[None]] = []
        try:
            async with serving(
                web_app(parts, routes=pages), settings.listen_host, settings.listen_port
            ) as address:
                if settings.public_url is not None:
                    secret = settings.secret_for_webhook()
                    await set_webhook(line, settings.public_url, secret)
                    background.append(asyncio.create_task(keep_webhook(line, settings.public_url, secret)))
                else:
                    polling.start()
                if ticking:
                    ticks.start()
                background.append(asyncio.create_task(introduce(line)))
                log.info("The bot answers.", action="start", username=line.username, pages=address)
                yield replace(bot, pages=address)
        finally:
            await _end(bot, background, ticks if ticking else None)
            await polling.stop()
            await application.stop()


async def _end(bot: Palsbot, background: list[asyncio.Task[None]], ticks: Ticks | None) -> None:
    """Nothing more is begun. Somebody else may deliver at once; if the database cannot be told, a little later."""
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    await bot.deliverer.finish()
    if ticks is not None:
        ticks.stop()
    try:
        await bot.charge.leave()
    except Exception:
        log.exception("lease not given up", action="stop")
