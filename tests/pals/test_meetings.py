"""Meeting series: recurrence rules through a year with a week 53, closed days, and invalid rules."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pals.yearwheel import MeetingRecurrence, MeetingTime, OnClosed, YearWheel, meetings
from tests.support.furulia import CALENDAR, FURULIA, HOUR, MUNICIPAL, TEAM, series, wheel

YEAR = date(2026, 8, 1), date(2027, 7, 31)


def held(year_wheel: YearWheel, first: date, last: date) -> list[str]:
    """Each meeting as its date, with the day it was moved from if it was."""
    return [
        f"{each.starts:%d.%m}" + (f" from {each.moved_from:%d.%m}" if each.moved_from else "")
        for each in meetings(year_wheel, first, last)
    ]


def test_every_second_week_is_anchored_to_a_date_across_week_53() -> None:
    around = (date(2026, 11, 12), date(2027, 2, 4))
    assert held(wheel(meeting_series=[TEAM]), *around) == [
        "12.11",
        "26.11",
        "10.12",
        "07.01",
        "21.01",
        "04.02",
    ]
    weeks = [each.starts.isocalendar().week for each in meetings(wheel(meeting_series=[TEAM]), *around)]
    assert weeks == [46, 48, 50, 1, 3, 5]  # even weeks before week 53, odd ones after it


def test_a_team_meets_every_second_thursday_with_school() -> None:
    assert held(wheel(meeting_series=[TEAM]), *YEAR) == [
        *("20.08", "03.09", "17.09", "15.10", "29.10", "12.11", "26.11", "10.12"),
        *("07.01", "21.01", "04.02", "18.02", "18.03", "01.04", "15.04", "29.04", "13.05", "27.05", "10.06"),
    ]


@pytest.mark.parametrize(
    ("on_closed", "dates"),
    [
        (OnClosed.SKIP, ["28.01", "25.02", "22.04", "20.05", "17.06"]),
        (
            OnClosed.BEFORE,
            ["18.12 from 31.12", "28.01", "25.02", "19.03 from 25.03", "22.04", "20.05", "17.06"],
        ),
        (
            OnClosed.AFTER,
            ["04.01 from 31.12", "28.01", "25.02", "30.03 from 25.03", "22.04", "20.05", "17.06"],
        ),
    ],
)
def test_a_meeting_in_the_holidays_is_skipped_or_moved(on_closed: OnClosed, dates: list[str]) -> None:
    municipal = series("municipal", "2026-12-31T09:00", "FREQ=WEEKLY;INTERVAL=4", on_closed)
    assert held(wheel(meeting_series=[municipal]), *YEAR) == dates


def test_a_moved_meeting_never_reaches_the_series_next_one() -> None:
    autumn = date(2026, 9, 21), date(2026, 10, 9)
    daily = [series("team", "2026-09-21T09:00", "FREQ=DAILY;INTERVAL=3", way) for way in OnClosed]
    # By its rule: 21, 24, 27, 30 September, 3, 6, 9 October; the break is from 26 September to 4 October.
    assert {each.on_closed: held(wheel(meeting_series=[each]), *autumn) for each in daily} == {
        OnClosed.SKIP: ["21.09", "24.09", "06.10", "09.10"],
        OnClosed.BEFORE: ["21.09", "24.09", "25.09 from 27.09", "06.10", "09.10"],
        OnClosed.AFTER: ["21.09", "24.09", "05.10 from 03.10", "06.10", "09.10"],
    }


def test_adults_meet_on_a_planning_day() -> None:
    monday = series("team", "2026-11-09T14:00", "FREQ=WEEKLY", OnClosed.AFTER)
    assert held(wheel(meeting_series=[monday]), date(2026, 11, 9), date(2026, 11, 23)) == [
        "09.11",
        "16.11",
        "23.11",
    ]


def test_meetings_begin_with_the_first_and_end_with_the_last_term() -> None:
    early = series("team", "2020-01-06T14:00", "FREQ=MONTHLY;BYDAY=1MO")
    every = meetings(wheel(meeting_series=[early]), date(2020, 1, 1), date(2030, 1, 1))
    assert (every[0].starts.date(), every[-1].starts.date()) == (date(2025, 9, 1), date(2027, 6, 7))


def test_meetings_of_several_series_are_in_order() -> None:
    assert meetings(FURULIA, date(2026, 10, 8), date(2026, 10, 15)) == [
        MeetingTime("municipal", "municipal", datetime.fromisoformat("2026-10-08T09:00"), HOUR, None),
        MeetingTime("team", "team", datetime.fromisoformat("2026-10-15T14:00"), HOUR, None),
    ]


def test_both_days_of_the_question_are_included() -> None:
    assert held(FURULIA, date(2026, 10, 15), date(2026, 10, 15)) == ["15.10"]
    assert held(FURULIA, date(2026, 10, 9), date(2026, 10, 14)) == []


def test_a_school_without_terms_has_no_meetings() -> None:
    empty = wheel(calendar=type(CALENDAR)((), {}, frozenset()), meeting_series=[TEAM, MUNICIPAL])
    assert meetings(empty, *YEAR) == []


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("", "a part that meetings do not use: an empty one"),
        ("every second week", "a part that meetings do not use: every second week"),
        ("INTERVAL=2", "does not say how often"),
        ("FREQ=WEEKLY;FREQ=DAILY", "cannot be read: FREQ=DAILY"),
        ("FREQ=HOURLY", "cannot be read: FREQ=HOURLY"),
        ("FREQ=WEEKLY;BYHOUR=3", "do not use: BYHOUR=3"),
        ("FREQ=WEEKLY;INTERVAL=0", "cannot be read: INTERVAL=0"),
        ("FREQ=WEEKLY;BYDAY=XX", "cannot be read: BYDAY=XX"),
        ("FREQ=YEARLY;BYDAY=60MO", "cannot be read: BYDAY=60MO"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "cannot be read: BYMONTHDAY=32"),
        ("FREQ=DAILY;BYDAY=MO", "^A rule of this frequency cannot say BYDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "^A rule of this frequency cannot say BYMONTHDAY"),
        ("FREQ=WEEKLY;UNTIL=20269999", "cannot be read"),
        ("FREQ=WEEKLY;UNTIL=20200101", "never happens"),
        ("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=28", "never happens"),
        ("FREQ=WEEKLY\nEXDATE:20260820T140000", "cannot be read"),
    ],
)
def test_invalid_recurrence_rule_is_refused(rule: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        series("team", "2026-08-20T14:00", rule)


@pytest.mark.parametrize("start", ["02:00", "02:30", "03:59"])
def test_a_meeting_in_the_hours_of_dst_transitions_is_refused(start: str) -> None:
    with pytest.raises(ValueError, match=f"^The time of the meeting team is {start}. Nothing may start"):
        series("team", f"2026-08-20T{start}", "FREQ=WEEKLY")


def test_the_hours_on_either_side_are_allowed() -> None:
    starts = [
        series("team", f"2026-08-20T{start}", "FREQ=WEEKLY").starts.time() for start in ("01:59", "04:00")
    ]
    assert starts == [time(1, 59), time(4)]


def test_a_meeting_needs_a_length_and_a_whole_minute_on_the_wall() -> None:
    start = datetime.fromisoformat("2026-08-20T14:00")
    with pytest.raises(ValueError, match=r"^The meeting team has no length"):
        MeetingRecurrence("team", "team", start, timedelta(0), "FREQ=WEEKLY", OnClosed.SKIP)
    with pytest.raises(ValueError, match="must start on a whole minute"):
        series("team", "2026-08-20T14:00:30", "FREQ=WEEKLY")
    with pytest.raises(ValueError, match="carries no time zone"):
        series("team", "2026-08-20T14:00+02:00", "FREQ=WEEKLY")


@given(
    st.dates(date(2025, 8, 1), date(2027, 6, 30)),
    st.sampled_from(
        ["FREQ=DAILY", "FREQ=DAILY;INTERVAL=5", "FREQ=WEEKLY;BYDAY=MO,FR", "FREQ=WEEKLY;INTERVAL=2"]
    ),
    st.sampled_from(list(OnClosed)),
)
def test_meetings_are_on_work_days_at_their_hour_and_at_most_one_a_day(
    first: date, rule: str, on_closed: OnClosed
) -> None:
    made = wheel(meeting_series=[series("team", f"{first}T14:00", rule, on_closed)])
    every = meetings(made, date(2025, 1, 1), date(2028, 1, 1))
    held_on = [each.starts.date() for each in every]
    assert held_on == sorted(set(held_on))
    assert all(CALENDAR.is_work_day(day) for day in held_on)
    assert {each.starts.time() for each in every} <= {time(14)}
    own = {start.date() for start in made.meeting_series[0].own_starts(date(2027, 6, 18))}
    assert {each.moved_from or each.starts.date() for each in every} <= own
    assert {day for day in own if CALENDAR.is_school_day(day)} <= set(held_on)
