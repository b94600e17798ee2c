"""Prometheus metrics: `/metrics`.

Counters are of this process; deliveries are counted in the database at each scrape. The only name among the labels is
a school's slug: no person, no text and no token.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.log import get_log
from bot.services.announcements.read_receipts import receipt_count
from scheduler.clock import Clock
from storage.database import Database
from storage.delivery import deliveries, occurrences, status_counts
from storage.delivery.status_counts import CountRow, MissedRow, ReceiptCountRow, UnreachableRow

WINDOW: Final = timedelta(hours=24)
"""How far back deliveries are counted."""

CACHE_S: Final = 10.0
"""How long the database counts are cached: concurrent scrapes query it once."""

TIMEOUT_S: Final = 3.0
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
log = get_log("web")


@dataclass(frozen=True, slots=True)
class _Snapshot:
    at: float
    deliveries: list[CountRow]
    unreachable: list[UnreachableRow]
    receipts: list[ReceiptCountRow]
    missed: list[MissedRow]
    oldest_due: datetime | None


class Metrics:
    """The metrics of one running bot, in a registry of its own. `monotonic` is a clock in seconds."""

    def __init__(
        self, database: Database, clock: Clock, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._snapshot: _Snapshot | None = None
        self._registry = registry = CollectorRegistry()
        self._updates = Counter(
            "palsbot_updates", "Updates handled.", ["action", "outcome"], registry=registry
        )
        self._seconds = Histogram(
            "palsbot_update_seconds",
            "Latency of an update, from its arrival to the reply.",
            buckets=BUCKETS,
            registry=registry,
        )
        self._calls = Counter("palsbot_api_calls", "Bot API calls.", ["method", "outcome"], registry=registry)
        self._deliveries = self._gauge(
            "palsbot_deliveries",
            "Deliveries due in the last 24 hours, by status.",
            "school",
            "kind",
            "status",
        )
        self._missed = self._gauge(
            "palsbot_missed",
            "Occurrences due in the last 24 hours that missed their deadline for all readers.",
            "school",
            "kind",
        )
        self._unreachable = self._gauge(
            "palsbot_unreachable_members",
            "Active members who have muted the school or blocked the bot.",
            "school",
            "role",
        )
        self._seen = self._gauge(
            "palsbot_seen", "Read receipts of announcements sent in the last 24 hours.", "school"
        )
        self._asked = self._gauge(
            "palsbot_seen_asked",
            "Readers who were sent an announcement in the last 24 hours that asks for a read receipt.",
            "school",
        )
        self._oldest = self._gauge(
            "palsbot_oldest_waiting_seconds", "Age of the oldest due delivery in the queue."
        )
        self._database_up = self._gauge("palsbot_database_up", "Whether the database answered.")

    # --- counters of this process

    def on_update(self, action: str, outcome: str, seconds: float) -> None:
        self._updates.labels(action, outcome).inc()
        self._seconds.observe(seconds)

    def on_call(self, method: str, outcome: str) -> None:
        self._calls.labels(method, outcome).inc()

    def watch_ticks(self, last_at: Callable[[], float | None]) -> None:
        """Exports the seconds since `last_at`, on the same clock; -1 before the first tick."""

        def age() -> float:
            last = last_at()
            return -1.0 if last is None else max(0.0, self._monotonic() - last)

        self._gauge("palsbot_tick_age_seconds", "Seconds since a tick last succeeded.").set_function(age)

    def watch_pace(self, pace: Callable[[], float], backoff_left: Callable[[], float]) -> None:
        self._gauge("palsbot_pace_per_second", "Current rate limit, in messages a second.").set_function(pace)
        self._gauge("palsbot_halt_seconds", "Seconds of backoff left after a 429.").set_function(backoff_left)

    def _gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(name, help_text, labels, registry=self._registry)

    # --- a scrape

    async def page(self, _: web.Request) -> web.Response:
        """All metrics; without the database's when it does not respond."""
        snapshot = await self._query()
        self._database_up.set(snapshot is not None)
        for gauge in (self._deliveries, self._missed, self._unreachable, self._asked, self._seen):
            gauge.clear()
        age = timedelta()
        if snapshot is not None:
            self._set_gauges(snapshot)
            if snapshot.oldest_due is not None:
                age = max(timedelta(), self._clock.now() - snapshot.oldest_due)
        self._oldest.set(age.total_seconds())
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    def _set_gauges(self, snapshot: _Snapshot) -> None:
        for row in snapshot.deliveries:
            self._deliveries.labels(row.school, row.kind, row.status).set(row.deliveries)
        for missed in snapshot.missed:
            self._missed.labels(missed.school, missed.kind).set(missed.occurrences)
        for unreachable in snapshot.unreachable:
            self._unreachable.labels(unreachable.school, unreachable.role).set(unreachable.members)
        for receipts in snapshot.receipts:
            seen = receipt_count(receipts.audience, receipts.sent, receipts.seen)
            if seen is not None:
                self._asked.labels(receipts.school).inc(receipts.sent)
                self._seen.labels(receipts.school).inc(seen)

    async def _query(self) -> _Snapshot | None:
        now = self._monotonic()
        if self._snapshot is None or not 0 <= now - self._snapshot.at < CACHE_S:
            try:
                async with asyncio.timeout(TIMEOUT_S), self._database.reading() as db:
                    since = self._clock.now() - WINDOW
                    by_kind = await status_counts.by_kind(db, since)
                    receipts = await status_counts.read_receipts(db, since)
                    unreachable = await status_counts.unreachable(db)
                    missed = await status_counts.missed(db, since)
                    due = [await deliveries.next_due(db), await occurrences.next_expansion_due(db)]
            except Exception as error:  # the other metrics are still served
                log.warning("The deliveries were not counted.", action="metrics", error=type(error).__name__)
                return None
            oldest = min((moment for moment in due if moment is not None), default=None)
            self._snapshot = _Snapshot(now, by_kind, unreachable, receipts, missed, oldest)
        return self._snapshot
