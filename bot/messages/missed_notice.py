"""Missed notice: periodically checks for messages that missed their deadline, and notifies the leaders.

the plan tick -> check() -> interval over? -> `bot.services.problems.notify_missed` -> a letter, once a day
"""

from datetime import datetime, timedelta

import structlog

from bot.services import problems
from scheduler.clock import Clock
from scheduler.message_kind import MessageKinds
from storage.database import Database

log = structlog.get_logger("palsbot.missed_notice")

INTERVAL = timedelta(minutes=10)
OVERLAP = timedelta(hours=1)
"""Each check starts this long before the last one, so that what is planned late is not overlooked."""

FIRST_WINDOW = timedelta(days=3)
"""How far back the first check after a start goes."""


class MissedNotice:
    """Checks every ten minutes. Idempotent: a repeated check, or another replica's, notifies of nothing twice."""

    def __init__(self, database: Database, clock: Clock, kinds: MessageKinds) -> None:
        self._kinds = kinds
        self._database = database
        self._clock = clock
        self._checked_at: datetime | None = None

    async def check(self) -> None:
        """To be called by the leader after every plan tick."""
        now = self._clock.now()
        last = self._checked_at
        if last is not None and timedelta(0) <= now - last < INTERVAL:
            return
        since = now - FIRST_WINDOW if last is None or last > now else last - OVERLAP
        async with self._database.writing() as db:
            if schools := await problems.notify_missed(db, self._kinds, since, now):
                log.info("leaders notified", action="notify_missed", schools=schools)
        self._checked_at = now
