"""Property-based tests of schedules: adjacent intervals add up, moments are unique and on school days."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.handlers.meetings import SOON as MEETING_AHEAD
from pals.calendar import Calendar, Term
from pals.weeks import IsoWeek
from pals.yearwheel import (
    CampaignWeek,
    FocusMonth,
    MeetingRecurrence,
    OnClosed,
    WeekTime,
    YearWheel,
)
from pals.zone import to_wall
from tests.support.furulia import FURULIA, MONTHS, OSLO, TIMES, moments, wall, wheel

BEGINS, ENDS = datetime(2026, 8, 1, tzinfo=UTC), datetime(2027, 7, 1, tzinfo=UTC)
LENGTH = int((ENDS - BEGINS).total_seconds())
# Both clock changes lie in the school year, and cuts are drawn to them more often than chance would.
CHANGES = (datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC))

by_day = st.times().filter(lambda at: not time(2) <= at < time(4))
week_times = st.builds(WeekTime, st.integers(0, 6), by_day)
some_times = st.fixed_dictionaries(
    {
        **dict.fromkeys(("prompt", "reminder", "coverage", "campaign_notice"), week_times),
        **dict.fromkeys(("focus_staff", "focus_family", "campaign_start", "campaign_family"), by_day),
        "meeting_day_before": by_day,
        "meeting_minutes_before": st.timedeltas(timedelta(0), timedelta(days=2)),
    }
)
school_dates = st.dates(date(2026, 8, 17), date(2027, 6, 18))
calendars = st.builds(
    lambda closed, planning: Calendar(
        (Term(date(2026, 8, 17), date(2026, 12, 18)), Term(date(2027, 1, 4), date(2027, 6, 18))),
        dict.fromkeys(closed, "Closed"),
        frozenset(planning),
    ),
    st.sets(school_dates, max_size=120),
    st.sets(school_dates, max_size=4),
)
meeting_series = st.builds(
    lambda starts, at, rule, on_closed: MeetingRecurrence(
        "team", "team", datetime.combine(starts, at), timedelta(hours=1), rule, on_closed
    ),
    school_dates,
    by_day.map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from(["FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY;BYDAY=-1TH"]),
    st.sampled_from(list(OnClosed)),
)
campaigns = st.sets(st.integers(1, 24), max_size=3).map(
    lambda weeks: tuple(CampaignWeek(f"c{week}", IsoWeek(2027, week), week % 2 == 0) for week in weeks)
)
focuses = st.sets(st.sampled_from(MONTHS)).map(
    lambda months: tuple(FocusMonth(month, date.fromisoformat(f"{month}-01")) for month in months)
)
wheels = st.builds(
    YearWheel,
    st.just(OSLO),
    calendars,
    some_times,
    focuses,
    campaigns,
    meeting_series.map(lambda one: (one,)),
)
cuts = st.integers(0, LENGTH).map(lambda second: BEGINS + timedelta(seconds=second)) | st.builds(
    lambda change, away: change + timedelta(minutes=away),
    st.sampled_from(CHANGES),
    st.integers(-26 * 60, 26 * 60),
)


@settings(max_examples=150, deadline=None)
@given(wheels, st.lists(cuts, max_size=25), st.data())
def test_adjacent_intervals_yield_what_their_union_does(
    wheel: YearWheel, where: list[datetime], data: st.DataObject
) -> None:
    whole = moments(wheel, BEGINS, ENDS)
    if whole:  # cut exactly at, and just beside, what is due: there an end may be counted twice or not at all
        near = data.draw(st.lists(st.sampled_from(whole).map(lambda each: each.due), max_size=25))
        where = [*where, *near, *(each - timedelta(microseconds=1) for each in near)]
    edges = sorted({BEGINS, ENDS, *where})
    parts = [each for after, until in pairwise(edges) for each in moments(wheel, after, until)]
    assert parts == whole


@settings(max_examples=150, deadline=None)
@given(wheels)
def test_moments_are_unique_and_on_school_days(wheel: YearWheel) -> None:
    found = moments(wheel, BEGINS, ENDS)
    assert len({(each.kind, each.ref, each.slot) for each in found}) == len(found)
    assert found == sorted(found)
    for each in found:
        assert each.too_late >= each.due + timedelta(minutes=30)
        day = to_wall(each.due, OSLO).date()
        if each.kind == "meeting_day_before":
            assert wheel.calendar.is_work_day(day)
            assert day < date.fromisoformat(each.slot[:10])
        elif each.kind == "meeting_soon":
            assert wheel.calendar.is_work_day(date.fromisoformat(each.slot[:10]))
            assert each.due == wall(each.slot) - MEETING_AHEAD.at(wheel)
        else:
            assert wheel.calendar.is_school_day(day)
            assert each.slot == day.isoformat()


@settings(max_examples=100, deadline=None)
@given(wheels)
def test_a_week_has_at_most_one_of_each_and_never_before_its_prompt(wheel: YearWheel) -> None:
    found = moments(wheel, BEGINS, ENDS)
    prompts = {each.ref: each for each in found if each.kind == "prompt"}
    for kind in ("reminder", "coverage"):
        weeks = [each for each in found if each.kind is kind]
        assert len({each.ref for each in weeks}) == len(weeks)
        assert all(each.due > prompts[each.ref].due for each in weeks)
    assert {IsoWeek.of(date.fromisoformat(each.slot)) for each in prompts.values()} == set(
        map(IsoWeek.parse, prompts)
    )


def test_every_twenty_seconds_of_a_week_add_up_to_the_week() -> None:
    tick = timedelta(seconds=20)
    begins, ends = wall("2026-10-24T12:00"), wall("2026-10-27T12:00")
    found, now = [], begins
    while now < ends:
        found += moments(FURULIA, now, now + tick)
        now += tick
    assert found == moments(FURULIA, begins, ends)
    assert [each.kind for each in found] == ["prompt"]


def test_dst_transition_at_midnight_loses_and_duplicates_nothing() -> None:
    # Cairo's clock goes from 00:00 to 01:00 on a Friday in April, and back as a Thursday in October ends.
    cairo = ZoneInfo("Africa/Cairo")
    night = {**TIMES, "reminder": WeekTime(3, time(23, 55)), "coverage": WeekTime(4, time(0, 30))}
    calendar = Calendar((Term(date(2026, 8, 1), date(2027, 6, 30)),), {}, frozenset())
    made = wheel(zone=cairo, calendar=calendar, times=night, focuses=MONTHS)
    for first, last, expected in (
        ("2026-10-29T22:00", "2026-10-30T02:00", ["2026-10-29T20:55Z", "2026-10-29T22:30Z"]),
        ("2027-04-29T22:00", "2027-04-30T04:00", ["2027-04-29T21:55Z", "2027-04-29T22:30Z"]),
    ):
        begins, ends = wall(first, cairo), wall(last, cairo)
        edges = [
            begins + timedelta(minutes=10 * step) for step in range(int((ends - begins).seconds / 600) + 1)
        ]
        found = [each for after, until in pairwise(edges) for each in moments(made, after, until)]
        assert [each.due for each in found] == [datetime.fromisoformat(moment) for moment in expected]
