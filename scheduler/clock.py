"""The clock, injected: the system's, or a fake one that a demo or a test sets."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """A fake clock: runs from the time it is set to, or is frozen until it is set again."""

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
