"""The school before the curtain rises: its people in rows, and what they have done in the last two school weeks.

Nothing here is drawn by lot: the same file at the same time gives the same school.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.content.school_file import SchoolFile
from bot.demo.people import Accounts, Character
from bot.services import schools
from pals.behaviour import Answer
from pals.roles import STAFF_ROLES, Role
from pals.weeks import IsoWeek
from pals.yearwheel import YearWheel, practice_index
from pals.zone import to_utc, to_wall
from storage import groups, matrix, memberships, people, practices, recognitions, wheels
from storage.tables import Standing

JOINED_BEFORE = timedelta(days=60)
WEEKS_BACK = 2
DAYS_BACK = timedelta(days=14)
PRAISES_A_DAY = 9
ANSWERS = (*[Answer.DONE] * 7, Answer.PARTLY, Answer.PARTLY, Answer.NOT_YET, None)
"""What groups answer, one after another; None is a group that did not."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """An adult who works with groups, as rows know them."""

    person_id: int
    telegram_id: int
    group_ids: tuple[int, ...]


async def write(db: AsyncSession, file: SchoolFile, accounts: Accounts, now: datetime) -> int:
    """Writes the school, its people (with the numbers of their accounts) and their last weeks. Returns its id."""
    school_id = (await schools.load(db, file, now)).school_id
    ids = {group.name: group.id for group in await groups.all_of(db, school_id)}
    colleagues = []
    for character, telegram_id in accounts:
        mine = tuple(ids[name] for name in character.groups)
        person_id = await _join(db, school_id, character, telegram_id, mine, now - JOINED_BEFORE)
        if character.role in STAFF_ROLES and mine:
            colleagues.append(Colleague(person_id, telegram_id, mine))
    wheel = await wheels.of(db, school_id)
    await _answers(db, school_id, wheel, colleagues, now)
    await _praises(db, school_id, wheel, colleagues, now)
    return school_id


async def _join(
    db: AsyncSession,
    school_id: int,
    character: Character,
    telegram_id: int,
    group_ids: tuple[int, ...],
    since: datetime,
) -> int:
    person_id = await people.create(db, telegram_id, character.language, since, language_chosen=True)
    name = None if character.role is Role.FAMILY else character.name
    membership_id = await memberships.add(
        db, school_id, person_id, character.role, Standing.ACTIVE, since, name
    )
    assert membership_id is not None  # noqa: S101 - the person is new
    await people.choose_membership(db, person_id, membership_id)
    await memberships.set_groups(db, school_id, membership_id, group_ids)
    return person_id


async def _answers(
    db: AsyncSession, school_id: int, wheel: YearWheel, colleagues: list[Colleague], now: datetime
) -> None:
    """What each group answered to the practices of the last weeks, some hours or days after it was asked."""
    week = IsoWeek.of(to_wall(now, wheel.zone).date())
    for back in range(1, WEEKS_BACK + 1):
        week = week.previous()
        if practice_index(wheel, week) is None:
            continue
        days = wheel.calendar.in_week(week)
        answered: set[int] = set()
        for number, colleague in enumerate(colleagues):
            answer = ANSWERS[(3 * number + 5 * back) % len(ANSWERS)]
            group_id = colleague.group_ids[0]
            if answer is None or group_id in answered:
                continue
            answered.add(group_id)
            wall = datetime.combine(days[number % len(days)], time(9 + number % 6, 7 * number % 60))
            at = to_utc(wall, wheel.zone)
            await practices.report(
                db, school_id, group_id, str(week), answer, person_id=colleague.person_id, now=at
            )


async def _praises(
    db: AsyncSession, school_id: int, wheel: YearWheel, colleagues: list[Colleague], now: datetime
) -> None:
    """A handful on each school day, by one adult after another, of what the month is about."""
    wall = to_wall(now, wheel.zone)
    number = 0
    for day in wheel.calendar.school_days((wall - DAYS_BACK).date(), wall.date() - timedelta(days=1)):
        seen = await matrix.of_month(db, school_id, f"{day:%Y-%m}")
        for turn in range(PRAISES_A_DAY if seen and colleagues else 0):
            number += 1
            colleague = colleagues[(7 * number) % len(colleagues)]
            at = datetime.combine(day, time(8 + turn * 6 // PRAISES_A_DAY, 13 * number % 60))
            await recognitions.add(
                db,
                school_id,
                group_id=colleague.group_ids[number % len(colleague.group_ids)],
                expectation_id=seen[number % len(seen)].id,
                person_id=colleague.person_id,
                at=to_utc(at, wheel.zone),
                day=day,
                origin_chat=colleague.telegram_id,
                origin_message=-number,  # below every number that a message of the chat will ever have
            )
