"""The restore_guard: a small file beside the program that knows how far the database had come when they last met.

A database restored from a backup does not remember what was sent after it. The restore_guard does, because it is not in the
backup: its beat is later than the database's own.

Each beat is a line at its end, and the last whole one counts. Putting a new file in its place every time would be a
thousandth of a second or two for each batch that is sent; that is done now and then, so that it stays small.
"""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from storage.delivery.heartbeats import HeartbeatRow

log = structlog.get_logger("palsbot.restore_guard")

TOLERATED_GAP = timedelta(minutes=5)
"""How long nobody may have been there, when there is no restore_guard, before the database counts as restored."""

FIELDS = ("epoch", "sequence")
WRITTEN_BEFORE = ("life", "beat")
"""The names of the same two in a file that an earlier version has written."""

MAX_LINES = 1000
"""How many there are at most."""


class RestoreGuard:
    """Without a path, or where it cannot be written, there is none; everything else works all the same."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines = MAX_LINES
        self._warned = False

    def read(self) -> HeartbeatRow | None:
        """What it saw last."""
        if self._path is None:
            return None
        try:
            *_, last, _ = self._path.read_text(encoding="utf-8").split(
                "\n"
            )  # after the last "\n" is half a line
            found = json.loads(last)
            epoch, sequence = (found[key] for key in (WRITTEN_BEFORE if "life" in found else FIELDS))
            return HeartbeatRow(str(epoch), int(sequence), datetime.fromisoformat(found["at"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            self._warn("The restore_guard file cannot be read.")
            return None

    def write(self, beat: HeartbeatRow) -> None:
        """Writes it down, at once or not at all."""
        if self._path is None:
            return
        line = json.dumps({"epoch": beat.epoch, "sequence": beat.sequence, "at": beat.at.isoformat()}) + "\n"
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
            self._warn("The restore_guard file cannot be written.")

    def write_if_newer(self, beat: HeartbeatRow) -> None:
        """Like `see`, for somebody who only looks on: never back to an earlier beat of the same life."""
        seen = self.read()
        if seen is None or seen.epoch != beat.epoch or seen.sequence < beat.sequence:
            self.write(beat)

    def _warn(self, says: str) -> None:
        if not self._warned:
            log.warning(says, action="restore_guard", path=str(self._path))
        self._warned = True


def lost_until(last: HeartbeatRow, seen: HeartbeatRow | None, now: datetime) -> datetime | None:
    """Up to when things have happened that the database does not remember; None when it remembers everything."""
    if seen is not None and seen.epoch == last.epoch:
        return seen.at if seen.sequence > last.sequence else None
    return now if now - last.at > TOLERATED_GAP else None
