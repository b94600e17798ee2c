"""Ends memberships: leaving, removal by a leader, withdrawn requests; erasure. The school keeps its records."""

from datetime import datetime

from bot.errors import Gone, Refusal, existing
from bot.i18n import N_
from bot.turn import Actor, Db
from pals.roles import May, Role
from storage import audits, memberships, people
from storage.memberships import MembershipRow
from storage.tables import Standing


class LastLeader(Refusal):
    """A school keeps at least one leader, who may confirm, invite and remove."""

    message = N_(
        "You are the only leader of {school} here. Invite another leader first with /inviter, "
        "and leave when they have joined."
    )


async def leave(db: Db, actor: Actor, now: datetime) -> None:
    """Ends the actor's own membership. Raises LastLeader."""
    row = existing(await memberships.by_id(db, actor.school.id, actor.membership_id))
    await _not_last_leader(db, row)
    await memberships.remove(db, row.school_id, row.id)
    await audits.record(db, row.school_id, actor.person_id, now, "leave", ref=row.role)


async def withdraw_requests(db: Db, person_id: int, now: datetime) -> int:
    """Withdraws this person's requests to join, pending or declined. Returns how many there were."""
    requests = [m for m in await memberships.of_person(db, person_id) if m.standing is not Standing.ACTIVE]
    for row in requests:
        await memberships.remove(db, row.school_id, row.id)
        await audits.record(db, row.school_id, person_id, now, "join.withdraw")
    return len(requests)


async def remove(db: Db, actor: Actor, membership_id: int, since: datetime, now: datetime) -> MembershipRow:
    """Ends another adult's membership. Returns the row as it was.

    `since` (to the second) is when it began. Raises NotAllowed, and Gone for one that has ended, is a family's or the
    actor's own.
    """
    actor.must(May.REMOVE)
    row = await memberships.by_id(db, actor.school.id, membership_id)
    if (
        row is None
        or row.role is Role.FAMILY
        or row.person_id == actor.person_id
        or int(row.created_at.timestamp()) != int(since.timestamp())
    ):
        raise Gone
    await memberships.remove(db, row.school_id, row.id)
    await audits.record(db, row.school_id, actor.person_id, now, "remove", ref=str(membership_id))
    return row


async def forget(db: Db, person_id: int, now: datetime) -> None:
    """Erasure: deletes everything about this person, at every school. Raises LastLeader."""
    own = await memberships.of_person(db, person_id)
    for row in own:
        await _not_last_leader(db, row)
    await people.forget(db, person_id)
    for school_id in sorted({row.school_id for row in own}):
        await audits.record(db, school_id, None, now, "forget")


async def _not_last_leader(db: Db, row: MembershipRow) -> None:
    if row.role is Role.LEADER and row.standing is Standing.ACTIVE:
        others = [m for m in await memberships.leaders(db, row.school_id) if m.person_id != row.person_id]
        if not others:
            raise LastLeader(school=row.school_name)
