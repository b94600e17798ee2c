"""End to end: a whole year of the demo school on a fast-forwarded clock; every due message is sent exactly once.

490 pupils, 60 adults and 46 families in five languages, from 1 August 2026 to 30 June 2027, on a real database and
with the words that people get. Only the last step, the call to Telegram, is taken down instead of made.
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest_asyncio
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.content.school import read
from bot.content.schools import FURULIA
from bot.messages.compose import Composer
from bot.services import schools
from bot.turn import Reply
from pals.behaviour import Answer
from pals.content import SchoolContent
from pals.roles import STAFF_ROLES, Role
from pals.weeks import IsoWeek
from pals.yearwheel import YearWheel
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer, Sent
from scheduler.fast_forward import fast_forward
from storage import groups, memberships, people, practices, year_wheels
from storage.database import Database
from storage.delivery.claims import Claimed
from storage.tables import Standing
from tests.support.features import FEATURES, KINDS

OSLO = ZoneInfo("Europe/Oslo")
BEGINS, ENDS = datetime(2026, 8, 1, tzinfo=UTC), datetime(2027, 6, 30, 20, tzinfo=UTC)
QUIET = (time(20, 30), time(6, 30))
FAMILY_LANGUAGES = ("nb", "nb", "ar", "uk", "nn", "en", "so")


@dataclass(frozen=True, slots=True)
class Message:
    """A sent message: kind, ref, reader, and the local time."""

    kind: str
    ref: str
    slot: str
    person_id: int
    role: Role
    at: datetime
    text: str


@dataclass
class Year:
    database: Database
    clock: MovableClock
    file: SchoolContent
    school_id: int = 0
    answering: set[int] = field(default_factory=set)
    """The people who answer their prompt at once."""
    sent: list[Message] = field(default_factory=list)
    _composing: dict[int, Claimed] = field(default_factory=dict)

    async def compose(
        self, db: AsyncSession, claimed: Claimed, now: datetime
    ) -> tuple[Claimed, Reply] | None:
        reply = await Composer(FEATURES).compose(db, claimed, now)
        return (claimed, reply) if reply is not None else None

    async def send(self, said: tuple[Claimed, Reply], _chat: int) -> Sent:
        claimed, reply = said
        wall = self.clock.now().astimezone(OSLO).replace(tzinfo=None)
        self.sent.append(
            Message(
                claimed.kind, claimed.ref, claimed.slot, claimed.person_id, claimed.role, wall, reply.text
            )
        )
        if claimed.kind == "prompt" and claimed.person_id in self.answering:
            async with self.database.writing() as db:
                for group in await groups.of_membership(db, self.school_id, claimed.membership_id):
                    await practices.report(
                        db,
                        self.school_id,
                        group.id,
                        claimed.ref,
                        Answer.DONE,
                        person_id=claimed.person_id,
                        now=self.clock.now(),
                    )
        return Sent(len(self.sent))

    def of(self, *kinds: str) -> list[Message]:
        return [m for m in self.sent if m.kind in kinds]

    def slots(self, kind: str) -> list[tuple[str, str]]:
        """Which occurrences of a kind went out, in order: (ref, slot)."""
        return list(dict.fromkeys((m.ref, m.slot) for m in self.of(kind)))


async def enrol(year: Year) -> None:
    """60 adults and two families for each class, plus a few who see only the municipal meetings."""
    async with year.database.writing() as db:
        year.school_id = (await schools.load(db, year.file, BEGINS)).school_id
        everyone = await groups.all_of(db, year.school_id)
        classes = [g.id for g in everyone if g.kind == "class"]

        async def one(number: int, role: Role, language: str, mine: list[int]) -> int:
            person = await people.create(db, number, language, BEGINS)
            member = await memberships.add(db, year.school_id, person, role, Standing.ACTIVE, BEGINS)
            assert member is not None
            await memberships.set_groups(db, year.school_id, member, mine)
            return person

        roles = [Role.LEADER, *[Role.TEAM] * 5, *[Role.STAFF] * 54]
        for n, role in enumerate(roles):
            mine = [everyone[n % len(everyone)].id] if role is not Role.LEADER else []
            person = await one(1000 + n, role, "nn" if n % 10 == 9 else "nb", mine)
            if n % 3 == 0:
                year.answering.add(person)
        await one(2000, Role.ADVISOR, "nb", [])
        await one(2001, Role.OWNER, "nb", [])
        for n in range(46):
            language = FAMILY_LANGUAGES[n % len(FAMILY_LANGUAGES)]
            await one(3000 + n, Role.FAMILY, language, [classes[n % len(classes)]])


@pytest_asyncio.fixture
async def year(database: Database) -> AsyncIterator[Year]:
    year = Year(database, MovableClock(BEGINS, running=False), read(FURULIA))
    await enrol(year)
    deliverer = Deliverer(database, year.clock, "year", year.compose, year.send)
    await fast_forward(database, KINDS, year.clock, deliverer, ENDS)
    yield year


async def wheel_of(year: Year) -> YearWheel:
    async with year.database.reading() as db:
        return await year_wheels.of_school(db, year.school_id)


async def test_a_school_year_from_the_first_of_august_to_the_end_of_june(year: Year) -> None:
    wheel = await wheel_of(year)
    adults = {m.person_id for m in year.sent if m.role in STAFF_ROLES}
    families = {m.person_id for m in year.sent if m.role is Role.FAMILY}
    assert (len(adults), len(families)) == (60, 46)

    twice = [
        who
        for who, times in Counter((m.kind, m.ref, m.slot, m.person_id) for m in year.sent).items()
        if times > 1
    ]
    assert twice == []

    schooldays = set(year.file.calendar.school_days())
    assert len(schooldays) == 190
    off = {m.at.date() for m in year.sent} - schooldays - set(year.file.calendar.planning_days)
    assert off == set()
    assert [m for m in year.sent if not QUIET[1] <= m.at.time() < QUIET[0]] == []
    pupils_away = {m.kind for m in year.sent if m.at.date() not in schooldays}
    assert pupils_away <= {"meeting_day_before", "meeting_soon"}

    weeks = sorted({str(IsoWeek.of(day)) for day in schooldays})
    assert [ref for ref, _ in year.slots("prompt")] == weeks
    assert "2026-W53" not in weeks
    assert Counter(m.ref for m in year.of("prompt")) == dict.fromkeys(weeks, 60)
    assert {m.at.time() for m in year.of("prompt")} == {time(7, 30)}
    for week in ("2026-W44", "2027-W13"):  # the Mondays after the clocks were changed
        (day,) = {m.at for m in year.of("prompt") if m.ref == week}
        assert day.time() == time(7, 30)
        assert day.date() in IsoWeek.parse(week).days()

    asked = {m.person_id for m in year.of("prompt")}
    reminded = {m.person_id for m in year.of("reminder")}
    assert reminded < asked
    assert not reminded & year.answering
    assert {m.role for m in year.of("coverage")} == {Role.LEADER, Role.TEAM}

    months = [str(focus.month) for focus in year.file.focuses]
    for kind, readers in (("focus_staff", 60), ("focus_family", 46)):
        firsts = [
            (f"{day:%Y-%m}", day.isoformat())
            for day in (wheel.calendar.first_school_day(int(m[:4]), int(m[5:])) for m in months)
            if day is not None
        ]
        assert year.slots(kind) == firsts
        assert Counter(m.ref for m in year.of(kind)) == dict.fromkeys(months, readers)

    assert year.slots("campaign_start") == [
        (campaign.key, day)
        for campaign, day in zip(
            year.file.campaigns, ["2027-01-11", "2027-03-01", "2027-04-05", "2027-05-18"], strict=True
        )
    ]
    told = [c.key for c in year.file.campaigns if c.family is not None]
    assert [ref for ref, _ in year.slots("campaign_family")] == told
    assert [ref for ref, _ in year.slots("campaign_notice")] == [c.key for c in year.file.campaigns]
    for notice in year.of("campaign_notice"):
        campaign = next(c for c in year.file.campaigns if c.key == notice.ref)
        assert notice.at.date() < campaign.week.monday

    soon = [date.fromisoformat(slot[:10]) for ref, slot in year.slots("meeting_soon") if ref == "pals-team"]
    assert {(later - earlier).days % 14 for earlier, later in pairwise(soon)} == {0}
    assert any(earlier.year < later.year for earlier, later in pairwise(soon))
    assert {m.role for m in year.of("meeting_soon") if m.ref == "pals-team"} == {Role.LEADER, Role.TEAM}
    municipal = {m.role for m in year.of("meeting_soon") if m.ref != "pals-team"}
    assert Role.ADVISOR in municipal

    assert all(m.text for m in year.sent)
    assert max(len(m.text) for m in year.sent) < 4096
