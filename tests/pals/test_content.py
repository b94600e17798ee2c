"""A school's content validates itself when it is made, parses plain data, and is patched by a diff."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pals.calendar import Term
from pals.content import (
    Change,
    ChangeKind,
    ContentError,
    Month,
    SchoolContent,
    StaleChangeError,
    Violation,
    as_json,
    parse_school,
    patched,
    plan_changes,
    stored_school,
    taken_back,
)
from pals.content.changes import readers
from pals.content.parts import (
    ClosedDays,
    MatrixHeading,
    SchoolCalendar,
    SchoolCampaign,
    SchoolExpectation,
    SchoolFacts,
    SchoolFocus,
    SchoolGroup,
    SchoolMeeting,
    SchoolPractice,
)
from pals.quiet import QuietHours
from pals.roles import STAFF_ROLES, Role
from pals.weeks import IsoWeek

HI = {"nb": "Hei"}
SCHOOL = SchoolContent(
    school=SchoolFacts(slug="bakken", name="Bakken skole", languages=("nb", "en")),
    calendar=SchoolCalendar(terms=(Term(date(2026, 8, 17), date(2027, 6, 18)),)),
    groups=tuple(SchoolGroup(name=name, kind="class", grade=1, size=20) for name in ("1A", "1B", "1C")),
    values=(MatrixHeading("ansvar", HI), MatrixHeading("omsorg", HI)),
    areas=(MatrixHeading("gang", HI), MatrixHeading("ute", HI)),
    expectations=(
        SchoolExpectation("rolig", "ansvar", "gang", HI),
        SchoolExpectation("med", "omsorg", "ute", HI),
    ),
    focuses=(SchoolFocus(Month(2026, 9), HI, ("rolig",), HI, HI, HI, (SchoolPractice("rolig", HI),)),),
    campaigns=(SchoolCampaign("sprak", IsoWeek(2027, 2), HI, HI),),
    meetings=(
        SchoolMeeting("team", "team", HI, datetime.fromisoformat("2026-08-20T14:00"), 60, "FREQ=WEEKLY"),
    ),
)


@pytest.mark.parametrize(
    ("make", "violations"),
    [
        (
            lambda: SchoolGroup(name="", kind="class", size=0),
            [
                (("name",), "name should be a text and is empty."),
                (("size",), "size should be a number and is ‘0’."),
            ],
        ),
        (lambda: SchoolGroup(name="1A", kind="class", size=20), [((), "1A has no grade.")]),
        (lambda: Term(date(2027, 6, 18), date(2026, 8, 17)), [((), "This term ends before it starts.")]),
        (
            lambda: ClosedDays(date(2027, 6, 18), date(2026, 8, 17), HI),
            [((), "These days end before they start.")],
        ),
        (
            lambda: SchoolExpectation("rolig", "ansvar", "gang", {"nb": "a" * 41, "en": ""}),
            [
                (("short", "nb"), "The text ‘aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…’ has 41 characters."),
                (("short", "en"), "en should be a text and is empty."),
            ],
        ),
        (
            lambda: replace(SCHOOL.meetings[0], rule="FREQ=DAILY;BYDAY=MO"),
            [(("rule",), "A rule of this frequency cannot say BYDAY.")],
        ),
        (
            lambda: replace(SCHOOL, quiet_hours=QuietHours(time(8), time(20)), groups=()),
            [(("groups",), "groups is empty.")],
        ),
        (
            lambda: replace(SCHOOL, values=SCHOOL.values[:1]),
            [(("expectations", 1, "value"), "There is no value with the key omsorg.")],
        ),
        (
            lambda: replace(SCHOOL.focuses[0], expectations=()),
            [(("expectations",), "expectations is empty.")],
        ),
    ],
)
def test_an_invalid_value_cannot_be_made(make: Any, violations: list[tuple[Any, str]]) -> None:
    with pytest.raises(ContentError) as refused:
        make()
    assert [(each.path, each.what) for each in refused.value.violations] == violations
    assert all(
        each.mend.endswith((".", "?")) and each.mend in str(refused.value)
        for each in refused.value.violations
    )


def test_texts_are_normalized_and_written_values_parsed() -> None:
    made = SchoolGroup(name=" 1A ", kind="class", grade="1", size="20")  # type: ignore[arg-type]
    assert made == SchoolGroup(name="1A", kind="class", grade=1, size=20)


def test_plain_data_is_parsed_into_what_was_serialized() -> None:
    assert parse_school(as_json(SCHOOL)) == SCHOOL
    assert stored_school(as_json(SCHOOL)) == SCHOOL


def test_a_time_that_is_not_stored_has_its_default() -> None:
    """A kind of message that is newer than the school's row needs no data migration."""
    stored = as_json(SCHOOL)
    del stored["times"]["focus_family"]
    assert plan_changes(stored_school(stored), SCHOOL) == ()


def test_what_was_valid_once_can_be_read_and_mended() -> None:
    """Rules that have become stricter do not keep a school from being loaded anew."""
    stored = as_json(SCHOOL)
    stored["expectations"] += [{**stored["expectations"][0], "key": key} for key in ("to", "tre", "fire")]
    with pytest.raises(ContentError):
        parse_school(stored)
    assert [change.key for change in plan_changes(stored_school(stored), SCHOOL)] == ["to", "tre", "fire"]


def test_a_broken_entry_is_left_out_and_the_others_are_compared() -> None:
    given = as_json(SCHOOL)
    given["groups"] = [{"name": "1A"}, *given["groups"], {**given["groups"][0], "name": "1b"}]
    with pytest.raises(ContentError) as refused:
        parse_school(given)
    assert refused.value.violations == (
        Violation(("groups", 0), "Number 1 of groups has no kind.", "Add kind: and its value."),
        Violation(("groups", 0), "Number 1 of groups has no size.", "Add size: and its value."),
        Violation(("groups", 4, "name"), "1b stands twice.", "Each may be there only once."),
    )


def test_the_diff_of_equal_contents_is_empty_and_a_new_school_adds_everything() -> None:
    assert plan_changes(SCHOOL, SCHOOL) == ()
    new = plan_changes(None, SCHOOL)
    assert {change.kind for change in new} == {ChangeKind.ADDED}
    assert len(new) == 4 + 3 + 2 + 2 + 2 + 3
    assert patched(None, new) == SCHOOL
    with pytest.raises(StaleChangeError, match="not removed"):
        patched(SCHOOL, taken_back(new))
    with pytest.raises(ValueError, match="two schools"):
        plan_changes(SCHOOL, replace(SCHOOL, school=replace(SCHOOL.school, slug="dalen")))


def test_a_change_tells_its_kind_and_what_differs() -> None:
    first, second, third = SCHOOL.groups
    wanted = replace(
        SCHOOL,
        times={**SCHOOL.times, "focus_staff": time(7)},
        groups=(third, replace(first, size=21)),
        campaigns=(),
    )
    changes = plan_changes(SCHOOL, wanted)
    assert [(each.section, each.key, each.kind, each.differing) for each in changes] == [
        ("times", "", ChangeKind.CHANGED, ("focus_staff",)),
        ("groups", "1A", ChangeKind.CHANGED, ("size",)),
        ("groups", "1B", ChangeKind.LAID_ASIDE, ()),
        ("groups", "", ChangeKind.REORDERED, ()),
        ("campaigns", "sprak", ChangeKind.REMOVED, ()),
    ]
    assert [each.only_shifts for each in changes] == [False] * 5
    shifted = plan_changes(SCHOOL, replace(SCHOOL, groups=(first, third)))
    assert [(each.key, each.only_shifts) for each in shifted] == [("1B", False), ("", True)]
    assert second == shifted[0].old


@pytest.mark.parametrize(
    ("before", "after", "roles"),
    [
        ("focuses", {"family": {"nb": "Hjem"}}, {Role.FAMILY}),
        ("focuses", {"staff": {"nb": "Vi"}}, STAFF_ROLES),
        ("focuses", {"title": {"nb": "Ny"}}, STAFF_ROLES | {Role.FAMILY}),
        ("campaigns", {"staff": {"nb": "Vi"}}, STAFF_ROLES),
        ("campaigns", {"title": {"nb": "Ny"}}, STAFF_ROLES),
        ("campaigns", {"family": {"nb": "Hjem"}}, {Role.FAMILY}),
        ("meetings", {"minutes": 30}, {Role.LEADER, Role.TEAM}),
        ("meetings", {"kind": "municipal"}, {Role.LEADER, Role.TEAM, Role.ADVISOR}),
        ("expectations", {"short": {"nb": "Ro"}}, STAFF_ROLES | {Role.FAMILY}),
        ("areas", {"name": {"nb": "Ute"}}, STAFF_ROLES),
        ("groups", {"size": 3}, set(Role)),
    ],
)
def test_a_change_affects_those_who_read_what_it_is_about(
    before: str, after: dict[str, Any], roles: set[Role]
) -> None:
    first, *others = getattr(SCHOOL, before)
    changed: dict[str, Any] = {before: (replace(first, **after), *others)}
    (change,) = plan_changes(SCHOOL, replace(SCHOOL, **changed))
    assert readers(change) == roles


def test_a_stale_change_is_refused() -> None:
    group = SCHOOL.groups[0]
    other = replace(group, size=5)
    with pytest.raises(StaleChangeError, match="1A has been changed since"):
        patched(SCHOOL, [Change("bakken", "groups", "1A", other, replace(group, size=6))])
    with pytest.raises(StaleChangeError, match="quiet_hours has been changed since"):
        patched(
            SCHOOL, [Change("bakken", "quiet_hours", "", QuietHours(time(21), time(6)), SCHOOL.quiet_hours)]
        )


GROUPS = st.lists(
    st.builds(
        lambda name, size: SchoolGroup(name=name, kind="sfo", size=size),
        st.sampled_from(["1A", "1B", "1C", "2A", "2B", "SFO"]),
        st.integers(1, 3),
    ),
    min_size=1,
    unique_by=lambda group: group.name,
).map(tuple)


@given(GROUPS, GROUPS, st.sampled_from([30, 60]), st.booleans())
def test_a_diff_is_applied_and_taken_back_again(
    old: tuple[SchoolGroup, ...], new: tuple[SchoolGroup, ...], minutes: int, campaign: bool
) -> None:
    before = replace(SCHOOL, groups=old)
    wanted = replace(
        SCHOOL,
        groups=new,
        times={**SCHOOL.times, "meeting_minutes_before": minutes},
        campaigns=SCHOOL.campaigns if campaign else (),
    )
    changes = plan_changes(before, wanted)
    assert patched(before, changes) == wanted
    assert patched(wanted, taken_back(changes)) == before
    assert (changes == ()) == (before == wanted)
    assert plan_changes(wanted, patched(before, changes)) == ()


def test_the_school_year_is_counted_from_august() -> None:
    calendar = SCHOOL.calendar
    assert calendar.school_year == (date(2026, 8, 1), date(2027, 7, 31))
    assert calendar.school_days()[0] - calendar.first == timedelta(0)
