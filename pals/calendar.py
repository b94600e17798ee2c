"""The school's own calendar (skolerute): on which days there are pupils, and on which only adults.

It is given by the school or its municipality: the terms, the days that are closed in them (school holidays
and public holidays alike, each with its name) and the planning days on which adults work without pupils.
Weekends are free without being named.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from pals.checked import Checked, Violation
from pals.weeks import IsoWeek

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Term(Checked):
    """A stretch of school, both days included. Raises ContentError when it ends before it begins."""

    first: date
    last: date

    def violations(self) -> Iterator[Violation]:
        if self.last < self.first:
            yield Violation((), "This term ends before it starts.", "Change its first or last day.")


@dataclass(frozen=True)
class Calendar:
    """The terms, closed days and planning days of a school, for as many years as it knows them.

    Terms may stand in any order. Every answer is a look-up after the first one of its kind; `is_school_day`
    and `in_week` need no preparation at all.
    """

    terms: tuple[Term, ...]
    closed: Mapping[date, str] = field(hash=False)
    planning_days: frozenset[date]

    def is_school_day(self, day: date) -> bool:
        """Whether pupils are at school: in a term, Monday to Friday, neither closed nor a planning day."""
        if day.weekday() > 4 or day in self.closed or day in self.planning_days:
            return False
        return any(term.first <= day <= term.last for term in self.terms)

    def is_work_day(self, day: date) -> bool:
        """Whether adults are at school: a school day or a planning day."""
        return day in self.planning_days or self.is_school_day(day)

    def school_days(self, first: date, last: date) -> list[date]:
        """The school days from `first` to `last`, both included."""
        days = self._school_days
        return list(days[bisect_left(days, first) : bisect_right(days, last)])

    def in_week(self, week: IsoWeek) -> list[date]:
        """The school days of one week, none in a week of holidays."""
        monday = week.monday
        days = (monday + ahead * _DAY for ahead in range(5))
        return [day for day in days if self.is_school_day(day)]

    def first_school_day(self, year: int, month: int) -> date | None:
        """The month's first school day, or None in a month without one."""
        first = date(year, month, 1)
        found = self.next_school_day(first - _DAY)
        return found if found is not None and (found.year, found.month) == (year, month) else None

    def next_school_day(self, day: date) -> date | None:
        """The first school day strictly after `day`, or None when the calendar knows of none."""
        days = self._school_days
        place = bisect_right(days, day)
        return days[place] if place < len(days) else None

    def previous_school_day(self, day: date) -> date | None:
        """The last school day strictly before `day`, or None when the calendar knows of none."""
        return _last_before(self._school_days, day)

    def previous_work_day(self, day: date) -> date | None:
        """The last school or planning day strictly before `day`, or None when the calendar knows of none."""
        return _last_before(self._work_days, day)

    def weeks(self) -> list[IsoWeek]:
        """Every week with at least one school day, in order."""
        return list(self._weeks)

    def school_year(self, day: date) -> tuple[date, date]:
        """The school year `day` is in, as Norwegian schools count: its 1 August and its 31 July."""
        begins = day.year if day.month >= 8 else day.year - 1
        return date(begins, 8, 1), date(begins + 1, 7, 31)

    @cached_property
    def _school_days(self) -> tuple[date, ...]:
        days = {
            term.first + ahead * _DAY
            for term in self.terms
            for ahead in range((term.last - term.first).days + 1)
        }
        return tuple(sorted(day for day in days if self.is_school_day(day)))

    @cached_property
    def _work_days(self) -> tuple[date, ...]:
        return tuple(sorted({*self._school_days, *self.planning_days}))

    @cached_property
    def _weeks(self) -> tuple[IsoWeek, ...]:
        return tuple(sorted({IsoWeek.of(day) for day in self._school_days}))


def _last_before(days: tuple[date, ...], day: date) -> date | None:
    place = bisect_left(days, day)
    return days[place - 1] if place else None
