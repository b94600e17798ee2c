"""Meetings with a rhythm: a recurrence rule (RFC 5545) in wall time, bent around the days without school.

"Every second week" is counted from the first meeting's date and never from odd or even week numbers, so a
year with a week 53 shifts nothing.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile

from dateutil.rrule import rrule, rruleset, rrulestr

from pals.calendar import Calendar
from pals.yearwheel.parts import refuse_night

_ALWAYS_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY"}
_KNOWN_IN = {
    "YEARLY": _ALWAYS_KNOWN | {"BYMONTH", "BYMONTHDAY", "BYSETPOS"},
    "MONTHLY": _ALWAYS_KNOWN | {"BYMONTH", "BYMONTHDAY", "BYSETPOS"},
    "WEEKLY": _ALWAYS_KNOWN | {"BYMONTH"},
    "DAILY": _ALWAYS_KNOWN - {"BYDAY"},
}
"""What a rule may say. Hours are the start's alone, and a fine rhythm with filters might search for ever."""

_MONTHS = {str(month) for month in range(1, 13)}


class OnClosed(StrEnum):
    """What becomes of a meeting on a day without school."""

    SKIP = "skip"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Meetings that return: the first begins at `starts` on the wall, `rule` is a recurrence of RFC 5545.

    Raises ValueError for a start between 02:00 and 04:00 or with a time zone, a length that is not positive,
    and a rule that cannot be read, never happens, or names hours: each meeting begins at the time of
    `starts`.
    """

    key: str
    kind: str
    """team, or municipal: a meeting that advisors are reminded of too."""
    starts: datetime
    length: timedelta
    rule: str
    on_closed: OnClosed

    def __post_init__(self) -> None:
        refuse_night(f"the meeting {self.key}", self.starts.timetz())
        if self.length <= timedelta(0):
            raise ValueError(f"The meeting {self.key} has no length.")
        _first_of(self.rule, self.starts)

    def own_starts(self, until: date) -> list[datetime]:
        """Every start that the rule itself gives, on the wall, from `starts` to the day `until`, in order."""
        return list(takewhile(lambda start: start.date() <= until, _read(self.rule, self.starts)))


@dataclass(frozen=True, slots=True)
class MeetingTime:
    """One meeting. `starts` is on the wall; `moved_from` is the day the rule gave, if that had no school."""

    key: str
    kind: str
    starts: datetime
    length: timedelta
    moved_from: date | None


def meetings_of(rhythm: Rhythm, calendar: Calendar) -> list[MeetingTime]:
    """The rhythm's meetings within the span of the calendar's terms, in order.

    One that falls on a day without school is left out, or moved to the nearest school day before or after
    it, at the same time. It is left out too when it would have to move as far as the rhythm's next meeting
    on that side.
    """
    if not calendar.terms:
        return []
    begins = min(term.first for term in calendar.terms)
    ends = max(term.last for term in calendar.terms)
    own = rhythm.own_starts(ends)
    found = []
    for place in range(bisect_left(own, begins, key=lambda start: start.date()), len(own)):
        start = own[place]
        day = _day_for(own, place, rhythm.on_closed, calendar)
        if day is not None:
            moved_from = None if day == start.date() else start.date()
            moved = datetime.combine(day, start.time())
            found.append(MeetingTime(rhythm.key, rhythm.kind, moved, rhythm.length, moved_from))
    return found


def _day_for(own: list[datetime], place: int, on_closed: OnClosed, calendar: Calendar) -> date | None:
    day = own[place].date()
    if calendar.is_school_day(day):
        return day
    if on_closed is OnClosed.AFTER:
        moved = calendar.next_school_day(day)
        following = own[place + 1].date() if place + 1 < len(own) else date.max
        return moved if moved is not None and moved < following else None
    if on_closed is OnClosed.BEFORE:
        moved = calendar.previous_school_day(day)
        preceding = own[place - 1].date() if place else date.min
        return moved if moved is not None and moved > preceding else None
    return None


@lru_cache(maxsize=4096)
def _first_of(rule: str, starts: datetime) -> datetime:
    """The rule's first start; remembered, because wheels are made anew more often than rules change."""
    for first in _read(rule, starts):
        return first
    raise ValueError(f"The rule {rule!r} never happens.")


def _read(rule: str, starts: datetime) -> rrule:
    _refuse_unsafe(rule)
    try:
        read = rrulestr(rule, dtstart=starts)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as wrong:
        raise ValueError(f"The rule {rule!r} cannot be read: {wrong}.") from wrong
    if isinstance(read, rruleset):
        raise ValueError(f"The rule {rule!r} must be a single rule.")
    return read


def _refuse_unsafe(rule: str) -> None:
    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";"))
    frequency = parts.get("FREQ", "")
    if frequency not in _KNOWN_IN:
        raise ValueError(f"The rule {rule!r} must say FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.")
    unknown = sorted(parts.keys() - _KNOWN_IN[frequency])
    if unknown:
        raise ValueError(f"A rule with FREQ={frequency} cannot say {', '.join(unknown)}.")
    interval = parts.get("INTERVAL", "1")
    if not (interval.isascii() and interval.isdecimal() and 1 <= int(interval) <= 366):
        raise ValueError(f"The rule {rule!r} needs an INTERVAL from 1 to 366.")
    if not set(parts.get("BYMONTH", "1").split(",")) <= _MONTHS:
        raise ValueError(f"The rule {rule!r} names a month that is not from 1 to 12.")
