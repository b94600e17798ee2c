"""The composition root: builds every part of a running bot and hands each what it needs.

`running` yields a `Palsbot`: for the lifetime of its context updates are handled, ticks run and pages are served.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import quote

from aiohttp import web
from telegram.ext import Application

from bot.channels.dispatcher import HANDLER_TIMEOUT, Dispatcher
from bot.channels.per_chat import PerChatQueue
from bot.channels.telegram.bulk import BulkSender
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.polling import Polling
from bot.channels.telegram.profile import publish_profile
from bot.channels.telegram.rate_limiter import RateLimiter
from bot.channels.telegram.replies import ReplySender
from bot.channels.telegram.transport import Transport
from bot.channels.telegram.webhook import PATH, keep_webhook, set_webhook, webhook_handler
from bot.config import TELEGRAM, Settings
from bot.feature import Feature, FeatureSet
from bot.handlers import (
    announcement,
    campaigns,
    focus,
    home,
    incident,
    invitations,
    joined,
    joining,
    meetings,
    more,
    practice,
    praise,
    problems,
    roles,
)
from bot.log import get_log
from bot.messages.compose import Composer
from bot.messages.missed_notice import MissedNotice
from bot.messages.progress_card import ProgressCards
from bot.services import problems as problem_notices
from bot.turn import Reply
from bot.web import health
from bot.web.metrics import Metrics
from bot.web.server import serving, web_app
from scheduler.clock import Clock
from scheduler.delivery.deliverer import Deliverer
from scheduler.delivery.types import Leadership, SoleLeader, Unpaced
from scheduler.expand import expand_new_readers
from scheduler.leadership.leader import Leader, lease_name
from scheduler.leadership.restore_guard import RestoreGuard
from scheduler.plan import plan_due
from scheduler.ticks import Ticks
from storage import retention
from storage.database import Database

FEATURES = tuple(
    conversation.FEATURE
    for conversation in (
        praise,
        incident,
        practice,
        focus,
        meetings,
        campaigns,
        announcement,
        invitations,
        joined,
        home,
        more,
        joining,
        roles,
        problems,
    )
)
"""In the order of the command menu."""

MAX_TICK_AGE = 60.0  # seconds, for the readiness check
MAX_RESPONSE_AGE = 120.0

log = get_log("app")


@dataclass(frozen=True)
class Palsbot:
    """A running bot."""

    database: Database
    clock: Clock
    client: BotClient
    features: FeatureSet
    deliverer: Deliverer[Reply]
    leadership: Leadership
    progress_cards: ProgressCards
    missed_notice: MissedNotice
    join_link: Callable[[str], str]
    pages: str

    async def plan_due(self) -> None:
        """Plans what is due now, if this process is the leader."""
        if await self.leadership.acquire():
            await plan_due(self.database, self.features.kinds, self.clock.now())
            await expand_new_readers(self.database, self.clock.now())
            await self.missed_notice.check()

    async def deliver(self) -> None:
        """Delivers everything that is due now, if this process is the leader."""
        if await self.leadership.acquire():
            await self.deliverer.deliver_all(self.progress_cards.refresh)

    async def apply_retention(self) -> None:
        """Deletes and anonymizes what has passed its retention period."""
        async with self.database.writing() as db:
            await retention.apply_retention(db, self.clock.now())


def join_links(api: str, username: str) -> Callable[[str], str]:
    """The URL of a join link: at Telegram, or at localchat."""
    base = f"https://t.me/{username}" if api == TELEGRAM else f"{api}/t/{username}"
    return lambda token: f"{base}?start={quote(token)}"


@asynccontextmanager
async def running(
    settings: Settings,
    clock: Clock,
    *,
    ticking: bool = True,
    within_limits: bool = True,
    handler_timeout: float = HANDLER_TIMEOUT,
    more_pages: Iterable[web.AbstractRouteDef] = (),
    all_features: Iterable[Feature] = FEATURES,
) -> AsyncIterator[Palsbot]:
    """The bot, from migrated database to first update, for as long as the context lasts.

    Without `ticking` there are no ticks: the caller plans and delivers. `within_limits` applies Telegram's rate
    limits; localchat may have none. `handler_timeout` is in seconds.

    Raises ValueError for a missing token, and what the parts raise when they cannot start.
    """
    if settings.token is None:
        raise ValueError(
            "PALSBOT_TOKEN is not set. Get a token from @BotFather, or start localchat, which prints one."
        )
    async with AsyncExitStack() as closing:
        database = Database.open(settings.database_url)
        closing.push_async_callback(database.close)
        await database.upgrade()
        limits = RateLimiter(settings.rate) if within_limits else None
        transport = Transport()
        metrics = Metrics(database, clock)
        if limits is not None:
            metrics.watch_pace(lambda: limits.pace, lambda: limits.backoff_left)
        client = BotClient(
            settings.token.get_secret_value(),
            base_url=settings.base_url,
            base_file_url=settings.base_file_url,
            transport=transport,
            limits=limits,
            on_call=metrics.on_call,
        )
        order = PerChatQueue()
        application = (
            Application.builder().bot(client).updater(None).concurrent_updates(order).job_queue(None).build()
        )
        await closing.enter_async_context(application)
        replies = ReplySender(client)
        features = FeatureSet.combine(all_features)
        composer = Composer(features)
        bot_links = join_links(settings.api, client.username)
        application.add_handler(
            Dispatcher(
                database,
                clock,
                features,
                composer,
                replies,
                bot_links,
                handler_timeout=handler_timeout,
                on_update=metrics.on_update,
            )
        )
        leadership: Leadership = SoleLeader()
        if ticking:
            restore_guard = RestoreGuard(settings.restore_guard)
            leadership = Leader(
                database,
                clock,
                lease_name(client.id),
                features.kinds,
                restore_guard,
                notify_restored=problem_notices.notify_restored,
            )
        bot = Palsbot(
            database=database,
            clock=clock,
            client=client,
            features=features,
            deliverer=Deliverer(
                database,
                clock,
                leadership.worker,
                composer.compose,
                BulkSender(replies).send,
                pace=limits or Unpaced(),
                leadership=leadership,
                notify_refused=problem_notices.notify_refused,
                merge=composer.merge,
            ),
            leadership=leadership,
            progress_cards=ProgressCards(database, clock, features, replies.edit),
            missed_notice=MissedNotice(database, clock, features.kinds),
            join_link=bot_links,
            pages="",
        )
        ticks = Ticks(plan=bot.plan_due, deliver=bot.deliver, retention=bot.apply_retention)
        polling = Polling(client, application.update_queue, order=order)
        parts = {
            "database": health.database(database.check),
            "scheduler": health.recent("The scheduler", "ticked", lambda: ticks.last_at, MAX_TICK_AGE),
        }
        metrics.watch_ticks(lambda: ticks.last_at)
        pages = [web.get("/metrics", metrics.page), *more_pages]
        if settings.public_url is None:
            parts["telegram"] = health.recent(
                "Telegram", "answered", lambda: polling.last_round_at, MAX_RESPONSE_AGE
            )
        else:
            handler = webhook_handler(client, application.update_queue, settings.secret_for_webhook(), order)
            pages.append(web.post(PATH, handler))
            parts["telegram"] = health.recent(
                "Telegram", "answered", lambda: transport.last_answer_at, MAX_RESPONSE_AGE
            )
        await application.start()
        background: list[asyncio.Task[None]] = []
        try:
            async with serving(web_app(parts, routes=pages), *settings.listen_address) as address:
                if settings.public_url is not None:
                    secret = settings.secret_for_webhook()
                    await set_webhook(client, settings.public_url, secret)
                    background.append(asyncio.create_task(keep_webhook(client, settings.public_url, secret)))
                else:
                    polling.start()
                if ticking:
                    ticks.start()
                background.append(asyncio.create_task(publish_profile(client, features)))
                log.info("The bot answers.", action="start", username=client.username, pages=address)
                yield replace(bot, pages=address)
        finally:
            await _end(bot, background, ticks if ticking else None)
            await polling.stop()
            await application.stop()


async def _end(bot: Palsbot, background: list[asyncio.Task[None]], ticks: Ticks | None) -> None:
    """Graceful shutdown. Releasing the lease lets another replica deliver at once instead of after its expiry."""
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    await bot.deliverer.finish()
    if ticks is not None:
        ticks.stop()
    try:
        await bot.leadership.release()
    except Exception:
        log.exception("lease not released", action="stop")
