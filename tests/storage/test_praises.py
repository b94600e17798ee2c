"""Ros: written once, moved and undone by its own adult only, counted for its own school only."""

from datetime import UTC, date, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import praises
from storage.praises import PraiseCounts, PraiseRow, PraiseTarget
from tests.support.databases import statements_on
from tests.support.people import MadePerson, MadeSchool

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 2)
A_DAY_AGO = NOW - timedelta(days=1)


async def praise(
    db: AsyncSession, school: MadeSchool, who: MadePerson, message: int, *, day: date = TODAY
) -> int | None:
    return await praises.add(
        db,
        school.id,
        group_id=school.groups["5B"],
        expectation_id=school.expectations["gang-hilser"],
        person_id=who.id,
        at=NOW,
        day=day,
        idempotency_key=f"{who.telegram_id}:{message}",
    )


async def praised(db: AsyncSession, school: MadeSchool, who: MadePerson, message: int = 1) -> int:
    recognition_id = await praise(db, school, who, message)
    assert recognition_id is not None
    return recognition_id


def row_of(recognition_id: int, school: MadeSchool, who: MadePerson) -> PraiseRow:
    return PraiseRow(
        id=recognition_id,
        group_id=school.groups["5B"],
        expectation_id=school.expectations["gang-hilser"],
        person_id=who.id,
        at=NOW,
        day=TODAY,
        undone_at=None,
    )


async def test_a_group_and_an_expectation_are_named_when_both_are_the_schools(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    group, expectation = heia.groups["5B"], heia.expectations["gang-hilser"]

    found = await praises.target(db, heia.id, group, expectation)
    strange = [
        await praises.target(db, heia.id, fjern.groups["5B"], expectation),
        await praises.target(db, heia.id, group, fjern.expectations["gang-hilser"]),
        await praises.target(db, fjern.id, group, expectation),
    ]

    assert found == PraiseTarget("5B", {"nb": "Vi hilser", "en": "We say hello"})
    assert strange == [None, None, None]


async def test_a_tap_writes_once(db: AsyncSession, heia: MadeSchool, greet: MadePerson) -> None:
    with statements_on(db) as seen:
        first = await praise(db, heia, greet, 1)
    assert len([statement for statement in seen if not statement.startswith("BEGIN")]) == 1

    again, other = await praise(db, heia, greet, 1), await praise(db, heia, greet, 2)

    assert first is not None
    assert again is None
    assert other not in (None, first)
    assert await praises.by_id(db, heia.id, first) == row_of(first, heia, greet)
    assert await praises.counts(db, heia.id, TODAY, TODAY) == PraiseCounts(2, 1)


async def test_two_people_may_tap_messages_of_the_same_number(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    written = [await praise(db, heia, who, 1) for who in (greet, tor)]

    assert None not in written
    assert await praises.counts(db, heia.id, TODAY, TODAY) == PraiseCounts(2, 2)


async def test_ones_own_is_undone_once(db: AsyncSession, heia: MadeSchool, greet: MadePerson) -> None:
    mine = await praised(db, heia, greet)

    undone = [await praises.undo(db, heia.id, mine, greet.id, now=NOW, since=A_DAY_AGO) for _ in range(2)]

    assert undone == [True, False]
    assert await praises.by_id(db, heia.id, mine) == row_of(mine, heia, greet)._replace(undone_at=NOW)
    assert await praises.counts(db, heia.id, TODAY, TODAY) == PraiseCounts(0, 0)
    assert await praises.count_of_person(db, heia.id, greet.id, TODAY, TODAY) == 0
    assert not await praises.change(db, heia.id, mine, greet.id, group_id=heia.groups["6A"])
    assert await praise(db, heia, greet, 1) is None


async def test_what_is_too_old_is_not_undone(db: AsyncSession, heia: MadeSchool, greet: MadePerson) -> None:
    mine = await praised(db, heia, greet)
    late = NOW + timedelta(days=1, seconds=1)

    assert not await praises.undo(db, heia.id, mine, greet.id, now=late, since=late - timedelta(days=1))
    assert await praises.by_id(db, heia.id, mine) == row_of(mine, heia, greet)


async def test_ones_own_moves_to_another_group_and_expectation(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    mine, before = await praised(db, heia, greet), await praised(db, heia, greet, 2)
    group_id, expectation_id = heia.groups["6A"], heia.expectations["ute-deler"]

    assert await praises.change(db, heia.id, mine, greet.id, group_id=group_id)
    assert await praises.by_id(db, heia.id, mine) == row_of(mine, heia, greet)._replace(group_id=group_id)

    assert await praises.change(db, heia.id, mine, greet.id, expectation_id=expectation_id)
    assert await praises.by_id(db, heia.id, mine) == row_of(mine, heia, greet)._replace(
        group_id=group_id, expectation_id=expectation_id
    )
    assert await praises.by_id(db, heia.id, before) == row_of(before, heia, greet)


async def test_nobody_else_changes_it_not_a_colleague_and_not_a_stranger(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    """A school that is not the row's own sees nothing, even with the right person's number."""
    mine = await praised(db, heia, greet)

    for school, who in ((heia, tor), (fjern, greet)):
        assert not await praises.undo(db, school.id, mine, who.id, now=NOW, since=A_DAY_AGO)
        assert not await praises.change(db, school.id, mine, who.id, group_id=school.groups["6A"])

    assert await praises.by_id(db, fjern.id, mine) is None
    assert await praises.by_id(db, heia.id, mine) == row_of(mine, heia, greet)


async def test_counts_are_the_schools_own_and_of_those_days(
    db: AsyncSession,
    heia: MadeSchool,
    fjern: MadeSchool,
    *,
    greet: MadePerson,
    tor: MadePerson,
    stranger_teacher: MadePerson,
) -> None:
    days = [TODAY - timedelta(days=1), TODAY, TODAY, TODAY + timedelta(days=1)]
    for message, day in enumerate(days):
        await praise(db, heia, greet, message, day=day)
        await praise(db, fjern, stranger_teacher, message, day=day)
    await praise(db, heia, tor, 9)

    assert await praises.counts(db, heia.id, TODAY, TODAY) == PraiseCounts(3, 2)
    assert await praises.counts(db, heia.id, days[0], days[-1]) == PraiseCounts(5, 2)
    assert await praises.count_of_person(db, heia.id, greet.id, TODAY, days[-1]) == 3
    assert await praises.count_of_person(db, heia.id, stranger_teacher.id, days[0], days[-1]) == 0
