"""Schedules of campaigns and meetings, around closed days."""

from dataclasses import replace
from datetime import time

from pals.calendar import Calendar
from pals.weeks import IsoWeek
from pals.yearwheel import CampaignWeek, OnClosed, WeekTime
from tests.support.furulia import CALENDAR, MUNICIPAL, TIMES, due, series, wheel


def campaign(week: str, *, calendar: Calendar = CALENDAR, notice: WeekTime | None = None) -> list[str]:
    times = {**TIMES, "campaign_notice": notice} if notice else TIMES
    made = wheel(calendar=calendar, times=times, campaigns=[CampaignWeek("c", IsoWeek.parse(week), False)])
    return due(made, "2025-08-01", "2027-07-31")


def test_campaigns_in_weeks_2_9_14_and_20_where_two_of_them_are_holidays() -> None:
    notices = [campaign(f"2026-W{week:02}") for week in (2, 9, 14, 20)]
    assert notices == [
        [
            "Fri 19.12 14:00 campaign_notice c 2025-12-19 < 05.01 00:00",
            "Mon 05.01 07:45 campaign_start c 2026-01-05 < 10.01 00:00",
        ],
        [],
        [],
        [
            "Thu 07.05 14:00 campaign_notice c 2026-05-07 < 11.05 00:00",
            "Mon 11.05 07:45 campaign_start c 2026-05-11 < 16.05 00:00",
        ],
    ]


def test_a_campaign_after_easter_is_announced_on_the_last_day_before_it() -> None:
    assert campaign("2026-W15") == [
        "Fri 27.03 14:00 campaign_notice c 2026-03-27 < 06.04 00:00",
        "Tue 07.04 07:45 campaign_start c 2026-04-07 < 11.04 00:00",
    ]


def test_a_notice_on_a_closed_day_comes_earlier_that_week_or_as_late_as_it_can() -> None:
    assert campaign("2026-W21")[:1] == ["Wed 13.05 14:00 campaign_notice c 2026-05-13 < 18.05 00:00"]
    closed_monday = campaign("2026-W48", notice=WeekTime(0, time(14)))
    assert closed_monday[:1] == ["Fri 20.11 14:00 campaign_notice c 2026-11-20 < 23.11 00:00"]


def test_a_campaign_in_the_first_week_of_a_school_year_is_not_announced_in_june() -> None:
    assert campaign("2026-W34") == ["Mon 17.08 07:45 campaign_start c 2026-08-17 < 22.08 00:00"]


def test_families_hear_of_a_campaign_only_where_the_school_says_so() -> None:
    both = [CampaignWeek(f"{told}", IsoWeek(2027, 2), to_families=told) for told in (True, False)]
    assert due(wheel(campaigns=both), "2027-01-11", "2027-01-15") == [
        "Mon 11.01 07:45 campaign_start False 2027-01-11 < 16.01 00:00",
        "Mon 11.01 07:45 campaign_start True 2027-01-11 < 16.01 00:00",
        "Mon 11.01 16:30 campaign_family True 2027-01-11 < 16.01 00:00",
    ]


def test_a_meeting_is_announced_on_the_last_working_day_before_it() -> None:
    first_day = series("team", "2026-08-17T09:00", "FREQ=YEARLY")
    tuesday = series("tuesday", "2026-11-17T09:00", "FREQ=YEARLY")
    assert due(wheel(meeting_series=[first_day, tuesday]), "2026-06-01", "2026-12-31") == [
        "Fri 14.08 13:30 meeting_day_before team 2026-08-17T09:00 < 17.08 08:00",
        "Mon 17.08 08:00 meeting_soon team 2026-08-17T09:00 < 17.08 09:00",
        "Mon 16.11 13:30 meeting_day_before tuesday 2026-11-17T09:00 < 17.11 08:00",
        "Tue 17.11 08:00 meeting_soon tuesday 2026-11-17T09:00 < 17.11 09:00",
    ]


def test_a_meeting_on_the_very_first_day_of_a_school_year_is_not_announced_in_june() -> None:
    calendar = replace(CALENDAR, planning_days=frozenset())
    made = wheel(calendar=calendar, meeting_series=[series("team", "2026-08-17T09:00", "FREQ=YEARLY")])
    assert due(made, "2026-06-01", "2026-08-31") == [
        "Mon 17.08 08:00 meeting_soon team 2026-08-17T09:00 < 17.08 09:00"
    ]


def test_two_meetings_moved_to_one_hour_are_both_announced() -> None:
    # The municipal meeting moves from Easter to the day and hour of the other.
    other = series("team", "2027-03-30T09:00", "FREQ=YEARLY", OnClosed.AFTER)
    assert due(wheel(meeting_series=[MUNICIPAL, other]), "2027-03-19", "2027-03-31") == [
        "Fri 19.03 13:30 meeting_day_before municipal 2027-03-30T09:00 < 30.03 08:00",
        "Fri 19.03 13:30 meeting_day_before team 2027-03-30T09:00 < 30.03 08:00",
        "Tue 30.03 08:00 meeting_soon municipal 2027-03-30T09:00 < 30.03 09:00",
        "Tue 30.03 08:00 meeting_soon team 2027-03-30T09:00 < 30.03 09:00",
    ]
