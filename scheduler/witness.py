"""The witness: a small file beside the program that knows how far the database had come when they last met.

A database restored from a backup does not remember what was sent after it. The witness does, because it is not in the
backup: its beat is later than the database's own.

Each beat is a line at its end, and the last whole one counts. Putting a new file in its place every time would be a
thousandth of a second or two for each batch that is sent; that is done now and then, so that it stays small.
"""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from storage.heartbeats import Beat

log = structlog.get_logger("palsbot.witness")

FORGIVEN = timedelta(minutes=5)
"""How long nobody may have been there, when there is no witness, before the database counts as restored."""

LINES = 1000
"""How many there are at most."""


class Witness:
    """Without a path, or where it cannot be written, there is none; everything else works all the same."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines = LINES
        self._warned = False

    def seen(self) -> Beat | None:
        """What it saw last."""
        if self._path is None:
            return None
        try:
            *_, last, _ = self._path.read_text(encoding="utf-8").split(
                "\n"
            )  # after the last "\n" is half a line
            found = json.loads(last)
            return Beat(str(found["life"]), int(found["beat"]), datetime.fromisoformat(found["at"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            self._warn("The witness file cannot be read.")
            return None

    def see(self, beat: Beat) -> None:
        """Writes it down, at once or not at all."""
        if self._path is None:
            return
        line = json.dumps({"life": beat.life, "beat": beat.number, "at": beat.at.isoformat()}) + "\n"
        try:
            if self._lines < LINES:
                with self._path.open("ab", buffering=0) as file:
                    file.write(line.encode())
                self._lines += 1
            else:
                new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
                new.write_text(line, encoding="utf-8")
                new.replace(self._path)
                self._lines = 1
        except OSError:
            self._warn("The witness file cannot be written.")

    def follow(self, beat: Beat) -> None:
        """Like `see`, for somebody who only looks on: never back to an earlier beat of the same life."""
        seen = self.seen()
        if seen is None or seen.life != beat.life or seen.number < beat.number:
            self.see(beat)

    def _warn(self, says: str) -> None:
        if not self._warned:
            log.warning(says, action="witness", path=str(self._path))
        self._warned = True


def forgotten_until(last: Beat, seen: Beat | None, now: datetime) -> datetime | None:
    """Up to when things have happened that the database does not remember; None when it remembers everything."""
    if seen is not None and seen.life == last.life:
        return seen.at if seen.number > last.number else None
    return now if now - last.at > FORGIVEN else None
