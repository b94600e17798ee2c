"""People join by a link of their own will, and those who used the staff link are let in by a leader."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone
from bot.i18n import N_
from bot.services import invitations, outbox, roles
from bot.services.catch_up import catch_up
from bot.services.invitations import Offer, UsedLink
from bot.turn import Actor, Visitor
from pals.roles import STAFF_ROLES, May, Role
from scheduler.message_kind import MessageKind, MessageKinds
from storage import audits, groups, memberships, people
from storage import invitations as invitation_rows
from storage.delivery.audiences import LEADERS, Audience
from storage.memberships import MembershipRow
from storage.tables import InvitationKind, Standing

JOIN_REQUESTED = MessageKind("join_requested", called=N_("somebody's wish to join"), audience=LEADERS)
JOIN_ANSWERED = MessageKind("join_answered", called=N_("the answer to a wish to join"))

NAME_LIMIT = 80
STILL_HERE = timedelta(hours=1)
"""Somebody who asked less than this ago is still waiting with the phone in hand."""
RANK = (Role.STAFF, Role.TEAM, Role.LEADER)


class JoinOutcome(StrEnum):
    """How joining went."""

    JOINED = auto()
    WAITING = auto()
    SECOND_GROUP = auto()
    NEW_ROLE = auto()
    ALREADY = auto()
    ALREADY_WAITING = auto()


@dataclass(frozen=True, slots=True)
class JoinResult:
    came: JoinOutcome
    offer: Offer
    membership: MembershipRow


async def join(
    db: AsyncSession,
    visitor: Visitor,
    token: str,
    language: str,
    now: datetime,
    kinds: MessageKinds,
    *,
    language_chosen: bool = False,
) -> JoinResult:
    """Joins by a link. Doing it twice changes nothing.

    Raises what `invitations.look` does, and UsedLink when somebody else was quicker. `language` is for somebody new.
    """
    offer = await invitations.find_offer(db, token, now)
    known = await people.by_telegram(db, visitor.telegram_id)
    if known is None:
        person_id = await people.create(
            db, visitor.telegram_id, language, now, language_chosen=language_chosen
        )
    else:
        person_id = known.id
        await people.set_reachable(db, visitor.telegram_id, True)
        if language_chosen and known.language != language:
            await people.set_language(db, person_id, language)
    match offer.invite.kind:
        case InvitationKind.STAFF:
            came, membership_id = await _ask(db, offer, person_id, visitor.name, now)
        case _:
            came, membership_id = await _enter(db, offer, person_id, visitor.name, now)
    membership = await memberships.by_id(db, offer.school.id, membership_id)
    assert membership is not None  # noqa: S101 - found or made a moment ago
    if came in (JoinOutcome.JOINED, JoinOutcome.NEW_ROLE):
        await audits.record(db, offer.school.id, person_id, now, "join", ref=str(membership_id))
        await catch_up(db, kinds, membership, now, immediate=True)
    if came in (JoinOutcome.JOINED, JoinOutcome.NEW_ROLE, JoinOutcome.SECOND_GROUP):
        await people.choose_membership(db, person_id, membership_id)
    return JoinResult(came, offer, membership)


async def _ask(
    db: AsyncSession, offer: Offer, person_id: int, name: str, now: datetime
) -> tuple[JoinOutcome, int]:
    """The staff link: whoever works here already is told so; anybody else waits for a leader's yes."""
    school = offer.school
    there = await _adult(db, school.id, person_id)
    if there is not None and there.standing is Standing.ACTIVE:
        return JoinOutcome.ALREADY, there.id
    if there is not None and there.standing is Standing.PENDING:
        return JoinOutcome.ALREADY_WAITING, there.id
    if there is not None:
        await memberships.request_again(db, school.id, there.id, name[:NAME_LIMIT], now)
        membership_id: int | None = there.id
    else:
        membership_id = await memberships.add(
            db, school.id, person_id, Role.STAFF, Standing.PENDING, now, name[:NAME_LIMIT]
        )
    assert membership_id is not None  # noqa: S101 - there was none
    await audits.record(db, school.id, person_id, now, "join.ask", ref=str(membership_id))
    await outbox.enqueue(
        db,
        school.id,
        JOIN_REQUESTED,
        str(membership_id),
        now=now,
        slot=now.isoformat(timespec="seconds"),
    )
    return JoinOutcome.WAITING, membership_id


async def _enter(
    db: AsyncSession, offer: Offer, person_id: int, name: str, now: datetime
) -> tuple[JoinOutcome, int]:
    """A link for one person, or for a group's families: in at once."""
    school, role = offer.school, offer.invite.role
    adult = role in STAFF_ROLES
    if adult:
        there = await _adult(db, school.id, person_id)
    else:
        there = await memberships.find(db, school.id, person_id, role)
    active = there if there is not None and there.standing is Standing.ACTIVE else None
    if active is not None and not (adult and RANK.index(role) > RANK.index(active.role)):
        return await _one_more_group(db, offer, active, now), active.id
    await _use(db, offer, now)
    kept = None if role is Role.FAMILY else name[:NAME_LIMIT]
    if there is None:
        membership_id = await memberships.add(db, school.id, person_id, role, Standing.ACTIVE, now, kept)
        assert membership_id is not None  # noqa: S101 - there was none
    else:
        membership_id = there.id
        await memberships.set_role(db, school.id, membership_id, role, name[:NAME_LIMIT])
    if offer.group is not None:
        await memberships.take_group(db, school.id, membership_id, offer.group.id)
    return JoinOutcome.NEW_ROLE if active is not None else JoinOutcome.JOINED, membership_id


async def _one_more_group(
    db: AsyncSession, offer: Offer, active: MembershipRow, now: datetime
) -> JoinOutcome:
    """Who has the role already may still get the link's group: a second child, a second class."""
    group = offer.group
    if group is None or group.id in {
        g.id for g in await groups.of_membership(db, offer.school.id, active.id)
    }:
        return JoinOutcome.ALREADY
    await _use(db, offer, now)
    await memberships.take_group(db, offer.school.id, active.id, group.id)
    await audits.record(db, offer.school.id, active.person_id, now, "join.group", ref=str(group.id))
    return JoinOutcome.SECOND_GROUP


async def _use(db: AsyncSession, offer: Offer, now: datetime) -> None:
    if offer.invite.kind is InvitationKind.PERSONAL and not await invitation_rows.use(
        db, offer.school.id, offer.invite.id, now
    ):
        raise UsedLink(offer.school.name)


async def _adult(db: AsyncSession, school_id: int, person_id: int) -> MembershipRow | None:
    """The membership of somebody who works at the school, whatever its standing; of several, what they act by."""
    everywhere = await memberships.of_person(db, person_id)
    here = [m for m in everywhere if m.school_id == school_id and m.role in STAFF_ROLES]
    return max(here, key=lambda m: (m.standing is Standing.ACTIVE, RANK.index(m.role)), default=None)


# --- a leader decides


@dataclass(frozen=True, slots=True)
class JoinDecision:
    """What became of somebody who asked; `before` when it had been decided already."""

    yes: bool
    before: bool
    name: str | None


async def decide(
    db: AsyncSession,
    actor: Actor,
    membership_id: int,
    asked_at: datetime,
    yes: bool,
    now: datetime,
    kinds: MessageKinds,
) -> JoinDecision:
    """Lets in or turns away somebody who asked; the first leader to tap decides.

    `asked_at` (to the second) tells this asking from any other. Raises NotAllowed, and Gone when they have withdrawn.
    """
    actor.must(May.CONFIRM)
    school_id = actor.school.id
    row = await memberships.by_id(db, school_id, membership_id)
    if row is None or int(row.created_at.timestamp()) != int(asked_at.timestamp()):
        raise Gone
    if row.standing is not Standing.PENDING:
        return JoinDecision(row.standing is Standing.ACTIVE, True, row.name)
    if not await (memberships.activate if yes else memberships.decline)(db, school_id, membership_id):
        now_is = await memberships.by_id(
            db, school_id, membership_id
        )  # another leader tapped in the same moment
        return JoinDecision(now_is is not None and now_is.standing is Standing.ACTIVE, True, row.name)
    action = "join.confirm" if yes else "join.decline"
    await audits.record(db, school_id, actor.person_id, now, action, ref=str(membership_id))
    here = now - row.created_at < STILL_HERE
    await outbox.enqueue(
        db,
        school_id,
        JOIN_ANSWERED,
        str(membership_id),
        Audience(membership_id=membership_id, standing=Standing.ACTIVE if yes else Standing.DECLINED),
        now=now,
        slot=row.created_at.isoformat(timespec="seconds"),
        urgent=here,
    )
    if yes:
        if (
            acts := await roles.current_actor(db, row.telegram_id)
        ) is None or acts.membership_id == membership_id:
            await people.choose_membership(db, row.person_id, membership_id)
        await catch_up(db, kinds, row, now, immediate=here)
    return JoinDecision(yes, False, row.name)
