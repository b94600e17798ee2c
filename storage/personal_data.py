"""What a person has left behind in the rows of all schools, in numbers: their own to see."""

from typing import NamedTuple

from sqlalchemy import ScalarSelect, bindparam, func, select
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import row
from storage.tables import (
    Announcement,
    Audit,
    Delivery,
    Draft,
    Handover,
    Incident,
    Practice,
    Praise,
    ReadReceipt,
    table_of,
)

delivery, sighting = table_of(Delivery), table_of(ReadReceipt)


class PersonalDataCounts(NamedTuple):
    """How many rows name the person, undone ones among them."""

    recognitions: int
    incidents: int
    handovers: int
    practices: int
    announcements: int
    drafts: int
    deliveries: int
    sightings: int
    audits: int

    @property
    def any(self) -> bool:
        return sum(self) > 0


def _naming(model: type[SQLModel]) -> ScalarSelect[int]:
    table = table_of(model)
    return (
        select(func.count())
        .select_from(table)
        .where(table.c.person_id == bindparam("person_id"))
        .scalar_subquery()
    )


_OF = select(
    *[
        _naming(model)
        for model in (
            Praise,
            Incident,
            Handover,
            Practice,
            Announcement,
            Draft,
            Delivery,
        )
    ],
    select(func.count())
    .select_from(sighting)
    .join(delivery, delivery.c.id == sighting.c.delivery_id)
    .where(delivery.c.person_id == bindparam("person_id"))
    .scalar_subquery(),
    _naming(Audit),
)


async def count_rows(db: AsyncSession, person_id: int) -> PersonalDataCounts:
    """Everything that names this person, at every school."""
    found = await row(db, _OF, person_id=person_id)
    return (
        PersonalDataCounts._make(found)
        if found is not None
        else PersonalDataCounts(*[0] * len(PersonalDataCounts._fields))
    )
