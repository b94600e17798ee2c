"""The restore guard: detects a database restored from a backup, and holds what may have been sent since that backup.

A small file beside the program holds the last committed heartbeat. It is not in the backup, so after a restore its
sequence is ahead of the database's, in the same epoch:

    planned moments of the forgotten time     -> missed
    what was waiting or in flight in it       -> uncertain, for a leader to decide about
    each school concerned                     -> its leaders are notified

Holding is idempotent, so a crash in the middle is repaired by doing it again. docs/decisions/restore.md says why.
"""

import json
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from scheduler.message_kind import MessageKinds
from scheduler.plan import plan_due
from storage import schools
from storage.database import Database
from storage.delivery import deliveries, occurrences
from storage.delivery.heartbeats import HeartbeatRow
from storage.tables import DeliveryStatus, OccurrenceStatus

log = structlog.get_logger("palsbot.restore_guard")

NotifyRestored = Callable[[AsyncSession, int, datetime, datetime], Awaitable[None]]
"""Notifies a school's leaders; called with the session, the school, until when, and now."""

TOLERATED_GAP = timedelta(minutes=5)
"""Without a usable file, the longest time without a leader that does not count as a restore."""

KEYS = ("epoch", "sequence")
OLD_KEYS = ("life", "beat")
"""The same two in a file written by an earlier version."""

MAX_LINES = 1000


class RestoreGuard:
    """The file, one heartbeat a line. Without a path, or where it cannot be written, nothing is guarded."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines = MAX_LINES
        self._warned = False

    def read(self) -> HeartbeatRow | None:
        """The last complete line, if the file can be read."""
        if self._path is None:
            return None
        try:
            *_, last, _ = self._path.read_text(encoding="utf-8").split("\n")  # a crash may leave half a line
            stored = json.loads(last)
            epoch, sequence = (stored[key] for key in (OLD_KEYS if "life" in stored else KEYS))
            return HeartbeatRow(str(epoch), int(sequence), datetime.fromisoformat(stored["at"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            self._warn("The restore guard file cannot be read.")
            return None

    def write(self, heartbeat: HeartbeatRow) -> None:
        """Stores a heartbeat, atomically. Rewriting the file costs 1–2 ms a batch; appending does not."""
        if self._path is None:
            return
        line = json.dumps({**heartbeat._asdict(), "at": heartbeat.at.isoformat()}) + "\n"
        try:
            if self._lines < MAX_LINES:
                with self._path.open("ab", buffering=0) as file:
                    file.write(line.encode())
                self._lines += 1
            else:
                new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
                new.write_text(line, encoding="utf-8")
                new.replace(self._path)
                self._lines = 1
        except OSError:
            self._warn("The restore guard file cannot be written.")

    def write_if_newer(self, heartbeat: HeartbeatRow) -> None:
        """Stores a heartbeat that another replica committed, never an older one of the same epoch."""
        stored = self.read()
        if stored is None or stored.epoch != heartbeat.epoch or stored.sequence < heartbeat.sequence:
            self.write(heartbeat)

    def _warn(self, warning: str) -> None:
        if not self._warned:
            log.warning(warning, action="restore_guard", path=str(self._path))
        self._warned = True


def lost_until(last: HeartbeatRow, guarded: HeartbeatRow | None, now: datetime) -> datetime | None:
    """The end of the time that a restored database has forgotten; None when it was not restored."""
    if guarded is not None and guarded.epoch == last.epoch:
        return guarded.at if guarded.sequence > last.sequence else None
    return now if now - last.at > TOLERATED_GAP else None


async def hold_possibly_sent(
    database: Database, kinds: MessageKinds, until: datetime, now: datetime, notify: NotifyRestored
) -> int:
    """Holds everything due by `until`. Returns how many deliveries are uncertain now."""
    uncertain = 0
    async with database.reading() as db:
        school_ids = [school.id for school in await schools.to_plan(db)]
    missed = await plan_due(database, kinds, until, hold=True)
    for school_id in school_ids:
        async with database.writing() as db:
            held = await _hold_school(db, school_id, until)
            if held:
                await notify(db, school_id, until, now)
            uncertain += held
    log.warning("restored", action="restore", until=until.isoformat(), uncertain=uncertain, missed=missed)
    return uncertain


async def _hold_school(db: AsyncSession, school_id: int, until: datetime) -> int:
    uncertain = 0
    for row in await occurrences.possibly_sent(db, school_id, until):
        if row.is_unexpanded:
            uncertain += await deliveries.create_for_audience(
                db, school_id, row.id, row.readers, row.due_at, status=DeliveryStatus.UNCERTAIN
            )
        await occurrences.set_status(db, school_id, row.id, OccurrenceStatus.HELD)
    return uncertain + await deliveries.mark_uncertain(db, school_id, until)
