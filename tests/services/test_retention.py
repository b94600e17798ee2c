"""What has been kept long enough is forgotten, and nothing earlier."""

from datetime import timedelta

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services import incidents, praise
from bot.services.handovers import tell
from pals.behaviour import Behaviour
from scheduler.expand import expand_next
from storage import drafts, retention
from storage.delivery import claims, outcomes
from storage.tables import (
    Audit,
    Delivery,
    DeliveryStatus,
    Draft,
    Handover,
    Incident,
    Occurrence,
    Praise,
)
from tests.support.people import MadePerson, MadeSchool
from tests.support.turns import MONDAY, turn


async def kept(db: AsyncSession) -> dict[str, int]:
    tables = (Audit, Delivery, Draft, Handover, Incident, Occurrence, Praise)
    return {table.__name__: len(list(await db.exec(select(table)))) for table in tables}


async def test_each_kind_of_row_goes_when_its_time_has_come(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, lise: MadePerson
) -> None:
    here = await turn(db, greet.telegram_id)
    seen, _ = await praise.record(
        db, here.actor, heia.groups["5B"], heia.expectations["gang-hilser"], MONDAY, key="1:1"
    )
    undone, _ = await praise.record(
        db, here.actor, heia.groups["5B"], heia.expectations["gang-hilser"], MONDAY, key="1:2"
    )
    await praise.undo(db, here.actor, undone, MONDAY)
    happened = await incidents.record(db, here.actor, Behaviour.FIGHT, heia.areas["gang"], MONDAY, key="1:3")
    await tell(db, here.actor, happened.id, MONDAY, by_adult=False)
    await drafts.put(db, greet.id, "announcement", {}, MONDAY)
    await expand_next(db, MONDAY + timedelta(hours=1))
    claimed = await claims.claim(db, "worker", MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=2), 9)
    await outcomes.record(
        db, "worker", [outcomes.Outcome(c.id, DeliveryStatus.SENT, message_id=1) for c in claimed]
    )
    all_of_it = {
        "Audit": 5,
        "Delivery": 2,
        "Draft": 1,
        "Handover": 1,
        "Incident": 1,
        "Occurrence": 2,
        "Praise": 2,
    }
    steps = [
        (timedelta(hours=23), {}),
        (timedelta(days=2), {"Draft": 0}),
        (timedelta(days=8), {"Praise": 1}),
        (timedelta(days=91), {"Delivery": 0}),
        (timedelta(days=364), {}),
        (timedelta(days=366), {"Audit": 0}),
        (timedelta(days=3 * 365 - 1), {}),
        (timedelta(days=3 * 365 + 1), {"Praise": 0, "Incident": 0, "Handover": 0}),
    ]
    assert await kept(db) == all_of_it
    for later, gone in steps:
        await retention.apply_retention(db, MONDAY + later)
        all_of_it |= gone
        assert await kept(db) == all_of_it, later
        if later == timedelta(days=366):
            left = await db.exec(select(Praise.person_id).where(Praise.id == seen))
            assert left.one() is None
