"""Joining a school by an invitation; the leaders' confirmation of staff; who has joined. Idempotent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto

from bot.errors import Gone
from bot.i18n import N_
from bot.services import invitations, outbox, roles
from bot.services.catch_up import catch_up
from bot.services.invitations import Offer, UsedInvitation
from bot.turn import Actor, Db, Visitor
from pals.roles import STAFF_ROLES, May, Role
from scheduler.message_kind import MessageKind, MessageKinds
from storage import audits, groups, membership_counts, memberships, people
from storage import invitations as invitation_rows
from storage.delivery.audiences import LEADERS, Audience
from storage.membership_counts import FamiliesRow
from storage.memberships import MembershipRow
from storage.tables import InvitationKind, Standing

JOIN_REQUESTED = MessageKind("join_requested", called=N_("somebody's wish to join"), audience=LEADERS)
JOIN_ANSWERED = MessageKind("join_answered", called=N_("the answer to a wish to join"))

NAME_LIMIT = 80
STILL_HERE = timedelta(hours=1)
"""Within this time of the request, the answer is urgent: the newcomer probably has the phone in hand."""
RANK = (Role.STAFF, Role.TEAM, Role.LEADER)
ADULTS = tuple(role for role in Role if role is not Role.FAMILY)


class JoinOutcome(StrEnum):
    JOINED = auto()
    WAITING = auto()
    SECOND_GROUP = auto()
    NEW_ROLE = auto()
    ALREADY = auto()
    ALREADY_WAITING = auto()


@dataclass(frozen=True, slots=True)
class OfferView:
    """An invitation before joining. `already` is the reader's membership when they have used it themselves.

    `other_schools` are those the reader is active at, unless this school is one of them.
    """

    offer: Offer
    already: MembershipRow | None
    other_schools: list[str]


async def offer_view(db: Db, token: str, person_id: int | None, now: datetime) -> OfferView:
    """Raises what `invitations.find_offer` does, and UsedInvitation when another person has used it."""
    offer = await invitations.find_offer(db, token, now)
    own = await memberships.of_person(db, person_id) if person_id is not None else []
    already = None
    if offer.invitation.used_at is not None:
        same_role = (m for m in own if m.school_id == offer.school.id and m.role == offer.invitation.role)
        already = next(same_role, None)
        if already is None:
            raise UsedInvitation(school=offer.school.name)
    active = {m.school_name for m in own if m.standing is Standing.ACTIVE}
    return OfferView(offer, already, sorted(active) if offer.school.name not in active else [])


async def join(
    db: Db,
    visitor: Visitor,
    token: str,
    language: str,
    now: datetime,
    kinds: MessageKinds,
    *,
    language_chosen: bool = False,
) -> tuple[JoinOutcome, MembershipRow]:
    """Joins by an invitation. Idempotent.

    `language` is for a new person, or `language_chosen` by a known one. Raises what `invitations.find_offer` does,
    and UsedInvitation when another person has used it, also in a race.
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
    accept = _request if offer.invitation.kind is InvitationKind.STAFF else _activate
    outcome, membership_id = await accept(db, offer, person_id, visitor.name, now)
    membership = await memberships.by_id(db, offer.school.id, membership_id)
    assert membership is not None  # noqa: S101 - read or inserted in this transaction
    if outcome in (JoinOutcome.JOINED, JoinOutcome.NEW_ROLE):
        await audits.record(db, offer.school.id, person_id, now, "join", ref=str(membership_id))
        await catch_up(db, kinds, membership, now, immediate=True)
    if outcome in (JoinOutcome.JOINED, JoinOutcome.NEW_ROLE, JoinOutcome.SECOND_GROUP):
        await people.choose_membership(db, person_id, membership_id)
    return outcome, membership


async def _request(db: Db, offer: Offer, person_id: int, name: str, now: datetime) -> tuple[JoinOutcome, int]:
    """The staff invitation: pending until a leader confirms; a member of staff keeps what they have."""
    school = offer.school
    current = await _staff_membership(db, school.id, person_id)
    if current is not None and current.standing is Standing.ACTIVE:
        return JoinOutcome.ALREADY, current.id
    if current is not None and current.standing is Standing.PENDING:
        return JoinOutcome.ALREADY_WAITING, current.id
    if current is not None:
        await memberships.request_again(db, school.id, current.id, name[:NAME_LIMIT], now)
        membership_id: int | None = current.id
    else:
        membership_id = await memberships.add(
            db, school.id, person_id, Role.STAFF, Standing.PENDING, now, name[:NAME_LIMIT]
        )
    assert membership_id is not None  # noqa: S101 - the person had no such role
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


async def _activate(
    db: Db, offer: Offer, person_id: int, name: str, now: datetime
) -> tuple[JoinOutcome, int]:
    """A personal invitation, or one for a group's families: active at once."""
    school, role = offer.school, offer.invitation.role
    is_staff = role in STAFF_ROLES
    if is_staff:
        current = await _staff_membership(db, school.id, person_id)
    else:
        current = await memberships.find(db, school.id, person_id, role)
    active = current if current is not None and current.standing is Standing.ACTIVE else None
    if active is not None and not (is_staff and RANK.index(role) > RANK.index(active.role)):
        return await _add_group(db, offer, active, now), active.id
    await _use(db, offer, now)
    if current is None:
        stored_name = None if role is Role.FAMILY else name[:NAME_LIMIT]
        membership_id = await memberships.add(
            db, school.id, person_id, role, Standing.ACTIVE, now, stored_name
        )
        assert membership_id is not None  # noqa: S101 - the person had no such role
    else:
        membership_id = current.id
        await memberships.set_role(db, school.id, membership_id, role, name[:NAME_LIMIT])
    if offer.group is not None:
        await memberships.take_group(db, school.id, membership_id, offer.group.id)
    return JoinOutcome.NEW_ROLE if active is not None else JoinOutcome.JOINED, membership_id


async def _add_group(db: Db, offer: Offer, active: MembershipRow, now: datetime) -> JoinOutcome:
    """Adds the invitation's group to a membership in the same role: a second child, a second class."""
    group = offer.group
    if group is None or group.id in {
        g.id for g in await groups.of_membership(db, offer.school.id, active.id)
    }:
        return JoinOutcome.ALREADY
    await _use(db, offer, now)
    await memberships.take_group(db, offer.school.id, active.id, group.id)
    await audits.record(db, offer.school.id, active.person_id, now, "join.group", ref=str(group.id))
    return JoinOutcome.SECOND_GROUP


async def _use(db: Db, offer: Offer, now: datetime) -> None:
    invitation = offer.invitation
    if invitation.kind is InvitationKind.PERSONAL and not await invitation_rows.use(
        db, offer.school.id, invitation.id, now
    ):
        raise UsedInvitation(school=offer.school.name)


async def _staff_membership(db: Db, school_id: int, person_id: int) -> MembershipRow | None:
    """The person's membership as staff of the school in any standing; active and of the highest rank first."""
    own = await memberships.of_person(db, person_id)
    at_school = [m for m in own if m.school_id == school_id and m.role in STAFF_ROLES]
    return max(at_school, key=lambda m: (m.standing is Standing.ACTIVE, RANK.index(m.role)), default=None)


# --- a leader confirms or declines


@dataclass(frozen=True, slots=True)
class JoinDecision:
    """The decision on a request; `decided_before` when this tap changed nothing."""

    yes: bool
    decided_before: bool
    name: str | None


async def decide(
    db: Db,
    actor: Actor,
    membership_id: int,
    asked_at: datetime,
    yes: bool,
    now: datetime,
    kinds: MessageKinds,
) -> JoinDecision:
    """Confirms or declines a request to join; the first leader to tap decides.

    `asked_at` (to the second) identifies the request. Raises NotAllowed, and Gone when it was withdrawn.
    """
    actor.must(May.CONFIRM)
    school_id = actor.school.id
    row = await memberships.by_id(db, school_id, membership_id)
    if row is None or int(row.created_at.timestamp()) != int(asked_at.timestamp()):
        raise Gone
    if row.standing is not Standing.PENDING:
        return JoinDecision(row.standing is Standing.ACTIVE, True, row.name)
    if not await (memberships.activate if yes else memberships.decline)(db, school_id, membership_id):
        decided = await memberships.by_id(db, school_id, membership_id)  # race: another leader was first
        return JoinDecision(decided is not None and decided.standing is Standing.ACTIVE, True, row.name)
    action = "join.confirm" if yes else "join.decline"
    await audits.record(db, school_id, actor.person_id, now, action, ref=str(membership_id))
    still_here = now - row.created_at < STILL_HERE
    await outbox.enqueue(
        db,
        school_id,
        JOIN_ANSWERED,
        str(membership_id),
        Audience(membership_id=membership_id, standing=Standing.ACTIVE if yes else Standing.DECLINED),
        now=now,
        slot=row.created_at.isoformat(timespec="seconds"),
        urgent=still_here,
    )
    if yes:
        current = await roles.current_actor(db, row.telegram_id)
        if current is None or current.membership_id == membership_id:
            await people.choose_membership(db, row.person_id, membership_id)
        await catch_up(db, kinds, row, now, immediate=still_here)
    return JoinDecision(yes, False, row.name)


# --- who has joined


@dataclass(frozen=True, slots=True)
class JoinedView:
    """How many have joined: active memberships by role, families by group; `requests` are pending."""

    roles: list[tuple[Role, int]]
    families: list[FamiliesRow]
    requests: int


async def joined_view(db: Db, actor: Actor) -> JoinedView:
    """Counts only: no one may see which families have joined. Raises NotAllowed."""
    actor.must(May.INVITE)
    school_id = actor.school.id
    counts = await membership_counts.by_role(db, school_id)
    return JoinedView(
        [(role, counts[role]) for role in Role if role in counts],
        await membership_counts.families_by_group(db, school_id),
        len(await memberships.pending(db, school_id)),
    )


async def joined_adults(db: Db, actor: Actor) -> list[MembershipRow]:
    """The active memberships of all but families, by name. Raises NotAllowed."""
    actor.must(May.REMOVE)
    adults = await memberships.of_role(db, actor.school.id, *ADULTS)
    return sorted(adults, key=lambda m: ((m.name or "").casefold(), m.id))
