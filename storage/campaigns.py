"""Campaign weeks: named ISO weeks with texts for staff and families."""

from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import columns, read, read_one
from storage.tables import Campaign, Texts, table_of

campaign = table_of(Campaign)


class CampaignRow(NamedTuple):
    """`week` is its ISO year and week, "2027-W02". Without a `family` text it is not sent to families."""

    id: int
    key: str
    week: str
    title: Texts
    staff: Texts
    family: Texts | None


_ALL = (
    select(*columns(CampaignRow._fields, campaign))
    .where(campaign.c.school_id == bindparam("school_id"))
    .order_by(campaign.c.week, campaign.c.id)
)
_BY_KEY = _ALL.where(campaign.c.key == bindparam("key"))


async def by_key(db: AsyncSession, school_id: int, key: str) -> CampaignRow | None:
    return await read_one(db, CampaignRow, _BY_KEY, school_id=school_id, key=key)


async def all_of(db: AsyncSession, school_id: int) -> list[CampaignRow]:
    """In the order of their weeks."""
    return await read(db, CampaignRow, _ALL, school_id=school_id)
