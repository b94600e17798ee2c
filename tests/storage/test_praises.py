"""Praise: idempotent insert, undo of one's own within the window, each school for itself."""

from datetime import UTC, date, datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import praises
from storage.praises import PraiseTarget
from storage.tables import Praise
from tests.support.databases import statements_on
from tests.support.people import MadePerson, MadeSchool

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
A_DAY_AGO = NOW - timedelta(days=1)


async def praise(
    db: AsyncSession, school: MadeSchool, who: MadePerson, message: int, group: str = "5B"
) -> int | None:
    return await praises.add(
        db,
        school.id,
        group_id=school.groups[group],
        expectation_id=school.expectations["gang-hilser"],
        person_id=who.id,
        at=NOW,
        day=date(2026, 11, 2),
        idempotency_key=f"{who.telegram_id}:{message}",
    )


async def praised(db: AsyncSession, school: MadeSchool, who: MadePerson, message: int = 1) -> int:
    praise_id = await praise(db, school, who, message)
    assert praise_id is not None
    return praise_id


async def stored(db: AsyncSession) -> list[tuple[int | None, int, int | None, datetime | None]]:
    found = await db.exec(select(Praise).order_by(col(Praise.id)).execution_options(populate_existing=True))
    return [(row.id, row.school_id, row.person_id, row.undone_at) for row in found]


async def test_target_is_named_when_group_and_expectation_are_the_schools(
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


async def test_insert_is_idempotent_and_one_statement(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    with statements_on(db) as seen:
        first = await praise(db, heia, greet, 1)
    assert len([statement for statement in seen if not statement.startswith("BEGIN")]) == 1

    again, other = await praise(db, heia, greet, 1), await praise(db, heia, greet, 2)

    assert again is None
    assert None not in (first, other)
    assert await stored(db) == [(first, heia.id, greet.id, None), (other, heia.id, greet.id, None)]


async def test_idempotency_keys_of_two_people_differ(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    """Messages are numbered by chat, so two people may tap messages of the same number."""
    written = [await praise(db, heia, who, 1) for who in (greet, tor)]

    assert await stored(db) == [
        (written[0], heia.id, greet.id, None),
        (written[1], heia.id, tor.id, None),
    ]


async def test_row_is_found_by_its_key_at_its_school_until_it_is_undone(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    own, key = await praised(db, heia, greet), f"{greet.telegram_id}:1"

    found = [await praises.id_by_key(db, school.id, key) for school in (heia, fjern)]
    await praises.undo(db, heia.id, own, greet.id, now=NOW, since=A_DAY_AGO)

    assert found == [own, None]
    assert await praises.id_by_key(db, heia.id, key) is None


async def test_own_praise_is_undone_once_and_its_key_stays_used(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    own = await praised(db, heia, greet)

    undone = [await praises.undo(db, heia.id, own, greet.id, now=NOW, since=A_DAY_AGO) for _ in range(2)]

    assert undone == [True, False]
    assert await praise(db, heia, greet, 1) is None
    assert await stored(db) == [(own, heia.id, greet.id, NOW)]


async def test_praise_outside_the_undo_window_is_not_undone(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    own = await praised(db, heia, greet)
    late = NOW + timedelta(days=1, seconds=1)

    assert not await praises.undo(db, heia.id, own, greet.id, now=late, since=late - timedelta(days=1))
    assert await stored(db) == [(own, heia.id, greet.id, None)]


async def test_undo_is_refused_to_a_colleague_and_through_another_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    own = await praised(db, heia, greet)

    for school, who in ((heia, tor), (fjern, greet)):
        assert not await praises.undo(db, school.id, own, who.id, now=NOW, since=A_DAY_AGO)

    assert await stored(db) == [(own, heia.id, greet.id, None)]


async def test_last_group_is_the_persons_own_at_that_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    await praise(db, heia, greet, 1)
    await praise(db, heia, greet, 2, "6A")
    await praise(db, fjern, greet, 3)
    await praise(db, heia, tor, 4)

    assert await praises.last_group(db, heia.id, greet.id) == heia.groups["6A"]
    assert await praises.last_group(db, fjern.id, tor.id) is None
