"""Announcements being sent: languages of the audience, delivery counts, and progress cards."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest_asyncio
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage import announcement_cards, announcements, memberships, people, retention
from storage.announcement_cards import CardRow
from storage.corrections import SENT_BY
from storage.data_protection import ANNOUNCEMENTS
from storage.delivery import audiences, claims, deliveries, occurrences, outcomes, status_counts
from storage.delivery.audiences import Audience
from storage.delivery.outcomes import Outcome
from storage.tables import Announcement, DeliveryStatus, OccurrenceStatus
from storage.tables import AnnouncementStatus as Status
from tests.support.people import MadePerson, MadeSchool, join, make_person

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)
FAMILIES = Audience(frozenset({Role.FAMILY}))
LEADERS = frozenset({Role.LEADER})


@dataclass(frozen=True)
class Sent:
    """An announcement that is being sent."""

    id: int
    occurrence: int


async def send(
    db: AsyncSession, school: MadeSchool, leader: MadePerson, *, audience: Audience = FAMILIES
) -> Sent:
    this = await announcements.create(db, school.id, leader.id, "families", "Hei", now=NOW)
    await announcements.set_status(db, school.id, this, Status.WRITTEN, Status.SENDING, sent_at=NOW)
    occurrence = await occurrences.insert_once(
        db,
        school.id,
        kind=SENT_BY,
        ref=str(this),
        slot="",
        due_at=SOON,
        too_late_at=SOON + timedelta(days=1),
        status=OccurrenceStatus.PLANNED,
        now=NOW,
    )
    assert occurrence is not None
    await deliveries.create_for_audience(db, school.id, occurrence, audience, SOON)
    return Sent(this, occurrence)


@pytest_asyncio.fixture
async def families(db: AsyncSession, heia: MadeSchool, fjern: MadeSchool) -> list[MadePerson]:
    """Three at Heia, of whom two read Arabic; one at the other school, who reads Ukrainian."""
    made = [
        await make_person(db, school, Role.FAMILY, ["5B"], language=code)
        for school, code in ((heia, "nb"), (heia, "ar"), (heia, "ar"), (fjern, "uk"))
    ]
    return made[:3]


async def test_the_readers_languages_are_counted_most_frequent_first(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, families: list[MadePerson]
) -> None:
    assert list((await audiences.languages(db, heia.id, FAMILIES)).items()) == [("ar", 2), ("nb", 1)]
    assert await audiences.languages(db, fjern.id, FAMILIES) == {"uk": 1}
    await memberships.mute(db, heia.id, families[1].membership_id, True)
    assert await audiences.languages(db, heia.id, FAMILIES) == {"ar": 1, "nb": 1}


async def test_unreachable_members_are_in_the_audience_without_a_delivery(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, *, families: list[MadePerson], lise: MadePerson
) -> None:
    muted, blocked, _ = families
    stranger = await make_person(db, fjern, Role.FAMILY)
    await memberships.mute(db, heia.id, muted.membership_id, True)
    await people.set_reachable(db, stranger.telegram_id, False)
    sent = await send(db, heia, lise)
    assert await audiences.unreachable(db, heia.id, FAMILIES, sent.occurrence) == 1

    await people.set_reachable(db, blocked.telegram_id, False)  # counted by its delivery
    await make_person(db, heia, Role.FAMILY)  # joined later, and can be reached
    assert await audiences.unreachable(db, heia.id, FAMILIES, sent.occurrence) == 1
    assert await audiences.unreachable(db, fjern.id, FAMILIES, sent.occurrence) == 1

    await join(db, muted.id, heia, Role.STAFF)
    both = Audience(frozenset({Role.FAMILY, Role.STAFF}))
    assert await audiences.unreachable(db, heia.id, both, sent.occurrence) == 0, "reached in another role"


async def test_deliveries_are_counted_by_status_for_each_announcement_of_the_school(
    db: AsyncSession,
    heia: MadeSchool,
    fjern: MadeSchool,
    *,
    families: list[MadePerson],
    lise: MadePerson,
    stranger_leader: MadePerson,
) -> None:
    first, second = await send(db, heia, lise), await send(db, heia, lise)
    theirs = await send(db, fjern, stranger_leader)
    unsent = await announcements.create(db, heia.id, lise.id, "families", "Hei", now=NOW)
    claimed = await claims.claim(db, "w", SOON, SOON, 100)
    await outcomes.record(
        db,
        "w",
        [
            Outcome(c.id, DeliveryStatus.BLOCKED if c.person_id == families[0].id else DeliveryStatus.SENT)
            for c in claimed
            if c.occurrence_id == first.occurrence
        ],
    )
    every = [first.id, second.id, theirs.id, unsent]
    assert await status_counts.by_announcement(db, heia.id, every) == {
        first.id: {DeliveryStatus.SENT: 2, DeliveryStatus.BLOCKED: 1},
        second.id: {DeliveryStatus.CLAIMED: 3},
    }
    assert await status_counts.by_announcement(db, fjern.id, every) == {
        theirs.id: {DeliveryStatus.CLAIMED: 1}
    }
    assert await status_counts.by_announcement(db, heia.id, []) == {}


async def test_a_progress_card_is_its_senders_while_their_role_may_see_it(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, *, families: list[MadePerson], lise: MadePerson
) -> None:
    sent = await send(db, heia, lise)
    await announcements.set_status_message(db, heia.id, sent.id, 42)
    mine = CardRow(
        school_id=heia.id,
        id=sent.id,
        status_message=42,
        telegram_id=lise.telegram_id,
        person_id=lise.id,
        membership_id=lise.membership_id,
        role=Role.LEADER,
        language="nb",
        slug="heia",
        school_name="Heia skole",
        timezone="Europe/Oslo",
        languages=["nb", "nn", "en", "ar"],
    )
    without_author = mine._replace(
        telegram_id=None, person_id=None, membership_id=None, role=None, language=None
    )
    prompt = await occurrences.insert_once(
        db,
        heia.id,
        kind="prompt",
        ref=str(sent.id),
        slot="",
        due_at=NOW,
        too_late_at=NOW,
        status=OccurrenceStatus.PLANNED,
        now=NOW,
    )
    assert prompt is not None
    assert await announcement_cards.announcements_behind(db, heia.id, [sent.occurrence, prompt]) == {sent.id}
    assert await announcement_cards.announcements_behind(db, heia.id, [prompt]) == set()
    assert await announcement_cards.announcements_behind(db, fjern.id, [sent.occurrence, prompt]) == set()
    seen = [sent.id]
    assert await announcement_cards.shown_to(db, heia.id, seen, LEADERS) == [mine]
    assert await announcement_cards.shown_to(db, fjern.id, seen, LEADERS) == []
    assert await announcement_cards.shown_to(db, heia.id, seen, {Role.TEAM}) == [without_author]

    await join(db, lise.id, fjern, Role.LEADER)
    await memberships.remove(db, heia.id, lise.membership_id)
    assert await announcement_cards.shown_to(db, heia.id, seen, LEADERS) == [without_author]
    await people.forget(db, lise.id)
    assert await announcement_cards.shown_to(db, heia.id, seen, LEADERS) == [without_author]


async def test_under_way_announcements_are_unfinished_or_recently_stopped(
    db: AsyncSession,
    heia: MadeSchool,
    fjern: MadeSchool,
    *,
    families: list[MadePerson],
    lise: MadePerson,
    stranger_leader: MadePerson,
) -> None:
    going, ended, stopped = [await send(db, heia, lise) for _ in range(3)]
    theirs = await send(db, fjern, stranger_leader)
    await announcements.set_status(db, heia.id, ended.id, Status.SENDING, Status.SENT)
    await announcements.set_status(db, heia.id, stopped.id, Status.SENDING, Status.STOPPED)

    begun = {(heia.id, going.id), (fjern.id, theirs.id)}
    recently_stopped = {(heia.id, stopped.id)}
    assert await announcement_cards.under_way(db, NOW, NOW) == recently_stopped
    assert await announcement_cards.under_way(db, SOON, NOW) == begun | recently_stopped
    assert await announcement_cards.under_way(db, SOON, SOON) == begun


async def test_a_draft_is_changed_by_its_writer_until_it_is_sent(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, lise: MadePerson
) -> None:
    other = await make_person(db, heia, Role.LEADER)
    this = await announcements.create(db, heia.id, lise.id, "staff", "Hei", now=NOW)
    before = await announcements.by_id(db, heia.id, this)
    assert before is not None
    for school, owner in ((fjern.id, lise.id), (heia.id, other.id)):
        assert not await announcements.update_unsent(db, school, this, owner, text="Nei")
        assert not await announcements.update_unsent(db, school, this, owner, audience="team", group_id=None)
        assert not await announcements.delete_unsent(db, school, this, owner)
    assert await announcements.by_id(db, heia.id, this) == before

    assert await announcements.update_unsent(db, heia.id, this, lise.id, text="Hallo")
    assert await announcements.update_unsent(
        db, heia.id, this, lise.id, audience="group", group_id=heia.groups["5B"]
    )
    changed = before._replace(text="Hallo", audience="group", group_id=heia.groups["5B"])
    assert await announcements.by_id(db, heia.id, this) == changed

    await announcements.set_status(db, heia.id, this, Status.WRITTEN, Status.SENDING)
    assert not await announcements.update_unsent(db, heia.id, this, lise.id, text="Nei")
    assert not await announcements.update_unsent(db, heia.id, this, lise.id, audience="team", group_id=None)
    assert not await announcements.delete_unsent(db, heia.id, this, lise.id)
    assert await announcements.by_id(db, heia.id, this) == changed._replace(status=Status.SENDING)


async def test_each_leader_sees_sent_announcements_and_their_own_drafts(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, *, lise: MadePerson, stranger_leader: MadePerson
) -> None:
    other = await make_person(db, heia, Role.LEADER)
    sent = await send(db, heia, lise)
    mine = await announcements.create(db, heia.id, lise.id, "staff", "a", now=SOON)
    theirs = await announcements.create(db, heia.id, other.id, "staff", "b", now=SOON)
    await announcements.create(db, fjern.id, stranger_leader.id, "staff", "c", now=SOON)

    async def seen(by: MadePerson, since: datetime | None = None) -> list[int]:
        found = await announcements.latest(db, heia.id, visible_to=by.id, since=since)
        return [row.id for row in found]

    assert await seen(lise) == [mine, sent.id]
    assert await seen(other) == [theirs, sent.id]
    assert await seen(lise, since=SOON) == [mine]


async def test_unsent_drafts_are_deleted_after_their_retention(
    db: AsyncSession, heia: MadeSchool, lise: MadePerson
) -> None:
    old = await announcements.create(db, heia.id, lise.id, "staff", "gammel", now=NOW)
    new = await announcements.create(db, heia.id, lise.id, "staff", "ny", now=SOON)
    sent = await send(db, heia, lise)
    assert await retention.expire(db, Announcement, SOON + ANNOUNCEMENTS) == 1
    left = {row.id for row in await announcements.latest(db, heia.id)}
    assert (left, old in left) == ({new, sent.id}, False)
