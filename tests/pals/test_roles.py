"""The table of roles and permissions, cell by cell, so that every change of it shows in a diff."""

import pytest

from pals.roles import STAFF_ROLES, UNDO_WINDOW, May, Role, may

TABLE = """
                    leader  team  staff  advisor  owner  family
log                 yes     yes   yes    -        -      -
undo_own            yes     yes   yes    -        -      -
report_practice     yes     yes   yes    -        -      -
read_staff_text     yes     yes   yes    -        -      -
read_family_text    yes     yes   yes    -        -      yes
copy_family_text    yes     yes   yes    -        -      -
see_meetings        yes     yes   -      yes      -      -
see_school_numbers  yes     yes   -      -        -      -
see_coverage        yes     yes   -      yes      yes    -
see_own_counts      yes     yes   yes    -        -      -
announce            yes     -     -      -        -      -
invite              yes     -     -      -        -      -
confirm             yes     -     -      -        -      -
remove              yes     -     -      -        -      -
settings            yes     -     -      -        -      -
handover            yes     yes   yes    -        -      -
receive_handover    yes     -     -      -        -      -
"""

ROLES, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [(role, row[0], answer == "yes") for row in ROWS for role, answer in zip(ROLES, row[1:], strict=True)]


@pytest.mark.parametrize(("role", "what", "allowed"), CELLS)
def test_role_has_the_permissions_of_the_table(role: str, what: str, allowed: bool) -> None:
    assert may(Role(role), May(what)) is allowed


def test_the_table_has_every_role_and_every_permission() -> None:
    assert list(Role) == ROLES
    assert [row[0] for row in ROWS] == list(May)


def test_staff_are_the_adults_who_log() -> None:
    assert {role for role in Role if may(role, May.LOG)} == STAFF_ROLES
    assert UNDO_WINDOW.total_seconds() == 24 * 60 * 60
