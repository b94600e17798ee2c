"""Meeting series: recurrence rules (RFC 5545) in wall time, with a policy for meetings on closed days.

"Every second week" is anchored to the first meeting's date and never to odd or even week numbers, so a year with a
week 53 shifts nothing.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile

from dateutil.rrule import rrulestr

from pals.calendar import Calendar
from pals.yearwheel.parts import refuse_night

_WRITTEN = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d?",
    "COUNT": r"[1-9]\d{0,2}",
    "UNTIL": r"\d{8}(T\d{6})?",
    "BYDAY": r"([+-]?[1-5])?(MO|TU|WE|TH|FR)(,([+-]?[1-5])?(MO|TU|WE|TH|FR))*",
    "BYMONTHDAY": r"-?([1-9]|1\d|2[0-8])(,-?([1-9]|1\d|2[0-8]))*",
    "BYMONTH": r"([1-9]|1[0-2])(,([1-9]|1[0-2]))*",
    "WKST": r"MO|SU",
}
"""The parts that a rule may have, and the format of each value. It has no hours: the start gives them."""

_NOT_WITH = {"DAILY": {"BYDAY", "BYMONTH", "BYMONTHDAY"}, "WEEKLY": {"BYMONTHDAY"}}
"""With such a filter dateutil may search day by day to the year 9999 without a match."""

_EXAMPLES = "Write it as in FREQ=WEEKLY;INTERVAL=2 or FREQ=MONTHLY;BYDAY=1TU."


class OnClosed(StrEnum):
    """The policy for a meeting on a closed day: skip it, or move it."""

    SKIP = "skip"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class MeetingRecurrence:
    """A recurrence rule (RFC 5545) of meetings, with DTSTART `starts` in wall time.

    Raises ValueError for a start between 02:00 and 04:00, within a minute or with a time zone, a length that is not
    positive, and a rule that is not valid, never occurs, or has hours.
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
        if self.starts.second or self.starts.microsecond:
            raise ValueError(f"The meeting {self.key} must start on a whole minute.")
        if self.length <= timedelta(0):
            raise ValueError(f"The meeting {self.key} has no length.")
        _first_of(self.rule, self.starts)

    def own_starts(self, until: date) -> list[datetime]:
        """Every start of the recurrence rule, in wall time, from `starts` to the day `until`, in order."""
        return list(takewhile(lambda start: start.date() <= until, _read(self.rule, self.starts)))


@dataclass(frozen=True, slots=True)
class MeetingTime:
    """An occurrence of a meeting series, in wall time. `moved_from` is the rule's own day if it was moved."""

    key: str
    kind: str
    starts: datetime
    length: timedelta
    moved_from: date | None


def meetings_of(series: MeetingRecurrence, calendar: Calendar) -> list[MeetingTime]:
    """Expands the recurrence rule within the calendar's terms and planning days, in order.

    Adults meet on school days and planning days. A meeting on any other day is skipped, or moved to the nearest
    school day before or after it, at the same time; it is skipped too if it would reach the series's next one.
    """
    if not calendar.terms:
        return []
    begins = min(*(term.first for term in calendar.terms), *calendar.planning_days, date.max)
    ends = max(term.last for term in calendar.terms)
    own = series.own_starts(ends)
    found = []
    for place in range(bisect_left(own, begins, key=lambda start: start.date()), len(own)):
        start = own[place]
        day = _day_for(own, place, series.on_closed, calendar)
        if day is not None:
            moved_from = None if day == start.date() else start.date()
            moved = datetime.combine(day, start.time())
            found.append(MeetingTime(series.key, series.kind, moved, series.length, moved_from))
    return found


def _day_for(own: list[datetime], place: int, on_closed: OnClosed, calendar: Calendar) -> date | None:
    day = own[place].date()
    if calendar.is_work_day(day):
        return day
    if on_closed is OnClosed.SKIP:
        return None
    after = on_closed is OnClosed.AFTER
    moved = calendar.next_school_day(day) if after else calendar.previous_school_day(day)
    preceding = own[place - 1].date() if place else date.min
    following = own[place + 1].date() if place + 1 < len(own) else date.max
    return moved if moved is not None and preceding < moved < following else None


@lru_cache(maxsize=4096)
def _first_of(rule: str, starts: datetime) -> datetime:
    """The rule's first start. Cached, because wheels are rebuilt more often than rules change."""
    for first in _read(rule, starts):
        return first
    raise ValueError(f"The rule {rule!r} never happens.")


def _read(rule: str, starts: datetime) -> Iterable[datetime]:
    """Iterates over the rule's starts. Raises ValueError for a rule that is not valid."""
    fault = recurrence_rule_fault(rule)
    if fault:
        raise ValueError(" ".join(fault))
    return rrulestr(rule, dtstart=starts)


@lru_cache(maxsize=4096)
def recurrence_rule_fault(rule: str) -> tuple[str, str] | None:
    """What is wrong with a recurrence rule (RFC 5545) and how to mend it; None when it is valid."""
    said: set[str] = set()
    refused: set[str] = set()
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name not in _WRITTEN:
            return f"The rule has a part that meetings do not use: {part or 'an empty one'}.", _EXAMPLES
        if name in said or not re.fullmatch(_WRITTEN[name], value, re.ASCII):
            return f"The rule has a part that cannot be read: {part}.", _EXAMPLES
        said.add(name)
        if name == "FREQ":
            refused = _NOT_WITH.get(value, set())
    if "FREQ" not in said:
        return "The rule does not say how often (FREQ).", _EXAMPLES
    if refused & said:
        return f"A rule of this frequency cannot say {', '.join(sorted(refused & said))}.", _EXAMPLES
    try:
        rrulestr(rule, dtstart=datetime(2026, 8, 1, 12))  # noqa: DTZ001 - wall time
    except (ValueError, TypeError):
        return f"The rule {rule} cannot be read.", _EXAMPLES
    return None
