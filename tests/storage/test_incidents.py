"""Hendelse and the receipt that the head was told: one's own to change, the school's to count."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.behaviour import Behaviour, Measure, Reason
from storage import handovers, incidents
from storage.handovers import HandoverRow
from storage.incidents import IncidentCounts, IncidentRow
from tests.support.people import MadePerson, MadeSchool

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=20)
TODAY = date(2026, 11, 2)


async def note(
    db: AsyncSession, school: MadeSchool, who: MadePerson, message: int, *, day: date = TODAY
) -> int | None:
    return await incidents.add(
        db,
        school.id,
        behaviour=Behaviour.UNKIND,
        area_id=school.areas["gang"],
        person_id=who.id,
        at=NOW,
        day=day,
        idempotency_key=f"{who.telegram_id}:{message}",
        group_id=school.groups["5B"],
    )


async def noted(db: AsyncSession, school: MadeSchool, who: MadePerson, message: int = 1) -> int:
    incident_id = await note(db, school, who, message)
    assert incident_id is not None
    return incident_id


def row_of(incident_id: int, school: MadeSchool, who: MadePerson) -> IncidentRow:
    return IncidentRow(
        id=incident_id,
        group_id=school.groups["5B"],
        area_id=school.areas["gang"],
        behaviour=Behaviour.UNKIND,
        measure=None,
        reason=None,
        possible_offence=False,
        person_id=who.id,
        at=NOW,
        day=TODAY,
        undone_at=None,
    )


async def test_a_tap_writes_once(db: AsyncSession, heia: MadeSchool, greet: MadePerson) -> None:
    mine = await noted(db, heia, greet)

    assert await note(db, heia, greet, 1) is None
    assert await incidents.by_id(db, heia.id, mine) == row_of(mine, heia, greet)


Setter = Callable[[AsyncSession, MadeSchool, int, int], Awaitable[bool]]


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (
            lambda db, at, mine, who: incidents.set_measure(db, at.id, mine, who, Measure.REPAIR),
            {"measure": "repair"},
        ),
        (
            lambda db, at, mine, who: incidents.set_reason(db, at.id, mine, who, Reason.UNKNOWN),
            {"reason": "unknown"},
        ),
        (
            lambda db, at, mine, who: incidents.set_time(
                db, at.id, mine, who, at=EARLIER, day=date(2026, 11, 1)
            ),
            {"at": EARLIER, "day": date(2026, 11, 1)},
        ),
        (lambda db, at, mine, who: incidents.set_group(db, at.id, mine, who, None), {"group_id": None}),
        (
            lambda db, at, mine, who: incidents.set_possible_offence(db, at.id, mine, who, True),
            {"possible_offence": True},
        ),
        (
            lambda db, at, mine, who: incidents.undo(db, at.id, mine, who, now=NOW, since=EARLIER),
            {"undone_at": NOW},
        ),
    ],
    ids=["measure", "reason", "time", "group", "possible offence", "undo"],
)
async def test_each_change_is_for_ones_own_row_at_ones_own_school(
    db: AsyncSession,
    request: pytest.FixtureRequest,
    *,
    change: Setter,
    after: dict[str, Any],
    heia: MadeSchool,
    fjern: MadeSchool,
    greet: MadePerson,
    tor: MadePerson,
) -> None:
    """Neither a colleague nor the right person through another school gets anywhere."""
    mine, other = await noted(db, heia, greet, 1), await noted(db, heia, greet, 2)

    assert not await change(db, heia, mine, tor.id)
    assert not await change(db, fjern, mine, greet.id)
    assert await incidents.by_id(db, heia.id, mine) == row_of(mine, heia, greet)

    assert await change(db, heia, mine, greet.id)
    assert await incidents.by_id(db, heia.id, mine) == row_of(mine, heia, greet)._replace(**after)
    assert await incidents.by_id(db, heia.id, other) == row_of(other, heia, greet)
    assert await incidents.by_id(db, fjern.id, mine) is None


async def test_what_was_undone_is_neither_changed_nor_counted(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    mine = await noted(db, heia, greet)
    await incidents.undo(db, heia.id, mine, greet.id, now=NOW, since=EARLIER)

    assert not await incidents.undo(db, heia.id, mine, greet.id, now=NOW, since=EARLIER)
    assert not await incidents.set_measure(db, heia.id, mine, greet.id, Measure.TALK)
    assert await incidents.counts(db, heia.id, TODAY, TODAY) == IncidentCounts(0, 0, 0)
    assert await incidents.count_of_person(db, heia.id, greet.id, TODAY, TODAY) == 0


async def test_what_is_too_old_is_not_undone(db: AsyncSession, heia: MadeSchool, greet: MadePerson) -> None:
    mine = await noted(db, heia, greet)
    late = NOW + timedelta(seconds=1)

    assert not await incidents.undo(db, heia.id, mine, greet.id, now=late, since=late)
    assert await incidents.by_id(db, heia.id, mine) == row_of(mine, heia, greet)


async def test_counts_are_the_schools_own_and_of_those_days(
    db: AsyncSession,
    heia: MadeSchool,
    fjern: MadeSchool,
    *,
    greet: MadePerson,
    tor: MadePerson,
    stranger_teacher: MadePerson,
) -> None:
    tomorrow = TODAY + timedelta(days=1)
    for message, day in enumerate([TODAY, TODAY, tomorrow]):
        await note(db, heia, greet, message, day=day)
        await note(db, fjern, stranger_teacher, message, day=day)
    await note(db, heia, tor, 9)

    assert await incidents.counts(db, heia.id, TODAY, TODAY) == IncidentCounts(3, 2, 1)
    assert await incidents.counts(db, heia.id, TODAY, tomorrow) == IncidentCounts(4, 2, 2)
    assert await incidents.count_of_person(db, heia.id, greet.id, TODAY, tomorrow) == 3
    assert await incidents.count_of_person(db, heia.id, stranger_teacher.id, TODAY, tomorrow) == 0


# --- the receipt --------------------------------------------------------------------------------------------


async def test_the_head_is_told_of_an_incident_once(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    incident_id = await noted(db, heia, greet)

    receipt = await handovers.add(db, heia.id, incident_id, greet.id, NOW, by_adult=True)

    assert receipt is not None
    assert await handovers.add(db, heia.id, incident_id, greet.id, NOW, by_adult=False) is None
    ours = HandoverRow(receipt, incident_id, greet.id, True, NOW, None)
    assert await handovers.by_id(db, heia.id, receipt) == ours
    assert await handovers.of_incident(db, heia.id, incident_id) == ours
    assert await handovers.waiting(db, heia.id) == [ours]


async def test_a_receipt_is_acknowledged_once(db: AsyncSession, heia: MadeSchool, greet: MadePerson) -> None:
    incident_id = await noted(db, heia, greet)
    receipt = await handovers.add(db, heia.id, incident_id, greet.id, NOW, by_adult=False)
    assert receipt is not None
    later = NOW + timedelta(minutes=5)

    assert [await handovers.receive(db, heia.id, receipt, at) for at in (later, NOW)] == [True, False]
    assert await handovers.by_id(db, heia.id, receipt) == HandoverRow(
        receipt, incident_id, greet.id, False, NOW, later
    )
    assert await handovers.waiting(db, heia.id) == []


async def test_a_receipt_stays_at_its_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, stranger_teacher: MadePerson
) -> None:
    ours, theirs = await noted(db, heia, greet), await noted(db, fjern, stranger_teacher)
    assert await handovers.add(db, heia.id, theirs, greet.id, NOW, by_adult=False) is None
    receipt = await handovers.add(db, heia.id, ours, greet.id, NOW, by_adult=False)
    assert receipt is not None

    assert await handovers.by_id(db, fjern.id, receipt) is None
    assert await handovers.of_incident(db, fjern.id, ours) is None
    assert await handovers.waiting(db, fjern.id) == []
    assert not await handovers.receive(db, fjern.id, receipt, NOW)
    assert await handovers.waiting(db, heia.id) == [HandoverRow(receipt, ours, greet.id, False, NOW, None)]
