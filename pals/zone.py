"""Conversion between local wall time (naive datetimes) and UTC (aware datetimes), with the DST rules of RFC 5545."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def to_utc(wall: datetime, zone: ZoneInfo) -> datetime:
    """The UTC time of a local wall time.

    DST transitions follow RFC 5545 (3.3.5, local time with a time zone reference): a wall time in the gap gets the
    offset from before it, so 02:30 becomes 03:30, and an ambiguous one is its first. Raises ValueError for an aware
    time.
    """
    if wall.tzinfo is not None:
        raise ValueError("A wall time carries no time zone.")
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def to_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """The local wall time of an aware time. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
