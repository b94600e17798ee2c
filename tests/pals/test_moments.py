"""Schedules: whole months of a school, then each schedule around closed days and DST transitions."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta

import pytest

from pals.calendar import Calendar, Term
from pals.weeks import IsoWeek
from pals.yearwheel import CampaignWeek, Moment, TimeOfDay, WeekTime
from tests.support.furulia import FURULIA, TEAM, TIMES, due, moments, series, wall, wheel


def test_october_2026_after_the_autumn_break_and_through_the_dst_transition() -> None:
    assert due(FURULIA, "2026-09-28", "2026-11-01") == [
        "Mon 05.10 07:15 focus_staff 2026-10 2026-10-05 < 12.10 07:15",
        "Mon 05.10 07:30 prompt 2026-W41 2026-10-05 < 05.10 16:00",
        "Mon 05.10 16:30 focus_family 2026-10 2026-10-05 < 12.10 16:30",
        "Wed 07.10 13:30 meeting_day_before municipal 2026-10-08T09:00 < 08.10 08:00",
        "Thu 08.10 08:00 meeting_soon municipal 2026-10-08T09:00 < 08.10 09:00",
        "Thu 08.10 13:00 reminder 2026-W41 2026-10-08 < 08.10 18:00",
        "Fri 09.10 12:00 coverage 2026-W41 2026-10-09 < 13.10 00:00",
        "Mon 12.10 07:30 prompt 2026-W42 2026-10-12 < 12.10 16:00",
        "Wed 14.10 13:30 meeting_day_before team 2026-10-15T14:00 < 15.10 13:00",
        "Thu 15.10 13:00 meeting_soon team 2026-10-15T14:00 < 15.10 14:00",
        "Thu 15.10 13:00 reminder 2026-W42 2026-10-15 < 15.10 18:00",
        "Fri 16.10 12:00 coverage 2026-W42 2026-10-16 < 20.10 00:00",
        "Mon 19.10 07:30 prompt 2026-W43 2026-10-19 < 19.10 16:00",
        "Thu 22.10 13:00 reminder 2026-W43 2026-10-22 < 22.10 18:00",
        "Fri 23.10 12:00 coverage 2026-W43 2026-10-23 < 27.10 00:00",
        "Mon 26.10 07:30 prompt 2026-W44 2026-10-26 < 26.10 16:00",
        "Wed 28.10 13:30 meeting_day_before team 2026-10-29T14:00 < 29.10 13:00",
        "Thu 29.10 13:00 meeting_soon team 2026-10-29T14:00 < 29.10 14:00",
        "Thu 29.10 13:00 reminder 2026-W44 2026-10-29 < 29.10 18:00",
        "Fri 30.10 12:00 coverage 2026-W44 2026-10-30 < 03.11 00:00",
    ]


def test_may_2027_with_ascension_a_planning_day_and_17_may() -> None:
    assert due(FURULIA, "2027-05-01", "2027-05-31") == [
        "Mon 03.05 07:15 focus_staff 2027-05 2027-05-03 < 10.05 07:15",
        "Mon 03.05 07:30 prompt 2027-W18 2027-05-03 < 03.05 16:00",
        "Mon 03.05 16:30 focus_family 2027-05 2027-05-03 < 10.05 16:30",
        "Wed 05.05 12:00 coverage 2027-W18 2027-05-05 < 09.05 00:00",
        "Wed 05.05 13:00 reminder 2027-W18 2027-05-05 < 05.05 18:00",
        "Mon 10.05 07:30 prompt 2027-W19 2027-05-10 < 10.05 16:00",
        "Wed 12.05 13:30 meeting_day_before team 2027-05-13T14:00 < 13.05 13:00",
        "Thu 13.05 13:00 meeting_soon team 2027-05-13T14:00 < 13.05 14:00",
        "Thu 13.05 13:00 reminder 2027-W19 2027-05-13 < 13.05 18:00",
        "Thu 13.05 14:00 campaign_notice may 2027-05-13 < 17.05 00:00",
        "Fri 14.05 12:00 coverage 2027-W19 2027-05-14 < 18.05 00:00",
        "Tue 18.05 07:30 prompt 2027-W20 2027-05-18 < 18.05 16:00",
        "Tue 18.05 07:45 campaign_start may 2027-05-18 < 22.05 00:00",
        "Tue 18.05 16:30 campaign_family may 2027-05-18 < 22.05 00:00",
        "Wed 19.05 13:30 meeting_day_before municipal 2027-05-20T09:00 < 20.05 08:00",
        "Thu 20.05 08:00 meeting_soon municipal 2027-05-20T09:00 < 20.05 09:00",
        "Thu 20.05 13:00 reminder 2027-W20 2027-05-20 < 20.05 18:00",
        "Fri 21.05 12:00 coverage 2027-W20 2027-05-21 < 25.05 00:00",
        "Mon 24.05 07:30 prompt 2027-W21 2027-05-24 < 24.05 16:00",
        "Wed 26.05 13:30 meeting_day_before team 2027-05-27T14:00 < 27.05 13:00",
        "Thu 27.05 13:00 meeting_soon team 2027-05-27T14:00 < 27.05 14:00",
        "Thu 27.05 13:00 reminder 2027-W21 2027-05-27 < 27.05 18:00",
        "Fri 28.05 12:00 coverage 2027-W21 2027-05-28 < 01.06 00:00",
        "Mon 31.05 07:30 prompt 2027-W22 2027-05-31 < 31.05 16:00",
    ]


def test_nothing_at_christmas_and_january_begins_with_a_moved_meeting() -> None:
    assert due(FURULIA, "2026-12-18", "2027-01-11") == [
        "Fri 18.12 12:00 coverage 2026-W51 2026-12-18 < 22.12 00:00",
        "Fri 18.12 13:30 meeting_day_before municipal 2027-01-04T09:00 < 04.01 08:00",
        "Mon 04.01 07:15 focus_staff 2027-01 2027-01-04 < 11.01 07:15",
        "Mon 04.01 07:30 prompt 2027-W01 2027-01-04 < 04.01 16:00",
        "Mon 04.01 08:00 meeting_soon municipal 2027-01-04T09:00 < 04.01 09:00",
        "Mon 04.01 16:30 focus_family 2027-01 2027-01-04 < 11.01 16:30",
        "Wed 06.01 13:30 meeting_day_before team 2027-01-07T14:00 < 07.01 13:00",
        "Thu 07.01 13:00 meeting_soon team 2027-01-07T14:00 < 07.01 14:00",
        "Thu 07.01 13:00 reminder 2027-W01 2027-01-07 < 07.01 18:00",
        "Thu 07.01 14:00 campaign_notice winter 2027-01-07 < 11.01 00:00",
        "Fri 08.01 12:00 coverage 2027-W01 2027-01-08 < 12.01 00:00",
        "Mon 11.01 07:30 prompt 2027-W02 2027-01-11 < 11.01 16:00",
        "Mon 11.01 07:45 campaign_start winter 2027-01-11 < 16.01 00:00",
    ]


def test_the_same_wall_time_is_another_utc_time_after_each_dst_transition() -> None:
    prompts = [
        each.due
        for first, last in (("2026-10-19", "2026-10-26"), ("2027-03-15", "2027-04-05"))
        for each in moments(FURULIA, wall(f"{first}T00:00"), wall(f"{last}T12:00"))
        if each.kind == "prompt"
    ]
    assert prompts == [
        datetime(2026, 10, 19, 5, 30, tzinfo=UTC),
        datetime(2026, 10, 26, 6, 30, tzinfo=UTC),
        datetime(2027, 3, 15, 6, 30, tzinfo=UTC),
        datetime(2027, 3, 30, 5, 30, tzinfo=UTC),
        datetime(2027, 4, 5, 5, 30, tzinfo=UTC),
    ]


def test_a_meeting_is_announced_elapsed_hours_ahead_across_dst_transitions() -> None:
    autumn = Calendar((Term(date(2026, 10, 1), date(2026, 11, 30)),), {}, frozenset())
    early = series("team", "2026-10-26T00:30", "FREQ=WEEKLY")
    made = wheel(
        calendar=autumn,
        meeting_series=[early],
        times={**TIMES, "meeting_minutes_before": timedelta(hours=23)},
    )
    # The Sunday before has 25 hours, so 23 hours before Monday 00:30 it is 02:30 for the first of two times.
    [soon] = moments(made, wall("2026-10-25T02:00"), wall("2026-10-25T03:00"))
    assert soon == Moment(
        due=datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        kind="meeting_soon",
        ref="team",
        slot="2026-10-26T00:30",
        too_late=datetime(2026, 10, 25, 23, 30, tzinfo=UTC),
    )


def week_of(*open_days: int, times: Mapping[str, TimeOfDay] = TIMES) -> list[str]:
    """The moments of a week in which only these are school days (1 is Monday 2 November 2026)."""
    closed = {date(2026, 11, day + 1): "Closed" for day in range(1, 6) if day not in open_days}
    calendar = Calendar((Term(date(2026, 11, 2), date(2026, 11, 6)),), closed, frozenset())
    made = wheel(calendar=calendar, focuses=["2026-11"], times=times)
    found = due(made, "2026-11-01", "2026-11-09", "prompt", "reminder", "coverage")
    return [" ".join([*line.split()[:1], *line.split()[2:4]]) for line in found]


@pytest.mark.parametrize(
    ("open_days", "brings"),
    [
        ((1, 2, 3, 4, 5), ["Mon 07:30 prompt", "Thu 13:00 reminder", "Fri 12:00 coverage"]),
        ((2, 3, 4, 5), ["Tue 07:30 prompt", "Thu 13:00 reminder", "Fri 12:00 coverage"]),
        ((1, 2, 3, 5), ["Mon 07:30 prompt", "Wed 13:00 reminder", "Fri 12:00 coverage"]),
        ((1, 2, 3), ["Mon 07:30 prompt", "Wed 12:00 coverage", "Wed 13:00 reminder"]),
        ((1, 5), ["Mon 07:30 prompt", "Fri 12:00 coverage", "Fri 13:00 reminder"]),
        ((4, 5), ["Thu 07:30 prompt", "Thu 13:00 reminder", "Fri 12:00 coverage"]),
        ((1,), ["Mon 07:30 prompt", "Mon 12:00 coverage"]),
        ((5,), ["Fri 07:30 prompt", "Fri 12:00 coverage"]),
        ((), []),
    ],
)
def test_a_short_week_keeps_its_order(open_days: tuple[int, ...], brings: list[str]) -> None:
    assert week_of(*open_days) == brings


@pytest.mark.parametrize(
    ("open_days", "brings"),
    [
        ((1, 2), ["Mon 07:30 prompt"]),  # the week's first day, where none is left on or after Wednesday
        ((1, 2, 5), ["Fri 07:30 prompt"]),
        ((3, 4), ["Wed 07:30 prompt"]),
    ],
)
def test_a_prompt_looks_ahead_before_it_looks_back(open_days: tuple[int, ...], brings: list[str]) -> None:
    times = {**TIMES, "prompt": WeekTime(2, time(7, 30))}
    assert [line for line in week_of(*open_days, times=times) if line.endswith("prompt")] == brings


def test_a_reminder_and_coverage_never_come_before_their_prompt() -> None:
    early = {**TIMES, "reminder": WeekTime(1, time(7)), "coverage": WeekTime(1, time(7, 15))}
    assert week_of(1, 2, 3, times=early) == ["Mon 07:30 prompt", "Tue 07:00 reminder", "Tue 07:15 coverage"]
    assert week_of(2, 3, times=early) == ["Tue 07:30 prompt", "Wed 07:00 reminder"]
    assert week_of(2, times=early) == ["Tue 07:30 prompt"]


def test_a_school_may_remind_on_the_prompts_own_day() -> None:
    same_day = {**TIMES, "reminder": WeekTime(0, time(13))}
    assert week_of(1, 2, 5, times=same_day)[:2] == ["Mon 07:30 prompt", "Mon 13:00 reminder"]


def test_a_week_without_a_focus_brings_nothing() -> None:
    assert due(wheel(focuses=["2026-12"]), "2026-11-02", "2026-11-29") == []


def test_a_week_across_two_months_belongs_to_the_first() -> None:
    weeks = ("2026-08-31", "2026-09-07")
    assert due(wheel(focuses=["2026-08"]), *weeks, "prompt") == [
        "Mon 31.08 07:30 prompt 2026-W36 2026-08-31 < 31.08 16:00"
    ]
    assert due(wheel(focuses=["2026-09"]), *weeks, "prompt") == [
        "Mon 07.09 07:30 prompt 2026-W37 2026-09-07 < 07.09 16:00"
    ]


def test_a_focus_for_a_month_without_school_is_not_sent() -> None:
    assert due(wheel(focuses=["2026-07"]), "2026-06-01", "2026-08-31") == []


def test_a_focus_comes_on_the_months_first_school_day_however_late() -> None:
    assert due(wheel(focuses=["2026-08"]), "2026-08-01", "2026-08-17") == [
        "Mon 17.08 07:15 focus_staff 2026-08 2026-08-17 < 24.08 07:15",
        "Mon 17.08 07:30 prompt 2026-W34 2026-08-17 < 17.08 16:00",
        "Mon 17.08 16:30 focus_family 2026-08 2026-08-17 < 24.08 16:30",
    ]


def test_a_month_may_begin_on_its_last_day() -> None:
    calendar = Calendar((Term(date(2026, 8, 31), date(2026, 12, 18)),), {}, frozenset())
    made = wheel(calendar=calendar, focuses=["2026-08", "2026-09"])
    assert due(made, "2026-08-31", "2026-09-01", "focus_staff") == [
        "Mon 31.08 07:15 focus_staff 2026-08 2026-08-31 < 07.09 07:15",
        "Tue 01.09 07:15 focus_staff 2026-09 2026-09-01 < 08.09 07:15",
    ]


def late(found: Iterable[Moment]) -> dict[str, timedelta]:
    return {each.kind: each.too_late - each.due for each in found}


def test_the_deadline_is_at_least_half_an_hour_after_due() -> None:
    evening = time(23, 45)
    times: dict[str, TimeOfDay] = {
        "prompt": WeekTime(0, evening),
        "reminder": WeekTime(3, evening),
        "coverage": WeekTime(4, evening),
        "focus_staff": evening,
        "focus_family": evening,
        "campaign_notice": WeekTime(6, evening),
        "campaign_start": evening,
        "campaign_family": evening,
        "meeting_day_before": evening,
        "meeting_minutes_before": timedelta(minutes=10),
    }
    calendar = Calendar((Term(date(2026, 11, 2), date(2026, 11, 15)),), {}, frozenset())
    made = wheel(
        calendar=calendar,
        times=times,
        focuses=["2026-11"],
        campaigns=[CampaignWeek("c", IsoWeek(2026, 46), False)],
        meeting_series=[series("team", "2026-11-06T00:00", "FREQ=YEARLY")],
    )
    half = timedelta(minutes=30)
    lateness = late(moments(made, wall("2026-11-02T00:00"), wall("2026-11-10T00:00")))
    assert lateness == {
        "prompt": half,
        "reminder": half,
        "coverage": timedelta(days=3, minutes=15),
        "focus_staff": timedelta(days=7),
        "focus_family": timedelta(days=7),
        "meeting_day_before": half,
        "meeting_soon": half,
        "campaign_notice": timedelta(days=2, minutes=15),
        "campaign_start": timedelta(days=4, minutes=15),
    }


def test_the_interval_excludes_its_start_and_includes_its_end() -> None:
    before, at, after = (wall(f"2026-10-26T07:30:{second:02}") for second in (0, 0, 20))
    half = timedelta(seconds=10)
    assert [len(moments(FURULIA, *window)) for window in ((before - half, at), (at, after), (after, at))] == [
        1,
        0,
        0,
    ]


def test_any_time_zone_is_accepted_and_results_are_in_utc() -> None:
    after, until = wall("2026-10-26T00:00"), wall("2026-10-27T00:00")
    local = moments(FURULIA, after.astimezone(FURULIA.zone), until.astimezone(FURULIA.zone))
    assert local == moments(FURULIA, after, until)
    assert {(each.due.tzinfo, each.too_late.tzinfo) for each in local} == {(UTC, UTC)}


def test_naive_times_are_refused() -> None:
    aware, naive = wall("2026-10-26T00:00"), datetime.fromisoformat("2026-10-27T00:00")
    for window in ((aware, naive), (naive, aware)):
        with pytest.raises(ValueError, match="A moment needs its time zone"):
            moments(FURULIA, *window)


def test_a_school_with_nothing_has_nothing_due() -> None:
    bare = wheel(calendar=Calendar((), {}, frozenset()), focuses=["2026-10"], meeting_series=[TEAM])
    assert due(bare, "2026-01-01", "2027-12-31") == []
