"""The time, as a part that can be replaced: the machine's own, or one that a demo or a test moves."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """Runs like the machine's clock from wherever it is set, or stands still until it is moved."""

    def __init__(self, start: datetime, *, running: bool = True) -> None:
        self._running = running
        self.set(start)

    def now(self) -> datetime:
        return self._start + (datetime.now(UTC) - self._set_at) if self._running else self._start

    def set(self, moment: datetime) -> None:
        """Raises ValueError for a naive moment."""
        if moment.tzinfo is None:
            raise ValueError("a clock is set to an aware moment")
        self._start = moment.astimezone(UTC)
        self._set_at = datetime.now(UTC)
