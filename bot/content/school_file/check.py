"""What must agree between the parts of a school file, once each part is well formed by itself."""

from collections.abc import Callable, Iterable, Iterator
from datetime import time, timedelta
from difflib import get_close_matches
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from bot.content.school_file.days import days_from, days_off, public_holidays, school_days
from bot.content.school_file.meetings import meetings_agree
from bot.content.school_file.models import Campaign, SchoolFile, WeeklyTime
from bot.content.school_file.tree import Path


class Finding(NamedTuple):
    """A disagreement, and the path of the value that has to change.

    `about` is the key that was looked for and not found, if that is what is wrong.
    """

    path: Path
    what: str
    mend: str
    about: str = ""


Findings = Iterator[Finding]
MOST_IN_A_CELL = 3


def findings(file: SchoolFile) -> list[Finding]:
    """Everything in `file` that does not agree with something else in it."""
    return [finding for check in _CHECKS for finding in check(file)]


def _zone(file: SchoolFile) -> Findings:
    name = file.school.timezone
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        yield Finding(("school", "timezone"), f"There is no time zone {name}.", "Write it as in Europe/Oslo.")


def _languages(file: SchoolFile) -> Findings:
    known = file.school.languages
    yield from _twice((("school", "languages", n), language) for n, language in enumerate(known))
    for path, texts in _texts(file, ()):
        if file.school.language not in texts:
            yield Finding(
                path,
                f"The text in {file.school.language} is missing.",
                f"It is the school's own language, so write {file.school.language}: and the text.",
            )
        for language in texts:
            if language not in known:
                mend = "Write nb for bokmål or nn for nynorsk." if language == "no" else _one_of(known)
                yield Finding((*path, language), f"{language} is not a language of this school.", mend)


def _texts(part: BaseModel, path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    for name, value in part:
        for at, item in _items(value, (*path, name)):
            if isinstance(item, BaseModel):
                yield from _texts(item, at)
            elif isinstance(item, dict):
                yield at, item


def _items(value: object, path: Path) -> Iterable[tuple[Path, object]]:
    if isinstance(value, tuple):
        return [((*path, n), item) for n, item in enumerate(value)]
    return [(path, value)]


def _calendar(file: SchoolFile) -> Findings:
    calendar = file.calendar
    terms = calendar.terms
    for n, term in enumerate(terms):
        if term.last < term.first:
            yield Finding(
                ("calendar", "terms", n), "This term ends before it starts.", "Change its first or last day."
            )
        elif (term.last - term.first).days > 366:
            yield Finding(
                ("calendar", "terms", n),
                "This term is longer than a year.",
                "Look at its first and last day.",
            )
        elif n and term.first <= terms[n - 1].last:
            yield Finding(
                ("calendar", "terms", n),
                f"This term starts on {term.first}, before the one above it is over.",
                "Write the terms in order, each after the last day of the one before.",
            )
    first, last = terms[0].first, terms[-1].last
    for n, span in enumerate(calendar.closed):
        if span.last < span.first:
            yield Finding(
                ("calendar", "closed", n), "These days end before they start.", "Change first or last."
            )
        elif not first <= span.first <= span.last <= last:
            yield Finding(
                ("calendar", "closed", n),
                f"These days are not between the first and the last school day, {first} and {last}.",
                "Change the days, or take them out.",
            )
    closed = {day for span in calendar.closed for day in days_from(span.first, span.last)}
    year_first, year_last = first.replace(month=8, day=1), last.replace(month=7, day=31)
    for n, day in enumerate(calendar.planning_days):
        at: Path = ("calendar", "planning_days", n)
        if not min(year_first, first) <= day <= max(year_last, last):
            yield Finding(
                at, f"{day} lies outside the school year.", f"Choose a day from {year_first} to {year_last}."
            )
        elif day.isoweekday() > 5:
            yield Finding(at, f"{day} is in a weekend.", "Choose a day from Monday to Friday.")
        elif day in closed:
            yield Finding(at, f"{day} is also among the closed days.", "Keep it in one of the two lists.")
        elif day in (holiday := public_holidays(day, day)):
            yield Finding(at, f"{day} is a public holiday ({holiday[day]}).", "Choose another day.")
    yield from _twice(
        (("calendar", "planning_days", n), str(day)) for n, day in enumerate(calendar.planning_days)
    )


def _quiet(file: SchoolFile) -> Findings:
    start, end = file.quiet_hours.start, file.quiet_hours.end
    if not _is_night(start, end):
        yield Finding(
            ("quiet_hours",),
            f"The quiet hours from {start:%H:%M} to {end:%H:%M} are not a night.",
            "Choose an evening and a morning with at most 14 hours between them.",
        )
        return
    for name, value in file.times:
        at = value.at if isinstance(value, WeeklyTime) else value
        if isinstance(at, time) and is_quiet(at, start, end):
            path: Path = ("times", name, "at") if isinstance(value, WeeklyTime) else ("times", name)
            yield Finding(
                path,
                f"{name} at {at:%H:%M} is inside the quiet hours from {start:%H:%M} to {end:%H:%M}.",
                "Move it, or change the quiet hours.",
            )


def _is_night(start: time, end: time) -> bool:
    hours = ((end.hour * 60 + end.minute) - (start.hour * 60 + start.minute)) % 1440 / 60
    return 0 < hours <= 14 and is_quiet(time(3), start, end)


def is_quiet(at: time, start: time, end: time) -> bool:
    """Whether `at` is in the quiet hours from `start` (included) to `end` (not), also across midnight."""
    return start <= at < end if start < end else at >= start or at < end


def _groups(file: SchoolFile) -> Findings:
    yield from _twice((("groups", n, "name"), group.name) for n, group in enumerate(file.groups))
    for n, group in enumerate(file.groups):
        if group.grade is None and group.kind != "sfo":
            yield Finding(
                ("groups", n), f"{group.name} has no grade.", "Add grade: and the number of the grade."
            )


def _matrix(file: SchoolFile) -> Findings:
    for section in ("values", "areas", "expectations", "campaigns", "meetings"):
        yield from _twice(((section, n, "key"), item.key) for n, item in enumerate(getattr(file, section)))
    values = tuple(value.key for value in file.values)
    areas = tuple(area.key for area in file.areas)
    cells: dict[tuple[str, str], int] = {}
    for n, expectation in enumerate(file.expectations):
        yield from _known(("expectations", n, "value"), expectation.value, values, "value")
        yield from _known(("expectations", n, "area"), expectation.area, areas, "area")
        cell = (expectation.value, expectation.area)
        cells[cell] = cells.get(cell, 0) + 1
        if cells[cell] == MOST_IN_A_CELL + 1:
            yield Finding(
                ("expectations", n),
                f"The cell {cell[0]} × {cell[1]} has more than {MOST_IN_A_CELL} expectations.",
                "Keep the ones that matter most now.",
            )


def _focuses(file: SchoolFile) -> Findings:
    keys = tuple(expectation.key for expectation in file.expectations)
    months = {(day.year, day.month) for day in school_days(file.calendar)}
    yield from _twice((("focuses", n, "month"), str(focus.month)) for n, focus in enumerate(file.focuses))
    for n, focus in enumerate(file.focuses):
        if (focus.month.year, focus.month.month) not in months:
            yield Finding(
                ("focuses", n, "month"),
                f"There is no school day in {focus.month}.",
                "Choose a month inside the terms.",
            )
        for at, key in enumerate(focus.expectations):
            yield from _known(("focuses", n, "expectations", at), key, keys, "expectation")
        yield from _twice(
            (("focuses", n, "expectations", at), key) for at, key in enumerate(focus.expectations)
        )
        for at, practice in enumerate(focus.practice):
            path: Path = ("focuses", n, "practice", at, "expectation")
            yield from _known(path, practice.expectation, keys, "expectation")
            if practice.expectation in keys and practice.expectation not in focus.expectations:
                yield Finding(
                    path,
                    f"{practice.expectation} is not among the expectations of {focus.month}.",
                    "Add it to the month's expectations, or practise another one.",
                )


def _campaigns(file: SchoolFile) -> Findings:
    at_school = set(school_days(file.calendar))
    for n, campaign in enumerate(file.campaigns):
        if at_school.isdisjoint(campaign.week.days):
            yield Finding(("campaigns", n, "week"), _why_empty(file, campaign), "Choose another week.")


def _why_empty(file: SchoolFile, campaign: Campaign) -> str:
    week = campaign.week
    off = days_off(file.calendar, file.school.language)
    in_term = {day for term in file.calendar.terms for day in days_from(term.first, term.last)}
    names = [off[day] for day in week.days[:5] if day in off and day in in_term]
    easter = {"Langfredag", "Andre påskedag"}
    if any(public_holidays(day, day).get(day) in easter for day in week.days):
        why = "is Easter week at this school"
    elif names:
        why = f"is {max(names, key=names.count)} at this school"
    else:
        why = "lies outside the terms"
    return f"Week {week.week} of {week.year} {why}; no school day in it."


def _meetings(file: SchoolFile) -> Findings:
    for path, what, mend in meetings_agree(file):
        yield Finding(path, what, mend)
    start, end = file.quiet_hours.start, file.quiet_hours.end
    before = timedelta(minutes=file.times.meeting_minutes_before)
    for n, meeting in enumerate(file.meetings):
        reminder = (meeting.starts - before).time()
        if _is_night(start, end) and is_quiet(reminder, start, end):
            yield Finding(
                ("meetings", n, "starts"),
                f"The reminder {file.times.meeting_minutes_before} minutes before, at {reminder:%H:%M}, "
                f"is inside the quiet hours.",
                "Move the meeting, or change times: meeting_minutes_before.",
            )


def _twice(paths: Iterable[tuple[Path, str]]) -> Findings:
    seen: set[str] = set()
    for path, name in paths:
        if name.casefold() in seen:
            yield Finding(path, f"{name} stands twice.", "Each may be there only once.")
        seen.add(name.casefold())


def _known(path: Path, key: str, keys: tuple[str, ...], kind: str) -> Findings:
    if key not in keys:
        yield Finding(path, f"There is no {kind} with the key {key}.", _one_of(keys, key), key)


def _one_of(known: tuple[str, ...], near: str = "") -> str:
    alike = get_close_matches(near, known, 1)
    if alike:
        return f"Did you mean {alike[0]}?"
    return f"The file has {', '.join(known)}." if len(known) <= 12 else "Use one of the keys above."


_CHECKS: tuple[Callable[[SchoolFile], Findings], ...] = (
    _zone,
    _languages,
    _calendar,
    _quiet,
    _groups,
    _matrix,
    _focuses,
    _campaigns,
    _meetings,
)
