"""Meeting meeting_series: RFC 5545 rules that a school can mean, and when they fall."""

import re
from collections.abc import Iterator
from datetime import datetime, time

from dateutil.rrule import rrulestr

from bot.content.school_file.models import Meeting, SchoolFile
from bot.content.school_file.tree import Path

_PARTS = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d?",
    "COUNT": r"[1-9]\d{0,2}",
    "UNTIL": r"\d{8}(T\d{6})?",
    "BYDAY": r"([+-]?[1-5])?(MO|TU|WE|TH|FR)(,([+-]?[1-5])?(MO|TU|WE|TH|FR))*",
    "BYMONTHDAY": r"-?([1-9]|1\d|2[0-8])(,-?([1-9]|1\d|2[0-8]))*",
    "BYMONTH": r"([1-9]|1[0-2])(,([1-9]|1[0-2]))*",
    "WKST": r"MO|SU",
}


def meetings_agree(file: SchoolFile) -> Iterator[tuple[Path, str, str]]:
    """Rules that cannot be read, or that do not start when the meeting says it starts."""
    first = file.calendar.terms[0].first.replace(month=8, day=1)
    last = file.calendar.terms[-1].last
    for n, meeting in enumerate(file.meetings):
        at: Path = ("meetings", n)
        fault = _fault(meeting.rule)
        if fault:
            yield (*at, "rule"), fault, "Write it as in FREQ=WEEKLY;INTERVAL=2 or FREQ=MONTHLY;BYDAY=1TU."
        elif not min(first, file.calendar.terms[0].first) <= meeting.starts.date() <= last:
            yield (
                (*at, "starts"),
                f"The first meeting, {meeting.starts:%Y-%m-%d}, lies outside the school year.",
                f"Choose a day until {last}.",
            )
        else:
            begins = _first(meeting, datetime.combine(last, time.max))
            if begins is None:
                yield (*at, "rule"), "This rule gives no meeting in the school year.", "Change the rule."
            elif begins != meeting.starts:
                yield (
                    (*at, "starts"),
                    f"{meeting.starts:%Y-%m-%d} does not fit the rule {meeting.rule}.",
                    f"The first day that does is {begins:%Y-%m-%d}.",
                )


def _fault(rule: str) -> str | None:
    seen: set[str] = set()
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name not in _PARTS:
            return f"The rule has a part that meetings do not use: {part or 'an empty one'}."
        if name in seen or not re.fullmatch(_PARTS[name], value, re.ASCII):
            return f"The rule has a part that cannot be read: {part}."
        seen.add(name)
    if "FREQ" not in seen:
        return "The rule does not say how often (FREQ)."
    try:
        rrulestr(rule, dtstart=datetime(2026, 8, 1, 12))  # noqa: DTZ001 - wall time
    except (ValueError, TypeError):
        return f"The rule {rule} cannot be read."
    return None


def _first(meeting: Meeting, until: datetime) -> datetime | None:
    found: datetime | None = next(iter(rrulestr(meeting.rule, dtstart=meeting.starts)), None)
    return found if found and found <= until else None
