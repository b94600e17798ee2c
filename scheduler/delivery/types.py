"""Interfaces of the delivery pipeline: compose and send, the rate limit, leader election, and the worker's state."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from scheduler.clock import Clock
from scheduler.expand import OccurrenceKey
from scheduler.leadership.leader import Leader
from storage.database import Database
from storage.delivery.claims import Claimed
from storage.delivery.heartbeats import HeartbeatRow
from storage.delivery.outcomes import Outcome
from storage.tables import DeliveryStatus

M = TypeVar("M")

Bundle = tuple[Claimed, ...]
"""The deliveries in one message: one, or in a digest several of one reader that quiet hours delayed."""

MergeBundles = Callable[[Sequence[tuple[Claimed, M]]], list[tuple[Bundle, M]]]

ReportProgress = Callable[[set[OccurrenceKey]], Awaitable[None]]
NotifyRefused = Callable[[AsyncSession, int, int, str, datetime], Awaitable[None]]
"""Notifies a school's leaders of a refused text: session, school, occurrence, Telegram's error, now."""


@dataclass(frozen=True, slots=True)
class Sent:
    message_id: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a message did not arrive, or may not have. `retry_in` asks for a retry.

    When `rate_limited` (429) nothing was attempted: it does not count as an attempt, and `retry_in` is the backoff.
    """

    status: DeliveryStatus
    reason: str = ""
    retry_in: timedelta | None = None
    rate_limited: bool = False


class Pace(Protocol):
    """The rate limiter, as the pipeline sees it."""

    @property
    def backoff_left(self) -> float:
        """Seconds until anything may be sent at all."""
        ...

    @property
    def capacity(self) -> int:
        """How many more messages may be sent now without waiting, or nearly so."""
        ...


class Unpaced:
    """No rate limit."""

    backoff_left = 0.0
    capacity = 1_000_000


class SoleLeader:
    """Always the leader: a test or a demo has no other replica."""

    is_leader = True

    def __init__(self) -> None:
        self.worker = secrets.token_hex(4)

    async def acquire(self) -> bool:
        return True

    async def release(self) -> None:
        return None

    async def advance(self, db: AsyncSession, now: datetime) -> HeartbeatRow:
        return HeartbeatRow("", 0, now)

    def committed(self, heartbeat: HeartbeatRow) -> None:
        return None


Leadership = Leader | SoleLeader
"""Leader election: only the leader plans and delivers."""


def one_per_bundle(composed: Sequence[tuple[Claimed, M]]) -> list[tuple[Bundle, M]]:
    """Merges nothing: each delivery is a message of its own."""
    return [((claimed,), message) for claimed, message in composed]


async def no_notice(*_: object) -> None:
    return None


@dataclass
class WorkerState:
    """What a worker keeps from one round to the next."""

    unrecorded: list[tuple[Claimed, Outcome]] = field(default_factory=list)
    """Outcomes that are not in the database yet."""
    needs_recovery: bool = False
    """The last round crashed: this worker may still hold claims in the database that it does not know of."""
    stopping: bool = False
    expiry_checked_at: datetime | None = None
    """When other workers' expired leases were last looked for."""
    running: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True)
class DeliveryContext(Generic[M]):
    """One worker's dependencies. `compose` returns the message, or None when there is nothing left to say.

    `merge` makes fewer messages of those that one reader gets at the end of quiet hours. `send` never raises.
    `notify_refused` is called once when an occurrence is stopped because Telegram refuses its text.
    """

    database: Database
    clock: Clock
    worker: str
    compose: Callable[[AsyncSession, Claimed, datetime], Awaitable[M | None]]
    send: Callable[[M, int], Awaitable[Sent | Failed]]
    pace: Pace = field(default_factory=Unpaced)
    leadership: Leadership = field(default_factory=SoleLeader)
    notify_refused: NotifyRefused = no_notice
    merge: MergeBundles[M] = one_per_bundle
    state: WorkerState = field(default_factory=WorkerState)
