"""The simulated users of the demo's school, and the demo's initial time."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from bot import demo
from bot.demo import people
from pals.roles import STAFF_ROLES, Role
from tests.demo.conftest import LITEN


def test_every_role_and_every_group_has_users() -> None:
    """Furulia has sixty adults with its head, a team of five, and a family in every class and four in 5B."""
    file = demo.school_file(None)
    cast = people.cast(file)
    assert Counter(c.role for c in cast) == {
        Role.LEADER: 1,
        Role.TEAM: 5,
        Role.STAFF: 54,
        Role.ADVISOR: 1,
        Role.OWNER: 1,
        Role.FAMILY: 25,
    }
    adults = [c for c in cast if c.role in STAFF_ROLES]
    assert {name for c in adults for name in c.groups} == {group.name for group in file.groups}
    assert len({c.name for c in adults}) == 60
    families = [c for c in cast if c.role is Role.FAMILY]
    assert {c.language for c in families} == {"nb", "nn", "en", "ar", "uk"}
    assert Counter(len(c.groups) for c in families) == {1: 25}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (None, [("leader", (), "nb"), ("staff", ("5B",), "nb"), ("family", ("5B",), "ar")]),
        (LITEN, [("leader", (), "nb"), ("staff", ("4A",), "nb"), ("family", ("4A",), "en")]),
    ],
)
def test_three_users_have_phones_and_the_family_is_of_the_teachers_class(
    path: object, expected: object
) -> None:
    """They come first, and the family reads a language that is not Norwegian wherever the school has one."""
    cast = people.cast(demo.school_file(LITEN if path else None))
    assert [(c.role, c.groups, c.language) for c in cast if c.shown] == expected
    assert [c.shown for c in cast[:4]] == [True, True, True, False]


def test_initial_time_is_a_monday_shortly_before_a_new_month() -> None:
    """After the DST transition: 06:50 local time is 05:50 UTC then, and was 04:50 a week before."""
    clock = demo.clock_of(demo.school_file(None), None)
    assert clock.now().replace(second=0, microsecond=0) == datetime(2026, 10, 26, 5, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-09-14T07:00", datetime(2026, 9, 14, 5, 0, tzinfo=UTC)),
        ("2026-09-14T07:00+00:00", datetime(2026, 9, 14, 7, 0, tzinfo=UTC)),
    ],
)
def test_initial_time_from_the_command_line(at: str, expected: datetime) -> None:
    """A time without an offset is the school's own."""
    clock = demo.clock_of(demo.school_file(None), at)
    assert clock.now().replace(second=0, microsecond=0) == expected


def test_invalid_time_raises_value_error_with_an_example() -> None:
    """The message gives the format."""
    with pytest.raises(ValueError, match="“monday” is no time"):
        demo.clock_of(demo.school_file(None), "monday")
