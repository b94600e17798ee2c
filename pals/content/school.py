"""The content of a whole school, and the validation of its parts against each other: references, dates, limits."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from typing import Annotated, Any

from dateutil.rrule import rrulestr

from pals.calendar import Calendar
from pals.checked import ContentError, Path, Violation, duplicates
from pals.content.parts import (
    MatrixHeading,
    SchoolCalendar,
    SchoolCampaign,
    SchoolExpectation,
    SchoolFacts,
    SchoolFocus,
    SchoolGroup,
    SchoolMeeting,
)
from pals.content.rules import Count, Month
from pals.content.schema import BROKEN, Content, has_gaps, made, read_block, schema
from pals.content.times import DEFAULT_TIMES, MINUTES_BEFORE, MessageTimes
from pals.public_holidays import EASTER, public_holidays
from pals.quiet import QuietHours
from pals.weeks import IsoWeek
from pals.yearwheel.meetings import recurrence_rule_fault
from pals.yearwheel.parts import WeekTime

MOST_IN_A_CELL = 3
LONGEST_NIGHT = timedelta(hours=14)
DEFAULT_QUIET_HOURS = QuietHours(time(20, 30), time(6, 30))


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolContent(Content):
    """Everything a school decides about itself, in the sections of its file."""

    school: SchoolFacts
    calendar: SchoolCalendar
    times: MessageTimes = field(default_factory=lambda: dict(DEFAULT_TIMES))
    quiet_hours: QuietHours = DEFAULT_QUIET_HOURS
    groups: Annotated[tuple[SchoolGroup, ...], Count(1)]
    values: Annotated[tuple[MatrixHeading, ...], Count(1)]
    areas: Annotated[tuple[MatrixHeading, ...], Count(1)]
    expectations: Annotated[tuple[SchoolExpectation, ...], Count(1)]
    focuses: tuple[SchoolFocus, ...] = ()
    campaigns: tuple[SchoolCampaign, ...] = ()
    meetings: tuple[SchoolMeeting, ...] = ()

    def violations(self) -> Iterator[Violation]:
        for check in (_languages, _quiet, _matrix, _focuses, _campaigns, _meetings):
            yield from check(self)


def parse_school(given: Mapping[str, Any]) -> SchoolContent:
    """Parse and validate a whole school. Raises ContentError with every violation, each with its path.

    An entry of a section that cannot be parsed is left out and its key still counts as known, so that the others are
    validated against each other all the same; when more than that is broken, there is too little left to compare.
    """
    found: list[Violation] = []
    values = read_block(given, schema(SchoolContent), (), found)
    if values is not BROKEN:
        kept: dict[str | int, list[int]] = {}
        lost: set[str] = set()
        for section, entries in values.items():
            if has_gaps(entries):
                kept[section] = [n for n, entry in enumerate(entries) if entry is not BROKEN]
                broken = (given[section][n] for n, entry in enumerate(entries) if entry is BROKEN)
                lost |= {str(each.get("key")) for each in broken if isinstance(each, Mapping)}
                values[section] = tuple(entry for entry in entries if entry is not BROKEN)
        if all(values[each.name] for each in schema(SchoolContent) if each.required):
            content = made(SchoolContent, values)
            found += [
                each._replace(path=_as_given(each.path, kept))
                for each in content.violations()
                if not each.about or each.about not in lost
            ]
            if not found:
                return content
    raise ContentError(found)


def stored_school(given: Mapping[str, Any]) -> SchoolContent:
    """Parse a whole school that was validated when it was stored: only what cannot be parsed is an error."""
    found: list[Violation] = []
    values = read_block(given, schema(SchoolContent), (), found)
    if values is BROKEN or any(has_gaps(entries) for entries in values.values()):
        raise ContentError(found)
    return made(SchoolContent, values)


def _as_given(path: Path, kept: Mapping[str | int, list[int]]) -> Path:
    section, *inside = path
    if section in kept and inside and isinstance(inside[0], int):
        return (section, kept[section][inside[0]], *inside[1:])
    return path


def _languages(content: SchoolContent) -> Iterator[Violation]:
    known, own = content.school.languages, content.school.language
    for path, texts in _texts(content, ()):
        if own not in texts:
            mend = f"It is the school's own language, so write {own}: and the text."
            yield Violation(path, f"The text in {own} is missing.", mend)
        for language in texts:
            if language not in known:
                mend = "Write nb for bokmål or nn for nynorsk." if language == "no" else _one_of(known)
                yield Violation((*path, language), f"{language} is not a language of this school.", mend)


def _texts(part: Content, path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    for each in schema(type(part)):
        value = getattr(part, each.name)
        at = (*path, each.key)
        for inner, item in enumerate(value) if isinstance(value, tuple) else [(None, value)]:
            where = at if inner is None else (*at, inner)
            if isinstance(item, Content):
                yield from _texts(item, where)
            elif isinstance(item, dict) and where != ("times",):
                yield where, item


def _quiet(content: SchoolContent) -> Iterator[Violation]:
    quiet = content.quiet_hours
    if not _is_night(quiet):
        yield Violation(
            ("quiet_hours",),
            f"The quiet hours from {quiet.start:%H:%M} to {quiet.end:%H:%M} are not a night.",
            "Choose an evening and a morning with at most 14 hours between them.",
        )
        return
    for name, value in content.times.items():
        weekly = isinstance(value, WeekTime)
        at = value.at if weekly else value
        if isinstance(at, time) and quiet.covers(at):
            yield Violation(
                ("times", name, "at") if weekly else ("times", name),
                f"{name} at {at:%H:%M} is inside the quiet hours from {quiet.start:%H:%M} to {quiet.end:%H:%M}.",
                "Move it, or change the quiet hours.",
            )


def _is_night(quiet: QuietHours) -> bool:
    day = datetime(2026, 8, 1)  # noqa: DTZ001 - wall time
    length = (datetime.combine(day, quiet.end) - datetime.combine(day, quiet.start)) % timedelta(days=1)
    return timedelta() < length <= LONGEST_NIGHT and quiet.covers(time(3))


def _matrix(content: SchoolContent) -> Iterator[Violation]:
    yield from duplicates((("groups", n, "name"), group.name) for n, group in enumerate(content.groups))
    for section in ("values", "areas", "expectations", "campaigns", "meetings"):
        entries = enumerate(getattr(content, section))
        yield from duplicates(((section, n, "key"), entry.key) for n, entry in entries)
    values, areas = [value.key for value in content.values], [area.key for area in content.areas]
    cells: Counter[tuple[str, str]] = Counter()
    for n, expectation in enumerate(content.expectations):
        yield from _known(("expectations", n, "value"), expectation.value, values, "value")
        yield from _known(("expectations", n, "area"), expectation.area, areas, "area")
        cell = (expectation.value, expectation.area)
        cells[cell] += 1
        if cells[cell] == MOST_IN_A_CELL + 1:
            yield Violation(
                ("expectations", n),
                f"The cell {cell[0]} × {cell[1]} has more than {MOST_IN_A_CELL} expectations.",
                "Keep the ones that matter most now.",
            )


def _focuses(content: SchoolContent) -> Iterator[Violation]:
    keys = [expectation.key for expectation in content.expectations]
    months = {Month.of(day) for day in content.calendar.school_days()}
    yield from duplicates(
        (("focuses", n, "month"), str(each.month)) for n, each in enumerate(content.focuses)
    )
    for n, focus in enumerate(content.focuses):
        at: Path = ("focuses", n)
        if focus.month not in months:
            what = f"There is no school day in {focus.month}."
            yield Violation((*at, "month"), what, "Choose a month inside the terms.")
        chosen = [((*at, "expectations", place), key) for place, key in enumerate(focus.expectations)]
        for path, key in chosen:
            yield from _known(path, key, keys, "expectation")
        yield from duplicates(chosen)
        for place, practice in enumerate(focus.practice):
            path = (*at, "practice", place, "expectation")
            yield from _known(path, practice.expectation, keys, "expectation")
            if practice.expectation in keys and practice.expectation not in focus.expectations:
                yield Violation(
                    path,
                    f"{practice.expectation} is not among the expectations of {focus.month}.",
                    "Add it to the month's expectations, or practise another one.",
                )


def _campaigns(content: SchoolContent) -> Iterator[Violation]:
    calendar = content.calendar.calendar(content.school.language)
    for n, campaign in enumerate(content.campaigns):
        if not calendar.in_week(campaign.week):
            why = _why_empty(calendar, campaign.week)
            what = f"Week {campaign.week.week} of {campaign.week.year} {why}; no school day in it."
            yield Violation(("campaigns", n, "week"), what, "Choose another week.")


def _why_empty(calendar: Calendar, week: IsoWeek) -> str:
    if EASTER & set(public_holidays(week.monday, week.sunday).values()):
        return "is Easter week at this school"
    in_term = [
        day for day in week.days()[:5] if any(term.first <= day <= term.last for term in calendar.terms)
    ]
    names = [calendar.closed.get(day, "planning days") for day in in_term]
    return f"is {max(names, key=names.count)} at this school" if names else "lies outside the terms"


def _meetings(content: SchoolContent) -> Iterator[Violation]:
    first, last = content.calendar.school_year[0], content.calendar.last
    for n, meeting in enumerate(content.meetings):
        at: Path = ("meetings", n)
        if recurrence_rule_fault(meeting.rule):
            continue
        if not first <= meeting.starts.date() <= last:
            yield Violation(
                (*at, "starts"),
                f"The first meeting, {meeting.starts:%Y-%m-%d}, lies outside the school year.",
                f"Choose a day until {last}.",
            )
            continue
        begins: datetime | None = next(iter(rrulestr(meeting.rule, dtstart=meeting.starts)), None)
        if begins is None or begins.date() > last:
            what = "This rule gives no meeting in the school year."
            yield Violation((*at, "rule"), what, "Change the rule.")
        elif begins != meeting.starts:
            yield Violation(
                (*at, "starts"),
                f"{meeting.starts:%Y-%m-%d} does not fit the rule {meeting.rule}.",
                f"The first day that does is {begins:%Y-%m-%d}.",
            )
    before = content.times[MINUTES_BEFORE]
    for n, meeting in enumerate(content.meetings):
        reminder = (meeting.starts - timedelta(minutes=before)).time()
        if _is_night(content.quiet_hours) and content.quiet_hours.covers(reminder):
            yield Violation(
                ("meetings", n, "starts"),
                f"The reminder {before} minutes before, at {reminder:%H:%M}, is inside the quiet hours.",
                f"Move the meeting, or change times: {MINUTES_BEFORE}.",
            )


def _known(path: Path, key: str, keys: Iterable[str], kind: str) -> Iterator[Violation]:
    if key not in keys:
        yield Violation(path, f"There is no {kind} with the key {key}.", _one_of(tuple(keys), key), key)


def _one_of(known: tuple[str, ...], near: str = "") -> str:
    alike = get_close_matches(near, known, 1)
    if alike:
        return f"Did you mean {alike[0]}?"
    return f"The file has {', '.join(known)}." if len(known) <= 12 else "Use one of the keys above."
