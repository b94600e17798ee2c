"""Between the clock on the school's wall and the one moment it means.

Wall times are naive datetimes, moments are aware ones; nothing else crosses between the two.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which the wall clock shows this.

    In the two nights a year when the clock jumps, RFC 5545 (3.3.5, local time with a time zone reference)
    decides: a wall time that does not exist is read with the offset from before the gap, so 02:30 becomes
    03:30, and one that exists twice is its first. Raises ValueError for a time that is aware already.
    """
    if wall.tzinfo is not None:
        raise ValueError("A wall time carries no time zone.")
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def to_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the wall clock shows at a moment. Raises ValueError for a naive one, which is no moment yet."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
