"""Seed data: the school, its users, and two weeks of simulated praise and practice."""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.demo.colleagues import Colleague, Colleagues, rounds
from bot.demo.people import Accounts
from bot.services import schools
from pals.content import SchoolContent
from pals.roles import STAFF_ROLES, Role
from storage import groups, memberships, people, year_wheels
from storage.tables import Standing

JOINED_BEFORE = timedelta(days=60)
WORKED_BEFORE = timedelta(days=14)


async def write(db: AsyncSession, file: SchoolContent, accounts: Accounts, now: datetime) -> Colleagues:
    """Seeds the school, its users (with the ids of their accounts) and their history.

    Returns the simulated staff; the groups of the teacher on the page are left to the visitor.
    """
    school_id = (await schools.load(db, file, now)).school_id
    ids = {group.name: group.id for group in await groups.all_of(db, school_id)}
    since = now - JOINED_BEFORE
    staff, left_to_visitor = [], set()
    for character, telegram_id in accounts:
        own = tuple(ids[name] for name in character.groups)
        person_id = await people.create(db, telegram_id, character.language, since, language_chosen=True)
        name = None if character.role is Role.FAMILY else character.name
        membership_id = await memberships.add(
            db, school_id, person_id, character.role, Standing.ACTIVE, since, name
        )
        assert membership_id is not None  # noqa: S101 - the person is new
        await people.choose_membership(db, person_id, membership_id)
        await memberships.set_groups(db, school_id, membership_id, own)
        if character.role in STAFF_ROLES and own:
            staff.append(Colleague(person_id, own, character.shown))
            left_to_visitor |= set(own) if character.shown else set()
    wheel = await year_wheels.of_school(db, school_id)
    before = Colleagues(school_id, wheel, tuple(staff))
    for moment in rounds(wheel, now - WORKED_BEFORE, now):
        await before.work(db, moment)
    return Colleagues(school_id, wheel, tuple(c for c in staff if not c.shown), frozenset(left_to_visitor))
