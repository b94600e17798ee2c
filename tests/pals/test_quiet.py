"""Quiet hours: which deliveries are postponed, and until when."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pals.quiet import QuietHours, when_to_send
from pals.zone import to_wall
from tests.support.furulia import OSLO, wall

NIGHT = QuietHours(time(20, 30), time(6, 30))
DINNER = QuietHours(time(16), time(17))
NEVER = QuietHours(time(8), time(8))


@pytest.mark.parametrize(
    ("hours", "at", "silent"),
    [
        (NIGHT, time(20, 29), False),
        (NIGHT, time(20, 30), True),
        (NIGHT, time(0), True),
        (NIGHT, time(6, 29), True),
        (NIGHT, time(6, 30), False),
        (DINNER, time(15, 59), False),
        (DINNER, time(16), True),
        (DINNER, time(17), False),
        (NEVER, time(8), False),
        (NEVER, time(20), False),
    ],
)
def test_quiet_hours_are_a_half_open_interval(hours: QuietHours, at: time, silent: bool) -> None:
    assert hours.covers(at) is silent


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("2026-11-05T20:30", "2026-11-06T06:30"),
        ("2026-11-06T03:00", "2026-11-06T06:30"),
        ("2026-11-06T06:30", "2026-11-06T06:30"),
        ("2026-11-06T12:00", "2026-11-06T12:00"),
    ],
)
def test_quiet_hours_end_on_the_next_morning(at: str, ends: str) -> None:
    assert NIGHT.end_after(datetime.fromisoformat(at)) == datetime.fromisoformat(ends)


@pytest.mark.parametrize(
    ("due", "quiet", "sent"),
    [
        ("2026-11-05T12:00", (NIGHT, None), "2026-11-05T12:00"),
        ("2026-11-05T21:00", (None, NIGHT), "2026-11-06T06:30"),
        ("2026-11-05T21:00", (), "2026-11-05T21:00"),
        ("2026-11-05T21:00", (NIGHT, QuietHours(time(6), time(8))), "2026-11-06T08:00"),
        (
            "2026-11-05T21:00",
            (QuietHours(time(6), time(8)), NIGHT, QuietHours(time(8), time(9))),
            "2026-11-06T09:00",
        ),
        ("2026-10-24T21:00", (NIGHT,), "2026-10-25T06:30"),
        ("2027-03-27T21:00", (NIGHT,), "2027-03-28T06:30"),
    ],
)
def test_message_is_postponed_to_the_end_of_all_quiet_hours(
    due: str, quiet: tuple[QuietHours | None, ...], sent: str
) -> None:
    assert when_to_send(wall(due), OSLO, *quiet) == wall(sent)


def test_quiet_hours_that_cover_the_day_leave_only_the_first() -> None:
    day = QuietHours(time(6, 30), time(20, 30))
    assert when_to_send(wall("2026-11-05T21:00"), OSLO, NIGHT, day) == wall("2026-11-06T06:30")
    assert when_to_send(wall("2026-11-05T21:00"), OSLO, day, NIGHT) == wall("2026-11-05T21:00")


def test_quiet_hours_in_a_dst_fold_end_later_and_never_before() -> None:
    hours = QuietHours(time(2), time(2, 45))
    second = wall("2026-10-25T02:30") + timedelta(hours=1)
    assert when_to_send(second, OSLO, hours) == second + timedelta(minutes=15)


def test_naive_due_time_is_refused() -> None:
    with pytest.raises(ValueError, match="A moment needs its time zone"):
        when_to_send(datetime.fromisoformat("2026-11-05T21:00"), OSLO, NIGHT)


HOURS = st.builds(QuietHours, st.times(), st.times())


@given(
    st.datetimes(datetime.fromisoformat("2026-10-23"), datetime.fromisoformat("2027-03-30")),
    st.lists(st.none() | HOURS, max_size=4),
)
def test_nothing_is_sent_early_or_in_quiet_hours(due: datetime, quiet: list[QuietHours | None]) -> None:
    moment = wall(due.isoformat())
    sent = when_to_send(moment, OSLO, *quiet)
    assert sent >= moment
    wishes = [hours for hours in quiet if hours is not None]
    shown = to_wall(sent, OSLO).time()
    spoken = [each for each in map(time, range(24)) if not any(hours.covers(each) for hours in wishes)]
    if spoken:  # a full hour outside all quiet hours proves that they do not cover the day
        assert not any(hours.covers(shown) for hours in wishes)
    elif wishes:
        assert not wishes[0].covers(shown)
