"""Praise: what can be praised, record (idempotent) and undo (within the undo window)."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.errors import TooLate, existing
from bot.turn import Actor, Db
from pals.roles import UNDO_WINDOW, May
from pals.zone import to_wall
from storage import audits, groups, matrix, praises
from storage.groups import GroupRow
from storage.matrix import ExpectationRow
from storage.praises import PraiseTarget


@dataclass(frozen=True, slots=True)
class PraiseChoices:
    """The expectations that can be praised with one tap, and the group they are praised for."""

    group: GroupRow
    expectations: tuple[ExpectationRow, ...]


async def choices_of_month(db: Db, actor: Actor, today: date, group_id: int | None) -> PraiseChoices | None:
    """The expectations of the month's focus, none in a month without one.

    They are for the given group, else for the one that the actor praised last, else for the actor's first. None for
    an actor without a group, and for a group that is not the school's. Raises NotAllowed.
    """
    actor.must(May.LOG)
    group = await _group(db, actor, group_id)
    if group is None:
        return None
    return PraiseChoices(group, tuple(await matrix.of_month(db, actor.school.id, f"{today:%Y-%m}")))


async def choices_of_area(db: Db, actor: Actor, group_id: int, area_id: int) -> PraiseChoices:
    """The active expectations of an area. Raises NotAllowed, and Gone for a group that is not the school's."""
    actor.must(May.LOG)
    group = existing(await _group(db, actor, group_id))
    return PraiseChoices(group, tuple(await matrix.expectations(db, actor.school.id, area_id)))


async def _group(db: Db, actor: Actor, group_id: int | None) -> GroupRow | None:
    school_id = actor.school.id
    if group_id:
        return await groups.by_id(db, school_id, group_id)
    own = await groups.of_membership(db, school_id, actor.membership_id)
    last = await praises.last_group(db, school_id, actor.person_id)
    return next((group for group in own if group.id == last), own[0] if own else None)


async def record(
    db: Db, actor: Actor, group_id: int, expectation_id: int, now: datetime, *, key: str
) -> tuple[int, PraiseTarget]:
    """Records praise, and returns its id with its words. Idempotent by key: a repeat returns the recorded one.

    Raises NotAllowed, and Gone for a group or an expectation that is not the school's, and for an undone row's key.
    """
    actor.must(May.LOG)
    school = actor.school
    target = existing(await praises.target(db, school.id, group_id, expectation_id))
    praise_id = await praises.add(
        db,
        school.id,
        group_id=group_id,
        expectation_id=expectation_id,
        person_id=actor.person_id,
        at=now,
        day=to_wall(now, school.zone).date(),
        idempotency_key=key,
    )
    if praise_id is not None:
        await audits.record(db, school.id, actor.person_id, now, "praise", ref=str(praise_id))
    else:
        praise_id = existing(await praises.id_by_key(db, school.id, key))
    return praise_id, target


async def undo(db: Db, actor: Actor, praise_id: int, now: datetime) -> None:
    """Undoes the actor's own praise within the undo window. Raises NotAllowed, and TooLate for any other."""
    actor.must(May.UNDO_OWN)
    school_id = actor.school.id
    if not await praises.undo(db, school_id, praise_id, actor.person_id, now=now, since=now - UNDO_WINDOW):
        raise TooLate
    await audits.record(db, school_id, actor.person_id, now, "praise_undone", ref=str(praise_id))
