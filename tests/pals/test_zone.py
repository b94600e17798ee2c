"""Conversion between wall time and UTC, around DST transitions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pals.zone import to_utc, to_wall
from tests.support.furulia import OSLO


@pytest.mark.parametrize(
    ("wall", "moment"),
    [
        ("2026-10-24T07:30", "2026-10-24T05:30Z"),
        ("2026-10-25T01:59", "2026-10-24T23:59Z"),
        ("2026-10-25T02:30", "2026-10-25T00:30Z"),  # shown twice: the first of the two
        ("2026-10-25T03:00", "2026-10-25T02:00Z"),
        ("2026-10-26T07:30", "2026-10-26T06:30Z"),
        ("2027-03-28T01:59", "2027-03-28T00:59Z"),
        ("2027-03-28T02:00", "2027-03-28T01:00Z"),  # not shown at all: an hour on, past the gap
        ("2027-03-28T02:30", "2027-03-28T01:30Z"),
        ("2027-03-28T03:00", "2027-03-28T01:00Z"),
        ("2027-03-29T07:30", "2027-03-29T05:30Z"),
    ],
)
def test_wall_time_to_utc_around_dst_transitions(wall: str, moment: str) -> None:
    assert to_utc(datetime.fromisoformat(wall), OSLO) == datetime.fromisoformat(moment)


def test_both_hours_of_a_dst_fold_have_the_same_wall_time() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    shown = [to_wall(first, OSLO), to_wall(first + timedelta(hours=1), OSLO)]
    assert shown == [datetime.fromisoformat("2026-10-25T02:30")] * 2
    assert [each.fold for each in shown] == [0, 0]


def test_naive_and_aware_times_are_not_mixed_up() -> None:
    with pytest.raises(ValueError, match=r"^A wall time carries no time zone\.$"):
        to_utc(datetime(2026, 10, 1, tzinfo=UTC), OSLO)
    with pytest.raises(ValueError, match=r"^A moment needs its time zone\.$"):
        to_wall(datetime.fromisoformat("2026-10-01T07:30"), OSLO)


@given(st.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2040-01-01")))
def test_round_trip_of_wall_times_outside_the_dst_gap(wall: datetime) -> None:
    back = to_wall(to_utc(wall, OSLO), OSLO)
    in_the_gap = wall.month == 3 and wall.hour == 2 and back != wall
    assert back == (wall + timedelta(hours=1) if in_the_gap else wall)
