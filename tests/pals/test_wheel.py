"""The year wheel: queries about a day and a week, and its validation."""

from dataclasses import replace
from datetime import UTC, date, time, timedelta

import pytest

from pals.weeks import IsoWeek
from pals.yearwheel import CampaignWeek, FocusMonth, WeekTime, check_times, focus_of, practice_index
from tests.support.furulia import CALENDAR, FURULIA, TEAM, TIMES, wheel


def test_a_day_has_its_months_focus() -> None:
    autumn = wheel(focuses=["2026-10", "2026-11"])
    assert focus_of(autumn, date(2026, 10, 31)) == FocusMonth("2026-10", date(2026, 10, 1))
    assert focus_of(autumn, date(2026, 11, 1)) == FocusMonth("2026-11", date(2026, 11, 1))
    assert (focus_of(autumn, date(2026, 9, 30)), focus_of(autumn, date(2027, 10, 1))) == (None, None)


def test_practices_follow_the_months_school_weeks() -> None:
    weeks = [IsoWeek(2026, week) for week in range(34, 54)] + [IsoWeek(2027, 1), IsoWeek(2027, 2)]
    assert [(str(week)[5:], practice_index(FURULIA, week)) for week in weeks] == [
        ("W34", ("2026-08", 0)),
        ("W35", ("2026-08", 1)),
        ("W36", ("2026-08", 2)),  # its Monday is 31 August
        ("W37", ("2026-09", 0)),
        ("W38", ("2026-09", 1)),
        ("W39", ("2026-09", 2)),
        ("W40", None),  # autumn break
        ("W41", ("2026-10", 0)),
        ("W42", ("2026-10", 1)),
        ("W43", ("2026-10", 2)),
        ("W44", ("2026-10", 3)),
        ("W45", ("2026-11", 0)),
        ("W46", ("2026-11", 1)),
        ("W47", ("2026-11", 2)),  # begins on a Tuesday, after a planning day
        ("W48", ("2026-11", 3)),
        ("W49", ("2026-11", 4)),  # its Monday is 30 November
        ("W50", ("2026-12", 0)),
        ("W51", ("2026-12", 1)),
        ("W52", None),
        ("W53", None),
        ("W01", ("2027-01", 0)),
        ("W02", ("2027-01", 1)),
    ]


def test_a_week_belongs_to_the_month_of_its_first_school_day_not_of_its_monday() -> None:
    # Monday 30 and Tuesday 31 March 2026 are closed here, so the week begins with April.
    closed = {date(2026, 3, 30): "Fri", date(2026, 3, 31): "Fri"}
    spring = wheel(calendar=replace(CALENDAR, closed=closed), focuses=["2026-03", "2026-04"])
    assert [practice_index(spring, IsoWeek(2026, week)) for week in (13, 14, 15)] == [
        ("2026-03", 3),
        ("2026-04", 0),
        ("2026-04", 1),
    ]


def test_a_week_of_a_month_without_focus_has_no_practice() -> None:
    assert practice_index(wheel(focuses=["2026-11"]), IsoWeek(2026, 44)) is None


@pytest.mark.parametrize("setting", [setting for setting in TIMES if setting != "meeting_minutes_before"])
def test_times_in_the_hours_of_dst_transitions_are_refused(setting: str) -> None:
    def check(at: time) -> None:
        check_times({setting: WeekTime(0, at) if isinstance(TIMES[setting], WeekTime) else at})

    with pytest.raises(
        ValueError, match=f"^The time of {setting} is 02:30. Nothing may start between 02:00 and 04:00"
    ):
        check(time(2, 30))
    with pytest.raises(ValueError, match=f"^The time of {setting} is 03:59"):
        check(time(3, 59, 59))
    with pytest.raises(ValueError, match=f"^The time of {setting} is a time on the school's wall"):
        check(time(12, tzinfo=UTC))
    check(time(1, 59))  # the hours on either side are allowed
    check(time(4))


def test_a_reminder_cannot_come_after_the_meeting_has_begun() -> None:
    with pytest.raises(ValueError, match="cannot come after the meeting has begun"):
        wheel(times={"meeting_minutes_before": timedelta(minutes=-1)})


@pytest.mark.parametrize("day", [-1, 7])
def test_a_week_has_seven_days(day: int) -> None:
    with pytest.raises(ValueError, match=f"^{day} is no day of the week; Monday is 0 and Sunday is 6"):
        WeekTime(day, time(8))


def test_a_focus_is_for_a_whole_month() -> None:
    with pytest.raises(ValueError, match=r"^A focus is for a whole month; write 2026-10-01"):
        FocusMonth("respect", date(2026, 10, 5))


def test_duplicates_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^The month 2026-10 has 2 focuses; it can have one"):
        wheel(focuses=["2026-10", "2026-10"])
    with pytest.raises(ValueError, match=r"^The campaign may stands 2 times in week 2027-W20"):
        wheel(
            campaigns=[CampaignWeek("may", IsoWeek(2027, 20), to_families) for to_families in (True, False)]
        )
    with pytest.raises(ValueError, match=r"^2 meetings are called team; each needs a key of its own"):
        wheel(meeting_series=[TEAM, TEAM])


def test_a_campaign_may_return_in_another_week() -> None:
    twice = [CampaignWeek("language", IsoWeek(2027, week), False) for week in (2, 14)]
    assert wheel(campaigns=twice).campaigns == tuple(twice)
