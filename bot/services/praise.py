"""Praise is recorded and undone."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone, TooLate
from bot.turn import Actor
from pals.roles import UNDO_WINDOW, May
from pals.zone import to_wall
from storage import audits, praises
from storage.tables import Texts


@dataclass(frozen=True, slots=True)
class SavedPraise:
    id: int
    group: str
    expectation: Texts


async def record(
    db: AsyncSession, actor: Actor, group_id: int, expectation_id: int, now: datetime, *, key: str
) -> SavedPraise:
    """Saves what was seen. Idempotent: the same idempotency key gives the same row back.

    Raises NotAllowed, and Gone for a group or an expectation that is not the school's.
    """
    actor.must(May.LOG)
    school = actor.school
    seen = await praises.target(db, school.id, group_id, expectation_id)
    if seen is None:
        raise Gone
    new = await praises.add(
        db,
        school.id,
        group_id=group_id,
        expectation_id=expectation_id,
        person_id=actor.person_id,
        at=now,
        day=to_wall(now, school.zone).date(),
        idempotency_key=key,
    )
    if new is None:
        there = await praises.by_key(db, school.id, key)
        if there is None or there.undone_at is not None:
            raise Gone
        new = there.id
    else:
        await audits.record(db, school.id, actor.person_id, now, "praise", ref=str(new))
    return SavedPraise(new, seen.group, seen.expectation)


async def undo(db: AsyncSession, actor: Actor, recognition_id: int, now: datetime) -> None:
    """Takes back one's own, within a day. Raises TooLate otherwise, and for what is somebody else's."""
    actor.must(May.UNDO_OWN)
    if not await praises.undo(
        db, actor.school.id, recognition_id, actor.person_id, now=now, since=now - UNDO_WINDOW
    ):
        raise TooLate
    await audits.record(db, actor.school.id, actor.person_id, now, "praise_undone", ref=str(recognition_id))
