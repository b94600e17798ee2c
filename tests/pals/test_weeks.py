"""ISO weeks: around New Year, and years with a week 53."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pals.weeks import IsoWeek

REAL_DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2024, 12, 30), "2025-W01"),
        (date(2026, 1, 1), "2026-W01"),
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 1), "2026-W53"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2027, 1, 4), "2027-W01"),
        (date(2027, 5, 17), "2027-W20"),
    ],
)
def test_a_day_is_in_the_week_of_its_thursday(day: date, week: str) -> None:
    assert str(IsoWeek.of(day)) == week
    assert IsoWeek.parse(week) == IsoWeek.of(day)


def test_a_year_of_53_weeks_is_followed_by_week_1() -> None:
    last = IsoWeek(2026, 53)
    assert (last.previous(), last.next()) == (IsoWeek(2026, 52), IsoWeek(2027, 1))
    assert IsoWeek(2027, 1).previous() == last


def test_17_may_2027_is_the_monday_of_its_week() -> None:
    week = IsoWeek(2027, 20)
    assert (week.monday, week.sunday) == (date(2027, 5, 17), date(2027, 5, 23))
    assert week.days() == tuple(date(2027, 5, day) for day in range(17, 24))


def test_weeks_are_ordered_by_time() -> None:
    shuffled = [IsoWeek(2027, 1), IsoWeek(2026, 9), IsoWeek(2026, 53), IsoWeek(2026, 10)]
    assert sorted(shuffled) == [IsoWeek(2026, 9), IsoWeek(2026, 10), IsoWeek(2026, 53), IsoWeek(2027, 1)]


@pytest.mark.parametrize(("year", "week"), [(2027, 53), (2026, 54), (2026, 0), (2026, -1)])
def test_week_that_its_year_does_not_have_is_refused(year: int, week: int) -> None:
    with pytest.raises(ValueError, match=f"^There is no week {week} in {year}\\.$"):
        IsoWeek(year, week)


@pytest.mark.parametrize(
    "written", ["2026-44", "2026-W4", "26-W44", "2026-W044", " 2026-W44", "2026-W44\n", "٢٠٢٦-W44"]
)
def test_malformed_iso_week_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is no ISO week; write it like 2026-W44"):
        IsoWeek.parse(written)


@given(REAL_DAYS)
def test_every_day_is_in_its_own_week(day: date) -> None:
    week = IsoWeek.of(day)
    assert day in week.days()
    assert IsoWeek.parse(str(week)) == week
    assert week.next().previous() == week
    assert (week.next().monday - week.sunday).days == 1
