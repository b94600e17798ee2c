"""Incidents and handovers: idempotent insert, changes to one's own only, each school for itself."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.behaviour import Behaviour, Measure, Reason
from storage import handovers, incidents
from storage.handovers import HandoverRow
from storage.incidents import IncidentChanges, IncidentRow
from storage.tables import Incident
from tests.support.people import MadePerson, MadeSchool

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=20)
TODAY = date(2026, 11, 2)
CORRIDOR = {"nb": "Gang", "en": "Corridor"}


async def record(db: AsyncSession, school: MadeSchool, who: MadePerson, message: int) -> int | None:
    return await incidents.add(
        db,
        school.id,
        behaviour=Behaviour.UNKIND,
        area_id=school.areas["gang"],
        person_id=who.id,
        at=NOW,
        day=TODAY,
        idempotency_key=f"{who.telegram_id}:{message}",
        group_id=school.groups["5B"],
    )


async def recorded(db: AsyncSession, school: MadeSchool, who: MadePerson, message: int = 1) -> int:
    incident_id = await record(db, school, who, message)
    assert incident_id is not None
    return incident_id


def row_of(incident_id: int, who: MadePerson) -> IncidentRow:
    return IncidentRow(
        id=incident_id,
        person_id=who.id,
        behaviour=Behaviour.UNKIND,
        area=CORRIDOR,
        group="5B",
        measure=None,
        reason=None,
        at=NOW,
        undone_at=None,
    )


async def test_insert_is_idempotent(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    own, key = await recorded(db, heia, greet), f"{greet.telegram_id}:1"

    assert await record(db, heia, greet, 1) is None
    assert await incidents.by_id(db, heia.id, own) == row_of(own, greet)
    assert await incidents.by_key(db, heia.id, key) == row_of(own, greet)
    assert await incidents.by_key(db, fjern.id, key) is None


@dataclass(frozen=True)
class Change:
    """Columns to change, and the fields of the row afterwards."""

    columns: IncidentChanges
    row: dict[str, Any]


CHANGES = {
    "measure": Change({"measure": Measure.REPAIR}, {"measure": "repair"}),
    "reason": Change({"reason": Reason.UNKNOWN}, {"reason": "unknown"}),
    "time": Change({"at": EARLIER, "day": date(2026, 11, 1)}, {"at": EARLIER}),
    "no group": Change({"group_id": None}, {"group": None}),
    "possible offence": Change({"possible_offence": True}, {}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_change_is_for_ones_own_row_at_ones_own_school(
    db: AsyncSession,
    *,
    change: Change,
    heia: MadeSchool,
    fjern: MadeSchool,
    greet: MadePerson,
    tor: MadePerson,
) -> None:
    """Neither a colleague nor the right person through another school changes anything."""
    own, other = await recorded(db, heia, greet, 1), await recorded(db, heia, greet, 2)

    assert not await incidents.change(db, heia.id, own, tor.id, **change.columns)
    assert not await incidents.change(db, fjern.id, own, greet.id, **change.columns)
    assert await incidents.by_id(db, heia.id, own) == row_of(own, greet)

    assert await incidents.change(db, heia.id, own, greet.id, **change.columns)
    assert await incidents.by_id(db, heia.id, own) == row_of(own, greet)._replace(**change.row)
    stored = await db.get_one(Incident, own)
    assert {name: getattr(stored, name) for name in change.columns} == change.columns
    assert await incidents.by_id(db, heia.id, other) == row_of(other, greet)
    assert await incidents.by_id(db, fjern.id, own) is None


async def test_undo_is_for_ones_own_row_once_and_nothing_changes_after_it(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    own = await recorded(db, heia, greet)

    async def undo(school: MadeSchool, who: MadePerson) -> bool:
        return await incidents.undo(db, school.id, own, who.id, now=NOW, since=EARLIER)

    undone = [await undo(*by) for by in ((heia, tor), (fjern, greet), (heia, greet), (heia, greet))]

    assert undone == [False, False, True, False]
    assert not await incidents.change(db, heia.id, own, greet.id, measure=Measure.TALK)
    assert await incidents.by_id(db, heia.id, own) == row_of(own, greet)._replace(undone_at=NOW)


async def test_incident_outside_the_undo_window_is_not_undone(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    own = await recorded(db, heia, greet)
    late = NOW + timedelta(seconds=1)

    assert not await incidents.undo(db, heia.id, own, greet.id, now=late, since=late)
    assert await incidents.by_id(db, heia.id, own) == row_of(own, greet)


# --- handovers ----------------------------------------------------------------------------------------------


async def test_handover_of_an_incident_is_inserted_once(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    incident_id = await recorded(db, heia, greet)

    receipt = await handovers.add(db, heia.id, incident_id, greet.id, NOW, by_adult=True)

    assert receipt is not None
    assert await handovers.add(db, heia.id, incident_id, greet.id, NOW, by_adult=False) is None
    ours = HandoverRow(receipt, incident_id, greet.id, True, NOW, None)
    assert await handovers.by_id(db, heia.id, receipt) == ours
    assert await handovers.of_incident(db, heia.id, incident_id) == ours


async def test_handover_is_acknowledged_once(db: AsyncSession, heia: MadeSchool, greet: MadePerson) -> None:
    incident_id = await recorded(db, heia, greet)
    receipt = await handovers.add(db, heia.id, incident_id, greet.id, NOW, by_adult=False)
    assert receipt is not None
    later = NOW + timedelta(minutes=5)

    assert [await handovers.receive(db, heia.id, receipt, at) for at in (later, NOW)] == [True, False]
    assert await handovers.by_id(db, heia.id, receipt) == HandoverRow(
        receipt, incident_id, greet.id, False, NOW, later
    )


async def test_handover_stays_at_its_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, stranger_teacher: MadePerson
) -> None:
    ours, theirs = await recorded(db, heia, greet), await recorded(db, fjern, stranger_teacher)
    assert await handovers.add(db, heia.id, theirs, greet.id, NOW, by_adult=False) is None
    receipt = await handovers.add(db, heia.id, ours, greet.id, NOW, by_adult=False)
    assert receipt is not None

    assert await handovers.by_id(db, fjern.id, receipt) is None
    assert await handovers.of_incident(db, fjern.id, ours) is None
    assert not await handovers.receive(db, fjern.id, receipt, NOW)
    assert await handovers.by_id(db, heia.id, receipt) == HandoverRow(
        receipt, ours, greet.id, False, NOW, None
    )
