"""The parts of a school's content, each with its validation: facts, calendar, groups, matrix, focuses, meetings.

The order of the attributes is the order in which they are written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pals.calendar import Calendar, Term
from pals.checked import Violation, duplicates
from pals.content.rules import (
    ButtonTexts,
    Closing,
    Count,
    Day,
    FamilyTexts,
    InMonth,
    InWeek,
    Key,
    LanguageCode,
    QuestionTexts,
    ScriptTexts,
    StaffTexts,
    TitleTexts,
    Wall,
    matching,
    one_of,
    text,
    whole,
)
from pals.content.schema import Content
from pals.public_holidays import public_holidays
from pals.yearwheel.meetings import OnClosed, recurrence_rule_fault


@dataclass(frozen=True, slots=True)
class SchoolWords(Content):
    """What this school calls things that other schools call something else."""

    sfo: Annotated[str, text(20)] = "SFO"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolFacts(Content):
    """What identifies a school; its first language is the school's own, in which every text must be there."""

    slug: Annotated[str, matching(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]", "furulia")]
    name: Annotated[str, text(80)]
    timezone: Annotated[str, text(60)] = "Europe/Oslo"
    languages: Annotated[tuple[LanguageCode, ...], Count(1)]
    words: SchoolWords = SchoolWords()

    @property
    def language(self) -> str:
        return self.languages[0]

    def violations(self) -> Iterator[Violation]:
        yield from duplicates((("languages", n), language) for n, language in enumerate(self.languages))
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            what = f"There is no time zone {self.timezone}."
            yield Violation(("timezone",), what, "Write it as in Europe/Oslo.")


@dataclass(frozen=True, slots=True)
class ClosedDays(Content):
    """Days without school, first and last included, and what they are called."""

    first: Day
    last: Day
    name: ButtonTexts

    def days(self) -> Iterator[date]:
        for ahead in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=ahead)

    def violations(self) -> Iterator[Violation]:
        if self.last < self.first:
            yield Violation((), "These days end before they start.", "Change first or last.")


@dataclass(frozen=True, slots=True)
class SchoolCalendar(Content):
    """The school's own calendar (skolerute): terms in order, closed days, planning days, and public holidays."""

    terms: Annotated[tuple[Term, ...], Count(1)]
    closed: tuple[ClosedDays, ...] = ()
    planning_days: tuple[Day, ...] = ()

    @property
    def first(self) -> date:
        return self.terms[0].first

    @property
    def last(self) -> date:
        return self.terms[-1].last

    @property
    def school_year(self) -> tuple[date, date]:
        """From 1 August before the first term to 31 July after the last one."""
        return (
            min(self.first, self.first.replace(month=8, day=1)),
            max(self.last, self.last.replace(month=7, day=31)),
        )

    def public_holidays(self) -> dict[date, str]:
        return public_holidays(self.first, self.last)

    def calendar(self, language: str = "") -> Calendar:
        """The days of it, closed days by their name in a language, or in the first one they have."""
        closed = {
            day: span.name.get(language) or next(iter(span.name.values()))
            for span in self.closed
            for day in span.days()
        }
        return Calendar(self.terms, {**self.public_holidays(), **closed}, frozenset(self.planning_days))

    def school_days(self) -> list[date]:
        """The days on which pupils are at school, in order."""
        return self.calendar().school_days(self.first, self.last)

    def violations(self) -> Iterator[Violation]:
        for n, term in enumerate(self.terms):
            if (term.last - term.first).days > 366:
                mend = "Look at its first and last day."
                yield Violation(("terms", n), "This term is longer than a year.", mend)
            elif n and term.first <= self.terms[n - 1].last and term.first <= term.last:
                yield Violation(
                    ("terms", n),
                    f"This term starts on {term.first}, before the one above it is over.",
                    "Write the terms in order, each after the last day of the one before.",
                )
        for n, span in enumerate(self.closed):
            if span.first <= span.last and not self.first <= span.first <= span.last <= self.last:
                yield Violation(
                    ("closed", n),
                    f"These days are not between the first and the last school day, {self.first} and {self.last}.",
                    "Change the days, or take them out.",
                )
        yield from self._planning_days()

    def _planning_days(self) -> Iterator[Violation]:
        closed = {day for span in self.closed for day in span.days()}
        first, last = self.first.replace(month=8, day=1), self.last.replace(month=7, day=31)
        for n, day in enumerate(self.planning_days):
            wrong = None
            if not self.school_year[0] <= day <= self.school_year[1]:
                wrong = f"{day} lies outside the school year.", f"Choose a day from {first} to {last}."
            elif day.isoweekday() > 5:
                wrong = f"{day} is in a weekend.", "Choose a day from Monday to Friday."
            elif day in closed:
                wrong = f"{day} is also among the closed days.", "Keep it in one of the two lists."
            elif holiday := public_holidays(day, day):
                wrong = f"{day} is a public holiday ({holiday[day]}).", "Choose another day."
            if wrong:
                yield Violation(("planning_days", n), *wrong)
        yield from duplicates((("planning_days", n), str(day)) for n, day in enumerate(self.planning_days))


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolGroup(Content):
    """A class, a grade or an SFO group. `size` is the number of pupils."""

    name: Annotated[str, text(20)]
    kind: Annotated[str, one_of("class", "grade", "sfo")]
    grade: Annotated[int, whole(1, 13)] | None = None
    size: Annotated[int, whole(1, 2000)]

    def violations(self) -> Iterator[Violation]:
        if self.grade is None and self.kind != "sfo":
            yield Violation((), f"{self.name} has no grade.", "Add grade: and the number of the grade.")


@dataclass(frozen=True, slots=True)
class MatrixHeading(Content):
    """A value, one of the few words the school stands for (a row), or an area, a place or a situation (a column)."""

    key: Key
    name: ButtonTexts


@dataclass(frozen=True, slots=True)
class SchoolExpectation(Content):
    """An entry of a matrix cell: what people do, short enough for a button."""

    key: Key
    value: Key
    area: Key
    short: ButtonTexts


@dataclass(frozen=True, slots=True)
class SchoolPractice(Content):
    """What an adult does with a group in two minutes."""

    expectation: Key
    script: ScriptTexts


@dataclass(frozen=True, slots=True)
class SchoolFocus(Content):
    """Månedens PALS. The practices are for the month's school weeks in order, and start over if needed."""

    month: InMonth
    title: TitleTexts
    expectations: Annotated[tuple[Key, ...], Count(1, 8)]
    staff: StaffTexts
    family: FamilyTexts
    question: QuestionTexts
    practice: Annotated[tuple[SchoolPractice, ...], Count(1)]


@dataclass(frozen=True, slots=True)
class SchoolCampaign(Content):
    """A named ISO week. Families hear of it only when there is a text for them."""

    key: Key
    week: InWeek
    title: TitleTexts
    staff: StaffTexts
    family: FamilyTexts | None = None


@dataclass(frozen=True, slots=True)
class SchoolMeeting(Content):
    """A recurring meeting. `starts` is the first one in local wall time, `rule` is RFC 5545."""

    key: Key
    kind: Annotated[str, one_of("team", "municipal")]
    name: TitleTexts
    starts: Wall
    minutes: Annotated[int, whole(5, 480)]
    rule: Annotated[str, text(200)]
    on_closed: Closing = OnClosed.SKIP

    def violations(self) -> Iterator[Violation]:
        fault = recurrence_rule_fault(self.rule)
        if fault:
            yield Violation(("rule",), *fault)
