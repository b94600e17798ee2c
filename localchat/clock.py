"""Two clocks: the one that messages carry, which can be set, and the one that waits are measured on."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def real_now() -> datetime:
    """The machine's time, aware, in UTC."""
    return datetime.now(UTC)


class Clock:
    """The time that messages carry. Once set it runs on from there at the pace of `real`."""

    def __init__(self, real: Callable[[], datetime] = real_now) -> None:
        self._real = real
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The current time in UTC."""
        return self._real() + self._ahead

    def unix(self) -> int:
        """The current time in whole seconds since 1970, as the Bot API writes dates."""
        return int((self._real() + self._ahead).timestamp())

    def set(self, now: datetime | None) -> None:
        """Go to `now` (aware) and run on from there; None returns to the real time."""
        self._ahead = timedelta() if now is None else now - self._real()


Ticks = Callable[[], float]
"""Seconds on a clock that never jumps: limits, query ages and typing are measured on it."""

monotonic: Ticks = time.monotonic
