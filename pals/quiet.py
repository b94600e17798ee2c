"""Quiet hours (do not disturb), the school's and the reader's own: postpone a delivery until they end."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pals.zone import to_utc, to_wall


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Daily quiet hours in local wall time, the half-open interval [start, end).

    They may span midnight; with `start` equal to `end` there are none.
    """

    start: time
    end: time

    def covers(self, wall: time) -> bool:
        """Whether this time of day is in the quiet hours: `start` is, `end` is not."""
        if self.start <= self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end

    def end_after(self, wall: datetime) -> datetime:
        """The wall time when the quiet hours around `wall` end, or `wall` itself outside them."""
        if not self.covers(wall.time()):
            return wall
        ends = datetime.combine(wall.date(), self.end)
        return ends if ends > wall else ends + timedelta(days=1)


def when_to_send(due: datetime, zone: ZoneInfo, *quiet: QuietHours | None) -> datetime:
    """The first moment from `due` on, in UTC, outside all of the quiet hours; None stands for none.

    Overlapping quiet hours are all respected. If together they cover the whole day, only the first given counts, so
    that a message is late rather than lost. Raises ValueError for a naive `due`.
    """
    intervals = [hours for hours in quiet if hours is not None]
    moment = due.astimezone(UTC) if due.tzinfo is not None else due
    # Each iteration leaves at least one interval; after two per interval the whole day is covered.
    for _ in range(2 * len(intervals) + 1):
        wall = to_wall(moment, zone)
        ends = max((hours.end_after(wall) for hours in intervals), default=wall)
        if ends == wall:
            return moment
        later = to_utc(ends, zone)
        # DST fold: of a wall time that occurs twice `to_utc` means the first, and this may be the second.
        moment = later if later > moment else moment + (ends - wall)
    return when_to_send(due, zone, intervals[0])
