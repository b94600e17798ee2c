"""The leader's message follows an announcement while it goes out, and shows in the end what became of it.

    the deliver tick -> after(what it handled) -> the announcements among it -> their cards, edited in place

It follows a correction and a withdrawal in the same way. Nothing is remembered that would be missed: what a card
shows is counted from the deliveries each time, so after a restart, or beside another replica, the next look shows the
right numbers.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import structlog

from bot.feature import FeatureSet
from bot.handlers.announcement.card import render_card
from bot.i18n import language, negotiate
from bot.services.announcements import report
from bot.services.announcements.stop import finish_sending
from bot.turn import Actor, Letter, Reply, SchoolRef
from pals.roles import May, Role, may
from scheduler.clock import Clock
from storage import announcement_cards, announcements, corrections
from storage.announcement_cards import CardRow
from storage.corrections import SENT_BY
from storage.database import Database

log = structlog.get_logger("palsbot.progress")

Occurrence = tuple[int, int]
"""(school, occurrence)"""

Followed = tuple[int, int]
"""(school, announcement)"""

EVERY = timedelta(seconds=2)
"""No card is edited more often, except to show the end."""

SWEEP = timedelta(seconds=30)
"""How often to look at all that is under way: a dead worker, or readers who left, end one without a batch."""

RECENT = timedelta(minutes=10)
"""For how long to look at what was stopped: the leader who sent it need not be the one who stopped it."""

TRIES = 5
SEES = frozenset(role for role in Role if may(role, May.ANNOUNCE))


@dataclass(slots=True)
class _Shown:
    """What a card showed last, and when; how often in a row it could not be shown."""

    at: datetime
    reply: Reply | None = None
    failures: int = 0


class ProgressCards:
    """Edits the cards. `edit` puts a Reply in the place of (chat, message).

    When that message is gone it must do nothing, not send another. What it raises is logged, and tried again.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        features: FeatureSet,
        edit: Callable[[Reply, int, int], Awaitable[None]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._edit = edit
        self._features = features
        self._open: set[Followed] = set()
        self._shown: dict[Followed, _Shown] = {}
        self._swept: datetime | None = None

    async def refresh(self, handled: Iterable[Occurrence]) -> None:
        """To be called after every round of the deliver tick, also one that handled nothing."""
        now = self._clock.now()
        for school_id, these in _by_school(handled):
            async with self._database.reading() as db:
                self._open |= {
                    (school_id, this)
                    for this in await announcement_cards.announcements_behind(db, school_id, these)
                }
        if self._swept is None or not timedelta(0) <= now - self._swept < SWEEP:
            await self._sweep(now)
        for school_id, these in _by_school(self._open):
            await self._school(school_id, these, now)

    async def _sweep(self, now: datetime) -> None:
        async with self._database.writing() as db:
            if again := await corrections.retry_uncertain(db, now):
                log.info("revised again", action="progress", deliveries=again)
        async with self._database.reading() as db:
            self._open |= await announcement_cards.under_way(db, now, now - RECENT)
        self._shown = {key: shown for key, shown in self._shown.items() if key in self._open}
        self._swept = now

    async def _school(self, school_id: int, these: list[int], now: datetime) -> None:
        async with self._database.reading() as db:
            found = await announcement_cards.shown_to(db, school_id, these, SEES)
        self._open -= {(school_id, this) for this in these} - {(row.school_id, row.id) for row in found}
        for row in found:
            try:
                await self._one(row, now)
            except Exception:
                self._failed(row, now)

    async def _one(self, row: CardRow, now: datetime) -> None:
        key = (row.school_id, row.id)
        shown = self._shown.get(key)
        if await self._ended(row):
            async with self._database.writing() as db:
                await finish_sending(db, row.school_id, row.id)
        elif shown is not None and timedelta(0) <= now - shown.at < EVERY:
            return
        reply = await self._card(row, now)
        if reply is None or (shown is not None and shown.reply == reply):
            self._open.discard(key)  # nothing is new: another batch, or the sweep, opens it again
            return
        assert row.telegram_id and row.status_message  # noqa: S101 - or there were no card
        await self._edit(reply, row.telegram_id, row.status_message)
        # It stays open for one more look: a leader may have stopped it while this was on its way.
        self._shown[key] = _Shown(now, reply)

    async def _ended(self, row: CardRow) -> bool:
        """Whether everybody has it who is to get it, and nobody can join them any more."""
        async with self._database.reading() as db:
            there = await announcements.by_id(db, row.school_id, row.id)
            if there is None:
                return True
            return (await report.count_deliveries(db, there)).is_final

    async def _card(self, row: CardRow, now: datetime) -> Reply | None:
        """What it shows now; None when there is nobody to show it to, or nowhere."""
        if (
            row.telegram_id is None
            or row.person_id is None
            or row.membership_id is None
            or row.role is None
            or row.status_message is None
        ):
            return None
        here = SchoolRef(
            row.school_id, row.slug, row.school_name, ZoneInfo(row.timezone), tuple(row.languages)
        )
        async with self._database.reading() as db:
            letter = Letter(
                db=db,
                now=now,
                language=language(negotiate(row.language)),
                features=self._features,
                reader=Actor(row.person_id, row.telegram_id, row.membership_id, row.role, here),
                kind=SENT_BY,
                ref=str(row.id),
                slot="",
            )
            announcement = await announcements.by_id(db, row.school_id, row.id)
            if announcement is None:
                return None
            return Reply(*render_card(letter, await report.delivery_report(db, announcement, now)))

    def _failed(self, row: CardRow, now: datetime) -> None:
        key = (row.school_id, row.id)
        failures = self._shown.get(key, _Shown(now)).failures + 1
        log.exception("card not shown", action="progress", announcement=row.id, failures=failures)
        self._shown[key] = _Shown(now, None, failures)
        if failures >= TRIES:
            self._open.discard(key)


def _by_school(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, list[int]]]:
    return [
        (school_id, [this for _, this in these])
        for school_id, these in groupby(sorted(pairs), key=lambda each: each[0])
    ]
