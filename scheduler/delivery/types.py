"""What delivering needs of others: how to compose and send, how fast it may be, and who is in leadership."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from scheduler.clock import Clock
from scheduler.expand import Key
from storage.database import Database
from storage.delivery.claims import Claimed, Outcome
from storage.delivery.heartbeats import HeartbeatRow
from storage.tables import DeliveryStatus

M = TypeVar("M")

Bundle = tuple[Claimed, ...]
"""What travels in one message: one delivery, or several of one reader that waited for the end of quiet hours."""

MergeBundles = Callable[[Sequence[tuple[Claimed, M]]], list[tuple[Bundle, M]]]

ReportProgress = Callable[[set[Key]], Awaitable[None]]
NotifyRefused = Callable[[AsyncSession, int, int, str, datetime], Awaitable[None]]
"""Tells a school's leaders; called with the session, the school, the occurrence, Telegram's words, and now."""


@dataclass(frozen=True, slots=True)
class Sent:
    message_id: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a message did not arrive, or may not have. `retry_in` asks for another try; a `halt` was none."""

    status: DeliveryStatus
    reason: str = ""
    retry_in: timedelta | None = None
    halt: bool = False


class Pace(Protocol):
    """How fast messages may go out."""

    @property
    def halt_left(self) -> float:
        """Seconds until anything may go out at all."""
        ...

    @property
    def room(self) -> int:
        """How many more may be handed over, and will leave at once or nearly so."""
        ...


class Unpaced:
    """As fast as they can."""

    halt_left = 0.0
    room = 1_000_000


class Leadership(Protocol):
    """Who is in leadership of delivering."""

    worker: str
    """The name by which this process claims."""

    async def acquire(self) -> bool:
        """Whether it is this process; it takes the leadership when nobody has it."""
        ...

    async def release(self) -> None:
        """Gives the leadership up."""
        ...

    @property
    def is_leader(self) -> bool:
        """Whether this process may send."""
        ...

    async def advance(self, db: AsyncSession, now: datetime) -> HeartbeatRow:
        """Something is about to be sent; in the transaction that marks it. Raises when it must not be."""
        ...

    def committed(self, beat: HeartbeatRow) -> None:
        """That transaction has been committed."""


class SoleLeader:
    """There is nobody else, as in a test or a demo."""

    is_leader = True

    def __init__(self) -> None:
        self.worker = secrets.token_hex(4)

    async def acquire(self) -> bool:
        return True

    async def release(self) -> None:
        return None

    async def advance(self, db: AsyncSession, now: datetime) -> HeartbeatRow:
        return HeartbeatRow("", 0, now)

    def committed(self, beat: HeartbeatRow) -> None:
        return None


def one_per_bundle(composed: Sequence[tuple[Claimed, M]]) -> list[tuple[Bundle, M]]:
    """Every delivery is a message of its own."""
    return [((claimed,), message) for claimed, message in composed]


async def no_notice(
    _db: AsyncSession, _school_id: int, _occurrence_id: int, _words: str, _now: datetime
) -> None:
    return None


@dataclass
class WorkerState:
    """What a worker holds from one round to the next."""

    unrecorded: list[tuple[Claimed, Outcome]] = field(default_factory=list)
    """What has become of messages, and is not yet in the database."""
    needs_recovery: bool = False
    """A round ended badly: what is marked as this worker's may not be in its hands."""
    stopping: bool = False
    expiry_checked_at: datetime | None = None
    """When it was last looked for what others hold beyond their lease."""
    running: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True)
class DeliveryContext(Generic[M]):
    """What one worker delivers with. `compose` gives the message, or None when there is nothing to say any more.

    `join` makes fewer messages of those that one reader gets at the end of quiet hours. `send` never raises.
    `refused` is called once when a text is stopped because Telegram does not take it.
    """

    database: Database
    clock: Clock
    worker: str
    compose: Callable[[AsyncSession, Claimed, datetime], Awaitable[M | None]]
    send: Callable[[M, int], Awaitable[Sent | Failed]]
    pace: Pace = field(default_factory=Unpaced)
    leadership: Leadership = field(default_factory=SoleLeader)
    refused: NotifyRefused = no_notice
    join: MergeBundles[M] = one_per_bundle
    state: WorkerState = field(default_factory=WorkerState)
