"""Fixtures of rows: schools and people.

Every school is alike but for its name, so that a query that forgets to say which school it means finds
something that looks right, and is caught by its id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.tables import (
    Area,
    Campaign,
    Expectation,
    Focus,
    FocusExpectation,
    Group,
    GroupKind,
    MeetingSeries,
    Membership,
    MembershipGroup,
    Person,
    Prompt,
    School,
    Standing,
    Value,
)

START = datetime(2026, 8, 1, 6, 0, tzinfo=UTC)
"""When these rows were created."""

CALENDAR: dict[str, object] = {
    "terms": [{"first": "2026-08-17", "last": "2026-12-18"}, {"first": "2027-01-04", "last": "2027-06-18"}],
    "closed": [
        {"first": "2026-09-28", "last": "2026-10-02", "name": {"nb": "Høstferie", "en": "Autumn break"}},
        {"first": "2026-12-25", "last": "2026-12-25", "name": {"nb": "1. juledag", "en": "Christmas Day"}},
    ],
    "planning_days": ["2026-11-16"],
}
TIMES: dict[str, object] = {
    "prompt": {"day": "mon", "at": "07:30"},
    "reminder": {"day": "thu", "at": "13:00"},
    "coverage": {"day": "fri", "at": "12:00"},
    "focus_staff": "07:15",
    "focus_family": "16:30",
    "campaign_notice": {"day": "thu", "at": "14:00"},
    "campaign_start": "07:45",
    "campaign_family": "16:30",
    "meeting_day_before": "13:30",
    "meeting_minutes_before": 60,
}
GROUPS = (
    ("5B", GroupKind.CLASS, 5, 24),
    ("6A", GroupKind.CLASS, 6, 22),
    ("SFO", GroupKind.SFO, None, 60),
)
VALUES = (
    ("ansvar", "Ansvar", "Responsibility"),
    ("omsorg", "Omsorg", "Care"),
    ("respekt", "Respekt", "Respect"),
)
AREAS = (
    ("klasserom", "Klasserom", "Classroom"),
    ("gang", "Gang", "Corridor"),
    ("ute", "Uteområde", "Outdoors"),
)
EXPECTATIONS = (
    ("klasserom-hjelper", "omsorg", "klasserom", "Vi hjelper hverandre", "We help each other"),
    ("klasserom-rydder", "ansvar", "klasserom", "Vi rydder etter oss", "We tidy up"),
    ("gang-gaar-rolig", "respekt", "gang", "Vi går rolig", "We walk calmly"),
    ("gang-hilser", "omsorg", "gang", "Vi hilser", "We say hello"),
    ("ute-alle-med", "omsorg", "ute", "Alle får være med", "Everyone may join in"),
    ("ute-deler", "respekt", "ute", "Vi deler på plassen", "We share the space"),
)
FOCUS_KEY = "2026-11"
IN_FOCUS = ("gang-gaar-rolig", "gang-hilser", "klasserom-hjelper")
PROMPTS = (
    (
        "gang-gaar-rolig",
        "Gå turen sammen, og si høyt hva dere ser.",
        "Walk it together and say what you see.",
    ),
    ("gang-hilser", "Øv på å hilse i døra.", "Practise saying hello at the door."),
    (
        "klasserom-hjelper",
        "La to og to vise hvordan de spør om hjelp.",
        "Let pairs show how they ask for help.",
    ),
)


@dataclass(frozen=True)
class MadeSchool:
    """A school's ids, by the names and keys that stand in the constants above."""

    id: int
    slug: str
    name: str
    groups: dict[str, int]
    values: dict[str, int]
    areas: dict[str, int]
    expectations: dict[str, int]
    focus_id: int
    prompts: tuple[int, ...]
    campaign_id: int
    rhythm_id: int


@dataclass(frozen=True)
class MadePerson:
    id: int
    telegram_id: int
    language: str
    membership_id: int
    school_id: int
    role: Role
    groups: tuple[int, ...]


async def make_school(db: AsyncSession, slug: str = "liten") -> MadeSchool:
    """A whole school named after its slug, with a focus for November 2026 and no members."""
    school = School(
        slug=slug,
        name=f"{slug.capitalize()} skole",
        timezone="Europe/Oslo",
        languages=["nb", "nn", "en", "ar"],
        words={"sfo": "SFO"},
        calendar=CALENDAR,
        times=TIMES,
        quiet_hours={"from": "20:30", "to": "06:30"},
        planned_until=START,
        created_at=START,
    )
    db.add(school)
    await db.flush()
    assert school.id is not None
    groups = [
        Group(school_id=school.id, name=name, kind=kind, grade=grade, size=size, position=position)
        for position, (name, kind, grade, size) in enumerate(GROUPS)
    ]
    values = [
        Value(school_id=school.id, key=key, name={"nb": nb, "en": en}, position=position)
        for position, (key, nb, en) in enumerate(VALUES)
    ]
    areas = [
        Area(school_id=school.id, key=key, name={"nb": nb, "en": en}, position=position)
        for position, (key, nb, en) in enumerate(AREAS)
    ]
    focus = Focus(
        school_id=school.id,
        key=FOCUS_KEY,
        month=date(2026, 11, 1),
        title={
            "nb": "Rolig i gangen",
            "nn": "Roleg i gangen",
            "en": "Calm in the corridor",
            "ar": "الهدوء في الممر",
        },
        staff={"nb": "Denne måneden øver vi i gangen.", "en": "This month we practise in the corridor."},
        family={
            "nb": "På skolen øver vi på å gå rolig.",
            "en": "At school we practise walking calmly.",
            "ar": "نتدرب في المدرسة على المشي بهدوء.",
        },
        question={
            "nb": "Hvem hilste du på i dag?",
            "en": "Whom did you say hello to today?",
            "ar": "على من سلّمت اليوم؟",
        },
    )
    campaign = Campaign(
        school_id=school.id,
        key="sprak-vinter",
        week="2027-W02",
        title={"nb": "Språkuke", "en": "Language week"},
        staff={"nb": "Vi leter etter gode ord.", "en": "We look for good words."},
        family={"nb": "Denne uka samler vi gode ord.", "en": "This week we collect good words."},
    )
    series = MeetingSeries(
        school_id=school.id,
        key="pals-team",
        kind="team",
        name={"nb": "PALS-teammøte", "en": "PALS team meeting"},
        starts="2026-08-20T14:00",
        minutes=60,
        rule="FREQ=WEEKLY;INTERVAL=2",
        on_closed="skip",
    )
    db.add_all([*groups, *values, *areas, focus, campaign, series])
    await db.flush()
    value_ids = {value.key: _id(value.id) for value in values}
    area_ids = {area.key: _id(area.id) for area in areas}
    expectations = [
        Expectation(
            school_id=school.id,
            value_id=value_ids[value],
            area_id=area_ids[area],
            key=key,
            short={"nb": nb, "en": en},
            position=position,
        )
        for position, (key, value, area, nb, en) in enumerate(EXPECTATIONS)
    ]
    db.add_all(expectations)
    await db.flush()
    expectation_ids = {expectation.key: _id(expectation.id) for expectation in expectations}
    prompts = [
        Prompt(
            focus_id=_id(focus.id),
            expectation_id=expectation_ids[key],
            position=position,
            script={"nb": nb, "en": en},
        )
        for position, (key, nb, en) in enumerate(PROMPTS)
    ]
    db.add_all(prompts)
    db.add_all(
        FocusExpectation(focus_id=_id(focus.id), expectation_id=expectation_ids[key], position=position)
        for position, key in enumerate(IN_FOCUS)
    )
    await db.flush()
    return MadeSchool(
        id=school.id,
        slug=slug,
        name=school.name,
        groups={group.name: _id(group.id) for group in groups},
        values=value_ids,
        areas=area_ids,
        expectations=expectation_ids,
        focus_id=_id(focus.id),
        prompts=tuple(_id(prompt.id) for prompt in prompts),
        campaign_id=_id(campaign.id),
        rhythm_id=_id(series.id),
    )


async def make_person(
    db: AsyncSession,
    school: MadeSchool,
    role: Role,
    groups: Sequence[str] = (),
    *,
    language: str = "nb",
    name: str | None = None,
    standing: Standing = Standing.ACTIVE,
    quiet: tuple[time, time] | None = None,
) -> MadePerson:
    """A new person with one role at one school, in which they act."""
    before = (await db.exec(select(func.max(col(Person.id))))).one() or 0
    person = Person(
        telegram_id=7_000_000_001 + before,
        language=language,
        quiet_from=quiet[0] if quiet else None,
        quiet_to=quiet[1] if quiet else None,
        created_at=START,
    )
    db.add(person)
    await db.flush()
    membership_id, group_ids = await join(
        db, _id(person.id), school, role, groups, name=name, standing=standing
    )
    person.membership_id = membership_id
    await db.flush()
    return MadePerson(
        id=_id(person.id),
        telegram_id=person.telegram_id,
        language=language,
        membership_id=membership_id,
        school_id=school.id,
        role=role,
        groups=group_ids,
    )


async def join(
    db: AsyncSession,
    person_id: int,
    school: MadeSchool,
    role: Role,
    groups: Sequence[str] = (),
    *,
    name: str | None = None,
    standing: Standing = Standing.ACTIVE,
) -> tuple[int, tuple[int, ...]]:
    """One more role for a person; the new membership's id and its groups' ids."""
    membership = Membership(
        person_id=person_id, school_id=school.id, role=role, standing=standing, name=name, created_at=START
    )
    db.add(membership)
    await db.flush()
    membership_id, group_ids = _id(membership.id), tuple(school.groups[group] for group in groups)
    db.add_all(MembershipGroup(membership_id=membership_id, group_id=group_id) for group_id in group_ids)
    await db.flush()
    return membership_id, group_ids


def _id(value: int | None) -> int:
    """The id of a row that was flushed."""
    assert value is not None
    return value
