"""Every message of the demo school's year is composed in every language it offers, and is short enough."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.content import school as school_file
from bot.content.message_length import TEXT_LIMIT, length
from bot.content.schools import FURULIA
from bot.i18n import language
from bot.press import Press
from bot.services import schools
from bot.turn import Actor, Letter, SchoolRef
from pals.roles import Role
from storage import groups, year_wheels
from storage.tables import Membership, MembershipGroup, Person, Standing
from tests.support.features import FEATURES
from tests.support.furulia import SCHEDULES, moments

START = datetime(2026, 8, 1, tzinfo=UTC)
END = datetime(2027, 7, 31, tzinfo=UTC)
READER = {"focus_family": Role.FAMILY, "campaign_family": Role.FAMILY}


async def member(db: AsyncSession, person_id: int, school_id: int, role: Role) -> int:
    """A role at the school, with its first two groups."""
    made = Membership(
        person_id=person_id, school_id=school_id, role=role, standing=Standing.ACTIVE, created_at=START
    )
    db.add(made)
    await db.flush()
    assert made.id is not None
    for group in (await groups.all_of(db, school_id))[:2]:
        db.add(MembershipGroup(membership_id=made.id, group_id=group.id))
    await db.flush()
    return made.id


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_message_of_the_demo_schools_year_can_be_composed(db: AsyncSession) -> None:
    """Staff in the team, with two groups that never answer, so that reminders and coverage are composed too."""
    file = school_file.read(FURULIA)
    school_id = (await schools.load(db, file, START)).school_id
    person = Person(telegram_id=1, language="nb", created_at=START)
    db.add(person)
    await db.flush()
    assert person.id is not None
    members = {role: await member(db, person.id, school_id, role) for role in (Role.TEAM, Role.FAMILY)}

    languages = tuple(file.school.languages)
    here = SchoolRef(school_id, file.school.slug, file.school.name, ZoneInfo(file.school.timezone), languages)
    letters = FEATURES.composers
    written = set()
    for moment in moments(await year_wheels.of_school(db, school_id), START, END):
        role = READER.get(moment.kind, Role.TEAM)
        reader = Actor(person.id, person.telegram_id, members[role], role, here)
        for code in languages:
            letter = Letter(
                db, moment.due, language(code), FEATURES, reader, moment.kind, moment.ref, moment.slot
            )
            said = await letters[moment.kind](letter)
            assert said is not None, moment
            assert 0 < length(said.text) <= TEXT_LIMIT, moment
            for button in (button for row in said.buttons for button in row):
                assert button.press is not None
                assert Press.unpack(button.press.pack()) == button.press
            written.add((moment.kind, code))
    assert written == {(kind, code) for kind in SCHEDULES for code in languages}
