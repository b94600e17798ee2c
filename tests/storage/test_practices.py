"""The week's practice: one answer a group and week (upsert), and coverage."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.behaviour import Answer
from pals.rates import Coverage
from pals.roles import Role
from storage import practices
from storage.practices import PracticeRow
from storage.tables import Group, Standing
from tests.support.people import MadePerson, MadeSchool, join, make_person

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
WEEK, NEXT_WEEK = "2026-W45", "2026-W46"


async def report(
    db: AsyncSession, school: MadeSchool, group: str, answer: Answer, who: MadePerson, *, now: datetime = NOW
) -> int | None:
    return await practices.report(
        db, school.id, school.groups[group], WEEK, answer, person_id=who.id, now=now
    )


def row_of(
    practice_id: int | None, school: MadeSchool, group: str, answer: Answer, who: MadePerson
) -> PracticeRow:
    assert practice_id is not None
    return PracticeRow(practice_id, school.groups[group], group, WEEK, answer, who.id, NOW)


async def test_the_last_answer_of_a_group_counts(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    first = await report(db, heia, "5B", Answer.NOT_YET, greet)
    later = NOW + timedelta(days=1)

    assert await report(db, heia, "5B", Answer.DONE, tor, now=later) == first

    ours = row_of(first, heia, "5B", Answer.DONE, tor)._replace(at=later)
    assert await practices.of_week(db, heia.id, WEEK) == [ours]
    assert await practices.of_group(db, heia.id, heia.groups["5B"], WEEK) == ours
    assert await practices.of_group(db, heia.id, heia.groups["5B"], NEXT_WEEK) is None


async def test_week_has_the_schools_own_answers(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, *, tor: MadePerson, stranger_teacher: MadePerson
) -> None:
    six = await report(db, heia, "6A", Answer.PARTLY, tor)
    five = await report(db, heia, "5B", Answer.DONE, tor)
    await report(db, fjern, "5B", Answer.NOT_YET, stranger_teacher)

    assert await practices.of_week(db, heia.id, WEEK) == [
        row_of(five, heia, "5B", Answer.DONE, tor),
        row_of(six, heia, "6A", Answer.PARTLY, tor),
    ]
    assert await practices.of_week(db, heia.id, NEXT_WEEK) == []
    assert await practices.of_group(db, heia.id, fjern.groups["5B"], WEEK) is None


async def test_report_through_another_school_writes_nothing(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, *, greet: MadePerson, stranger_teacher: MadePerson
) -> None:
    async def strange_report() -> int | None:
        return await practices.report(
            db, fjern.id, heia.groups["5B"], WEEK, Answer.NOT_YET, person_id=stranger_teacher.id, now=NOW
        )

    assert await strange_report() is None
    ours = row_of(await report(db, heia, "5B", Answer.DONE, greet), heia, "5B", Answer.DONE, greet)
    assert await strange_report() is None

    assert await practices.of_week(db, heia.id, WEEK) == [ours]
    assert await practices.of_week(db, fjern.id, WEEK) == []


async def test_coverage_counts_groups_with_staff_or_an_answer(
    db: AsyncSession,
    heia: MadeSchool,
    fjern: MadeSchool,
    *,
    greet: MadePerson,
    tor: MadePerson,
    amir: MadePerson,
    stranger_teacher: MadePerson,
) -> None:
    """5B has two adults and a parent, 6A one adult, SFO so far only a pending member."""
    await join(db, amir.id, heia, Role.STAFF, ["SFO"], standing=Standing.PENDING)
    await report(db, fjern, "5B", Answer.DONE, stranger_teacher)
    assert await practices.coverage(db, heia.id, WEEK) == Coverage(0, 0, 0, asked=2)

    await report(db, heia, "5B", Answer.DONE, greet)
    assert await practices.coverage(db, heia.id, WEEK) == Coverage(1, 0, 0, asked=2)

    await report(db, heia, "6A", Answer.PARTLY, tor)
    await report(db, heia, "SFO", Answer.NOT_YET, tor)
    assert await practices.coverage(db, heia.id, WEEK) == Coverage(1, 1, 1, asked=3)
    assert await practices.coverage(db, heia.id, NEXT_WEEK) == Coverage(0, 0, 0, asked=2)


async def test_coverage_of_a_school_without_staff_is_zero(db: AsyncSession, heia: MadeSchool) -> None:
    assert await practices.coverage(db, heia.id, WEEK) == Coverage(0, 0, 0, asked=0)


async def test_groups_without_answer_are_those_with_staff_and_no_answer(
    db: AsyncSession,
    heia: MadeSchool,
    fjern: MadeSchool,
    greet: MadePerson,
    tor: MadePerson,
    stranger_teacher: MadePerson,
) -> None:
    """SFO has a parent and a pending member of the staff: it was not asked."""
    await make_person(db, heia, Role.FAMILY, ["SFO"])
    await make_person(db, heia, Role.STAFF, ["SFO"], standing=Standing.PENDING)
    assert await practices.groups_without_answer(db, heia.id, WEEK) == ["5B", "6A"]
    assert await practices.groups_without_answer(db, fjern.id, WEEK) == ["5B"]
    await practices.report(db, heia.id, heia.groups["5B"], WEEK, Answer.NOT_YET, person_id=greet.id, now=NOW)
    assert await practices.groups_without_answer(db, heia.id, WEEK) == ["6A"]
    assert await practices.groups_without_answer(db, heia.id, "2026-W46") == ["5B", "6A"]
    assert await practices.groups_without_answer(db, fjern.id, WEEK) == ["5B"]
    await db.exec(update(Group).where(col(Group.id) == heia.groups["6A"]).values(active=False))
    assert await practices.groups_without_answer(db, heia.id, WEEK) == []
