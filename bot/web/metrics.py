"""Numbers for machines: `/metrics` in the format of Prometheus.

The process counts what it does as it does it; how deliveries stand is asked of the database when somebody looks. The
only name among the labels is a school's slug: no person, no text and no token.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.log import get_log
from bot.services.announcements.read_receipts import receipt_count
from scheduler.clock import Clock
from storage.database import Database
from storage.delivery import deliveries, occurrences, outcomes
from storage.delivery.outcomes import CountRow, MissedRow, SeenRow, UnreachableRow

WINDOW: Final = timedelta(hours=24)
"""How far back the deliveries are counted: what was due earlier is over."""

KEPT_S: Final = 10.0
"""For how long the counts are good: several who look at once ask the database once."""

PATIENCE_S: Final = 3.0
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
log = get_log("web")


class Paced(Protocol):
    """How fast messages may go out."""

    @property
    def pace(self) -> float:
        """Messages a second at present."""
        ...

    @property
    def halt_left(self) -> float:
        """Seconds until anything may go out at all."""
        ...


@dataclass(frozen=True, slots=True)
class _Counted:
    at: float
    rows: list[CountRow]
    unreachable: list[UnreachableRow]
    seen: list[SeenRow]
    missed: list[MissedRow]
    oldest: datetime | None


class Metrics:
    """The numbers of one running bot, in a registry of its own. `monotonic` counts seconds."""

    def __init__(
        self, database: Database, clock: Clock, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._clock = clock
        self._monotonic = monotonic
        self._counted: _Counted | None = None
        self._registry = registry = CollectorRegistry()
        self._updates = Counter(
            "palsbot_updates", "Updates handled.", ["action", "outcome"], registry=registry
        )
        self._seconds = Histogram(
            "palsbot_update_seconds",
            "From an update's arrival to the answer.",
            buckets=SECONDS,
            registry=registry,
        )
        self._calls = Counter(
            "palsbot_api_calls", "Calls of the Bot API.", ["method", "outcome"], registry=registry
        )
        self._deliveries = Gauge(
            "palsbot_deliveries",
            "Deliveries of what was due in the last 24 hours, by what became of them.",
            ["school", "kind", "status"],
            registry=registry,
        )
        self._missed = Gauge(
            "palsbot_missed",
            "Messages due in the last 24 hours that were too late for everybody.",
            ["school", "kind"],
            registry=registry,
        )
        self._unreachable = Gauge(
            "palsbot_unreachable_members",
            "Members in force who have muted the school or closed their chat.",
            ["school", "role"],
            registry=registry,
        )
        self._seen = Gauge(
            "palsbot_seen",
            "Readers who say that they saw an announcement of the last 24 hours, of those it was sent to.",
            ["school"],
            registry=registry,
        )
        self._asked = Gauge(
            "palsbot_seen_asked",
            "Readers who got an announcement of the last 24 hours that asks whether they saw it.",
            ["school"],
            registry=registry,
        )
        self._oldest = self._gauge(
            "palsbot_oldest_waiting_seconds", "For how long the delivery that is due longest has waited."
        )
        self._database_up = self._gauge("palsbot_database_up", "Whether the database answered.")

    # --- what the process tells

    def updated(self, action: str, outcome: str, seconds: float) -> None:
        """An update was handled to its end."""
        self._updates.labels(action, outcome).inc()
        self._seconds.observe(seconds)

    def called(self, method: str, outcome: str) -> None:
        """A method of the Bot API was called."""
        self._calls.labels(method, outcome).inc()

    def watch_ticks(self, last_at: Callable[[], float | None]) -> None:
        """Shows the seconds since `last_at`, on the same clock; -1 before the first tick."""

        def age() -> float:
            last = last_at()
            return -1.0 if last is None else max(0.0, self._monotonic() - last)

        self._gauge("palsbot_tick_age_seconds", "Since a tick last came to a good end.").set_function(age)

    def watch_pace(self, paced: Paced) -> None:
        pace = self._gauge("palsbot_pace_per_second", "Messages a second that may go out just now.")
        pace.set_function(lambda: paced.pace)
        halt = self._gauge("palsbot_halt_seconds", "Until calls may go out again after too many.")
        halt.set_function(lambda: paced.halt_left)

    def _gauge(self, name: str, says: str) -> Gauge:
        return Gauge(name, says, registry=self._registry)

    # --- what is shown

    async def page(self, _: web.Request) -> web.Response:
        """Everything; without the deliveries when the database does not answer."""
        counted = await self._count()
        self._database_up.set(counted is not None)
        for gauge in (self._deliveries, self._missed, self._unreachable, self._asked, self._seen):
            gauge.clear()
        waited = timedelta()
        if counted is not None:
            self._show(counted)
            if counted.oldest is not None:
                waited = max(timedelta(), self._clock.now() - counted.oldest)
        self._oldest.set(waited.total_seconds())
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    def _show(self, counted: _Counted) -> None:
        for row in counted.rows:
            self._deliveries.labels(row.school, row.kind, row.status).set(row.deliveries)
        for gone in counted.missed:
            self._missed.labels(gone.school, gone.kind).set(gone.occurrences)
        for each in counted.unreachable:
            self._unreachable.labels(each.school, each.role).set(each.members)
        for asked in counted.seen:
            seen = receipt_count(asked.audience, asked.sent, asked.seen)
            if seen is not None:
                self._asked.labels(asked.school).inc(asked.sent)
                self._seen.labels(asked.school).inc(seen)

    async def _count(self) -> _Counted | None:
        now = self._monotonic()
        if self._counted is None or not 0 <= now - self._counted.at < KEPT_S:
            try:
                async with asyncio.timeout(PATIENCE_S), self._database.reading() as db:
                    since = self._clock.now() - WINDOW
                    rows, seen = await outcomes.by_kind(db, since), await outcomes.seen(db, since)
                    unreachable, missed = await outcomes.unreachable(db), await outcomes.missed(db, since)
                    due = [await deliveries.next_due(db), await occurrences.next_expansion_due(db)]
            except Exception as error:  # whoever looks shall see the rest of the numbers
                log.warning("The deliveries were not counted.", action="metrics", error=type(error).__name__)
                return None
            oldest = min((moment for moment in due if moment is not None), default=None)
            self._counted = _Counted(now, rows, unreachable, seen, missed, oldest)
        return self._counted
