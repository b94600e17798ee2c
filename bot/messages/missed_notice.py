"""Now and then a look whether anything has become too late, so that the leaders are told of it.

the plan tick -> after() -> since the last look? -> `bot.services.problems.tell_missed` -> a letter, once a day
"""

from datetime import datetime, timedelta

import structlog

from bot.services import problems
from scheduler.clock import Clock
from scheduler.message_kind import MessageKinds
from storage.database import Database

log = structlog.get_logger("palsbot.missed")

EVERY = timedelta(minutes=10)
OVERLAP = timedelta(hours=1)
"""Each look goes back this much behind the last one: what is planned late is not overlooked."""

FIRST = timedelta(days=3)
"""How far back the first look goes, after a start."""


class MissedNotice:
    """Looks every ten minutes. Another replica, or a look more, tells nothing twice."""

    def __init__(self, database: Database, clock: Clock, kinds: MessageKinds) -> None:
        self._kinds = kinds
        self._database = database
        self._clock = clock
        self._looked: datetime | None = None

    async def check(self) -> None:
        """To be called after every planning, by the process on duty."""
        now = self._clock.now()
        last = self._looked
        if last is not None and timedelta(0) <= now - last < EVERY:
            return
        since = now - FIRST if last is None or last > now else last - OVERLAP
        async with self._database.writing() as db:
            if schools := await problems.notify_missed(db, self._kinds, since, now):
                log.info("missed", action="missed", schools=schools)
        self._looked = now
