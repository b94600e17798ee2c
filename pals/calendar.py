"""The school calendar (skolerute): school days, planning days (adults only) and closed days.

The school or its municipality gives the terms, the closed days in them (school holidays and public holidays, each
with its name) and the planning days. Weekends are closed without being listed.
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
    """A term, both days included. Raises ContentError when it ends before it begins."""

    first: date
    last: date

    def violations(self) -> Iterator[Violation]:
        if self.last < self.first:
            yield Violation((), "This term ends before it starts.", "Change its first or last day.")


@dataclass(frozen=True)
class Calendar:
    """The terms (in any order), closed days and planning days of a school.

    Sorted days are cached on first use; `is_school_day` and `in_week` need no cache.
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
        """The school days of a week, empty in a week of holidays."""
        monday = week.monday
        days = (monday + ahead * _DAY for ahead in range(5))
        return [day for day in days if self.is_school_day(day)]

    def first_school_day(self, year: int, month: int) -> date | None:
        """The month's first school day, or None in a month without one."""
        first = date(year, month, 1)
        day = self.next_school_day(first - _DAY)
        return day if day is not None and (day.year, day.month) == (year, month) else None

    def next_school_day(self, day: date) -> date | None:
        """The first school day strictly after `day`, or None after the last term."""
        days = self._school_days
        place = bisect_right(days, day)
        return days[place] if place < len(days) else None

    def previous_school_day(self, day: date) -> date | None:
        """The last school day strictly before `day`, or None before the first term."""
        return _last_before(self._school_days, day)

    def previous_work_day(self, day: date) -> date | None:
        """The last school or planning day strictly before `day`, or None before the first of them."""
        return _last_before(self._work_days, day)

    def school_year(self, day: date) -> tuple[date, date]:
        """The Norwegian school year of `day`: its 1 August and its 31 July."""
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


def _last_before(days: tuple[date, ...], day: date) -> date | None:
    place = bisect_left(days, day)
    return days[place - 1] if place else None
