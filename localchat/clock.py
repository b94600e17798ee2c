"""Clocks: a wall clock for message dates, which can be set, and a monotonic clock for limits and timeouts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def real_now() -> datetime:
    """The system time, timezone-aware, in UTC."""
    return datetime.now(UTC)


class Clock:
    """The wall clock of message dates. After `set` it runs on at the pace of `real`."""

    def __init__(self, real: Callable[[], datetime]) -> None:
        self._real = real
        self._offset = timedelta()

    def now(self) -> datetime:
        return self._real() + self._offset

    def unix(self) -> int:
        """The current Unix timestamp in whole seconds, the Bot API's format of dates."""
        return int(self.now().timestamp())

    def set(self, now: datetime | None) -> None:
        """Set the clock to `now` (timezone-aware); None resets it to the real time."""
        self._offset = timedelta() if now is None else now - self._real()


Ticks = Callable[[], float]
"""A monotonic clock in seconds, for rate limits, the age of callback queries and the typing indicator."""
