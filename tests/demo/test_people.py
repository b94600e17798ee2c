"""Who is at the demo's school, and when it begins."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from bot import demo
from bot.demo import people
from pals.roles import STAFF_ROLES, Role
from tests.demo.conftest import LITEN


def test_every_role_and_every_group_has_its_people() -> None:
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
def test_three_have_phones_and_the_family_is_of_the_teachers_class(path: object, expected: object) -> None:
    """They come first, and the family reads a language that is not Norwegian wherever the school has one."""
    cast = people.cast(demo.school_file(LITEN if path else None))
    assert [(c.role, c.groups, c.language) for c in cast if c.shown] == expected
    assert [c.shown for c in cast[:4]] == [True, True, True, False]


def test_it_begins_on_a_monday_close_to_the_first_of_a_month() -> None:
    """Of those the one after the clocks changed: 06:50 on the wall is 05:50 UTC then, and was 04:50 a week before."""
    clock = demo.clock_of(demo.school_file(None), None)
    assert clock.now().replace(second=0, microsecond=0) == datetime(2026, 10, 26, 5, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-09-14T07:00", datetime(2026, 9, 14, 5, 0, tzinfo=UTC)),
        ("2026-09-14T07:00+00:00", datetime(2026, 9, 14, 7, 0, tzinfo=UTC)),
    ],
)
def test_it_begins_when_it_is_told(at: str, expected: datetime) -> None:
    """A time without an offset is the school's own."""
    clock = demo.clock_of(demo.school_file(None), at)
    assert clock.now().replace(second=0, microsecond=0) == expected


def test_a_time_that_is_none_is_refused_in_words() -> None:
    """Whoever wrote it is told how to write it."""
    with pytest.raises(ValueError, match="“monday” is no time"):
        demo.clock_of(demo.school_file(None), "monday")
