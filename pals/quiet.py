"""Quiet hours: when a phone is left in peace, by the school's choice and by the reader's own."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pals.zone import to_utc, to_wall


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A silence that returns every day, from `start` until just before `end`, on the wall clock.

    It may pass midnight; with `start` equal to `end` there is none.
    """

    start: time
    end: time

    def covers(self, wall: time) -> bool:
        """Whether this time of day is silent; `start` is, `end` is not."""
        if self.start <= self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end

    def end_after(self, wall: datetime) -> datetime:
        """The wall moment when the silence around `wall` ends, or `wall` itself when it is not silent."""
        if not self.covers(wall.time()):
            return wall
        ends = datetime.combine(wall.date(), self.end)
        return ends if ends > wall else ends + timedelta(days=1)


def when_to_send(due: datetime, zone: ZoneInfo, *quiet: QuietHours | None) -> datetime:
    """The first moment from `due` on, in UTC, that none of the quiet hours covers; None stands for no wish.

    One silence may end within another, and then both are waited out. If together they leave no moment of the
    day, the first one given counts alone, so that a message is late rather than lost. Raises ValueError for a
    naive `due`.
    """
    wishes = [hours for hours in quiet if hours is not None]
    moment = due.astimezone(UTC) if due.tzinfo is not None else due
    # Each round ends at least one silence; more rounds than silences, twice over, means that the day is full.
    for _ in range(2 * len(wishes) + 1):
        wall = to_wall(moment, zone)
        ends = max((hours.end_after(wall) for hours in wishes), default=wall)
        if ends == wall:
            return moment
        later = to_utc(ends, zone)
        # In the hour that the autumn clock shows twice, `to_utc` means the first; we may be in the second.
        moment = later if later > moment else moment + (ends - wall)
    return when_to_send(due, zone, wishes[0])
