"""Progress card: the leader's message about an announcement, edited in place while it, or a correction, goes out.

    the deliver tick -> refresh(what it handled) -> the announcements among it -> their cards, edited in place

Stateless but for throttling: a card is counted from the deliveries each time, so after a restart, or beside another
replica, the next refresh shows the right numbers.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from bot.feature import FeatureSet
from bot.handlers.announcement.card import render_card
from bot.i18n import language, negotiate
from bot.services.announcements import report
from bot.services.announcements.stop import finish_sending
from bot.services.roles import actor_of
from bot.turn import Letter, Reply
from pals.roles import May, Role, may
from scheduler.clock import Clock
from scheduler.expand import OccurrenceKey
from storage import announcement_cards, announcements, corrections
from storage.announcement_cards import CardRow
from storage.corrections import SENT_BY
from storage.database import Database

log = structlog.get_logger("palsbot.progress_card")

CardKey = tuple[int, int]
"""(school, announcement)"""

EDIT_INTERVAL = timedelta(seconds=2)
"""Throttle: no card is edited more often, except for its final state."""

SWEEP_INTERVAL = timedelta(seconds=30)
"""How often all unfinished cards are checked: crash recovery, or readers who left, may finish one without a batch."""

RECENT = timedelta(minutes=10)
"""How long a stopped announcement is still checked: the leader who stopped it need not be the one who sent it."""

MAX_FAILURES = 5
ROLES = frozenset(role for role in Role if may(role, May.ANNOUNCE))


@dataclass(slots=True)
class _Shown:
    """A card's last edit, and how many edits in a row have failed."""

    at: datetime
    reply: Reply | None = None
    failures: int = 0


class ProgressCards:
    """Edits the cards. `edit` replaces the message (chat, message) by a Reply.

    When that message is gone it must do nothing, not send another. What it raises is logged, and retried.
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
        self._open: set[CardKey] = set()
        self._shown: dict[CardKey, _Shown] = {}
        self._swept_at: datetime | None = None

    async def refresh(self, handled: Iterable[OccurrenceKey]) -> None:
        """To be called after every batch of the deliver tick, also an empty one."""
        now = self._clock.now()
        for school_id, occurrence_ids in _by_school(handled):
            async with self._database.reading() as db:
                self._open |= {
                    (school_id, announcement_id)
                    for announcement_id in await announcement_cards.announcements_behind(
                        db, school_id, occurrence_ids
                    )
                }
        if self._swept_at is None or not timedelta(0) <= now - self._swept_at < SWEEP_INTERVAL:
            await self._sweep(now)
        for school_id, announcement_ids in _by_school(self._open):
            await self._refresh_school(school_id, announcement_ids, now)

    async def _sweep(self, now: datetime) -> None:
        async with self._database.writing() as db:
            if retried := await corrections.retry_uncertain(db, now):
                log.info("uncertain corrections retried", action="progress", deliveries=retried)
        async with self._database.reading() as db:
            self._open |= await announcement_cards.under_way(db, now, now - RECENT)
        self._shown = {key: shown for key, shown in self._shown.items() if key in self._open}
        self._swept_at = now

    async def _refresh_school(self, school_id: int, announcement_ids: list[int], now: datetime) -> None:
        async with self._database.reading() as db:
            rows = await announcement_cards.shown_to(db, school_id, announcement_ids, ROLES)
        self._open -= {(school_id, each) for each in announcement_ids} - {(school_id, row.id) for row in rows}
        for row in rows:
            try:
                await self._refresh(row, now)
            except Exception:
                self._failed(row, now)

    async def _refresh(self, row: CardRow, now: datetime) -> None:
        key = (row.school_id, row.id)
        shown = self._shown.get(key)
        if await self._is_finished(row):
            async with self._database.writing() as db:
                await finish_sending(db, row.school_id, row.id)
        elif shown is not None and timedelta(0) <= now - shown.at < EDIT_INTERVAL:
            return
        reply = await self._card(row, now)
        if reply is None or (shown is not None and shown.reply == reply):
            self._open.discard(key)  # unchanged: the next batch or sweep opens it again
            return
        assert row.telegram_id and row.status_message  # noqa: S101 - `_card` has checked
        await self._edit(reply, row.telegram_id, row.status_message)
        # Race: it stays open for one more check, since a leader may have stopped it during the edit.
        self._shown[key] = _Shown(now, reply)

    async def _is_finished(self, row: CardRow) -> bool:
        """Whether the announcement is closed for new readers and none of its deliveries is waiting or in flight."""
        async with self._database.reading() as db:
            announcement = await announcements.by_id(db, row.school_id, row.id)
            if announcement is None:
                return True
            return (await report.count_deliveries(db, announcement)).is_final

    async def _card(self, row: CardRow, now: datetime) -> Reply | None:
        """The card's current content; None when its leader or its message is gone."""
        reader = actor_of(row)
        if reader is None or row.status_message is None:
            return None
        async with self._database.reading() as db:
            letter = Letter(
                db=db,
                now=now,
                language=language(negotiate(row.language)),
                features=self._features,
                reader=reader,
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
        log.exception("card not edited", action="progress", announcement=row.id, failures=failures)
        self._shown[key] = _Shown(now, None, failures)
        if failures >= MAX_FAILURES:
            self._open.discard(key)


def _by_school(pairs: Iterable[tuple[int, int]]) -> list[tuple[int, list[int]]]:
    return [
        (school_id, [number for _, number in group])
        for school_id, group in groupby(sorted(pairs), key=lambda pair: pair[0])
    ]
