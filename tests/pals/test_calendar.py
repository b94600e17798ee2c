"""The school calendar (skolerute): school days, work days and closed days, in years full of exceptions."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pals.calendar import Calendar, Term
from pals.weeks import IsoWeek
from tests.support.furulia import CALENDAR, days

NONE = Calendar(terms=(), closed={}, planning_days=frozenset())
ANY_DAY = st.dates(date(2025, 6, 1), date(2027, 9, 1))


def weeks_of(calendar: Calendar) -> list[IsoWeek]:
    """Every week with at least one school day, in order."""
    return sorted({IsoWeek.of(day) for day in calendar.school_days(date.min, date.max)})


@pytest.mark.parametrize(
    ("day", "school", "work"),
    [
        (date(2026, 11, 13), True, True),
        (date(2026, 11, 14), False, False),  # a Saturday
        (date(2026, 11, 16), False, True),  # a planning day
        (date(2026, 8, 14), False, True),  # a planning day before the term
        (date(2026, 8, 15), False, False),
        (date(2026, 9, 30), False, False),  # autumn break
        (date(2026, 12, 18), True, True),  # a term's last day
        (date(2026, 12, 21), False, False),
        (date(2027, 1, 1), False, False),
        (date(2027, 1, 4), True, True),  # a term's first day
        (date(2027, 5, 17), False, False),
    ],
)
def test_school_days_work_days_and_closed_days(day: date, school: bool, work: bool) -> None:
    assert (CALENDAR.is_school_day(day), CALENDAR.is_work_day(day)) == (school, work)


def test_week_14_of_2026_is_easter_and_has_no_school_day() -> None:
    assert CALENDAR.in_week(IsoWeek(2026, 14)) == []
    assert IsoWeek(2026, 14) not in weeks_of(CALENDAR)


def test_week_20_of_2027_begins_on_a_tuesday() -> None:
    assert CALENDAR.in_week(IsoWeek(2027, 20)) == [date(2027, 5, day) for day in (18, 19, 20, 21)]


def test_week_53_has_no_school_and_weeks_go_on_after_it() -> None:
    weeks = weeks_of(CALENDAR)
    place = weeks.index(IsoWeek(2026, 51))
    assert weeks[place : place + 3] == [IsoWeek(2026, 51), IsoWeek(2027, 1), IsoWeek(2027, 2)]


def test_first_days_of_months() -> None:
    found = [CALENDAR.first_school_day(2026, month) for month in range(6, 13)]
    assert found == [
        date(2026, 6, 1),
        None,
        date(2026, 8, 17),
        date(2026, 9, 1),
        date(2026, 10, 5),
        date(2026, 11, 2),
        date(2026, 12, 1),
    ]


def test_the_days_on_either_side_of_a_holiday() -> None:
    inside = date(2027, 3, 25)
    assert CALENDAR.previous_school_day(inside) == date(2027, 3, 19)
    assert CALENDAR.next_school_day(inside) == date(2027, 3, 30)
    assert CALENDAR.next_school_day(date(2027, 3, 30)) == date(2027, 3, 31)
    assert CALENDAR.previous_school_day(date(2027, 3, 30)) == date(2027, 3, 19)


def test_a_planning_day_counts_for_adults_only() -> None:
    monday = date(2026, 8, 17)
    assert CALENDAR.previous_work_day(monday) == date(2026, 8, 14)
    assert CALENDAR.previous_school_day(monday) == date(2026, 6, 19)


def test_no_next_or_previous_day_outside_the_calendar() -> None:
    assert CALENDAR.previous_school_day(date(2025, 8, 18)) is None
    assert CALENDAR.next_school_day(date(2027, 6, 18)) is None
    assert (NONE.next_school_day(date(2026, 1, 1)), weeks_of(NONE), NONE.first_school_day(2026, 1)) == (
        None,
        [],
        None,
    )


@pytest.mark.parametrize("day", [date(2026, 8, 1), date(2026, 12, 31), date(2027, 1, 1), date(2027, 7, 31)])
def test_a_school_year_runs_from_august_to_july(day: date) -> None:
    assert CALENDAR.school_year(day) == (date(2026, 8, 1), date(2027, 7, 31))


def test_terms_may_stand_in_any_order_and_overlap() -> None:
    tidy = Calendar((Term(date(2026, 8, 17), date(2026, 8, 28)),), {}, frozenset())
    untidy = Calendar(
        (Term(date(2026, 8, 24), date(2026, 8, 28)), Term(date(2026, 8, 17), date(2026, 8, 25))),
        {},
        frozenset(),
    )
    whole = (date(2026, 8, 1), date(2026, 9, 1))
    assert untidy.school_days(*whole) == tidy.school_days(*whole)
    assert len(tidy.school_days(*whole)) == 10


def test_a_term_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match=r"This term ends before it starts. Change its first or last day."):
        Term(date(2026, 8, 17), date(2026, 6, 19))


@given(ANY_DAY, st.integers(0, 400))
def test_every_answer_agrees_with_asking_day_by_day(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    one_by_one = [day for day in days(first, last) if CALENDAR.is_school_day(day)]
    assert CALENDAR.school_days(first, last) == one_by_one
    following = CALENDAR.next_school_day(first)
    assert following == next((day for day in one_by_one if day > first), following)
    preceding = CALENDAR.previous_school_day(last)
    assert preceding == next((day for day in reversed(one_by_one) if day < last), preceding)
    assert {IsoWeek.of(day) for day in one_by_one} == {
        week for week in weeks_of(CALENDAR) if set(CALENDAR.in_week(week)) & set(one_by_one)
    }
