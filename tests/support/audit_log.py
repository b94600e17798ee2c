"""The audit log as tests read it. No screen shows it yet."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.audits import audit


class AuditRow(NamedTuple):
    at: datetime
    person_id: int | None
    action: str
    ref: str


async def audit_log(db: AsyncSession, school_id: int) -> list[AuditRow]:
    """The newest first."""
    found = select(audit.c.at, audit.c.person_id, audit.c.action, audit.c.ref)
    ordered = found.where(audit.c.school_id == school_id).order_by(audit.c.at.desc(), audit.c.id.desc())
    return [AuditRow(*row) for row in await (await db.connection()).execute(ordered)]
