"""Who has joined: how many in each role and of each class, and the adults by name, who may be removed."""

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.content.labels import ROLES
from bot.content.templates import render
from bot.errors import Gone
from bot.handlers.command_button import RunCommand
from bot.press import Press
from bot.services import leaving
from bot.turn import Button, Reply, Turn
from pals.roles import May, Role
from storage import membership_counts, memberships
from storage.memberships import MembershipRow

PAGE = 15
ADULTS = tuple(role for role in Role if role is not Role.FAMILY)


@dataclass(frozen=True)
class ShowJoined(Press, tag="vj"):
    pass


@dataclass(frozen=True)
class ShowAdults(Press, tag="va"):
    page: int


@dataclass(frozen=True)
class AskRemove(Press, tag="vx"):
    """`since` (seconds) tells one membership from another that came to have the same number, here and below."""

    membership_id: int
    since: int


@dataclass(frozen=True)
class Remove(Press, tag="vd"):
    membership_id: int
    since: int


async def show_joined(turn: Turn, _press: ShowJoined) -> Reply:
    """Numbers only: which families have joined is nobody's to see."""
    turn.actor.must(May.INVITE)
    school = turn.actor.school
    counted = await membership_counts.by_role(turn.db, school.id)
    waiting = await memberships.pending(turn.db, school.id)
    text = render(
        turn.language,
        "joined",
        school=school.name,
        roles=[(ROLES[role], counted[role]) for role in Role if role in counted],
        families=await membership_counts.families_by_group(turn.db, school.id),
        waiting=len(waiting),
    )
    rows = [[Button(turn.t("🧑‍🏫 The adults"), ShowAdults(0))]]
    if waiting:
        rows.append([Button(turn.t("🙋 Who is waiting"), RunCommand("venter"))])
    return Reply(text, [*rows, [Button(turn.t("◀ Back"), RunCommand("inviter"))]])


async def show_adults(turn: Turn, press: ShowAdults) -> Reply:
    turn.actor.must(May.REMOVE)
    adults = await memberships.of_role(turn.db, turn.actor.school.id, *ADULTS)
    adults.sort(key=lambda m: ((m.name or "").casefold(), m.id))
    first = max(0, press.page) * PAGE
    rows = [[Button(_name(turn, m), _ask(m))] for m in adults[first : first + PAGE]]
    turning = []
    if first > 0:
        turning.append(Button("◀", ShowAdults(press.page - 1)))
    if len(adults) > first + PAGE:
        turning.append(Button("▶", ShowAdults(press.page + 1)))
    return Reply(
        turn.t(
            "🧑‍🏫 <b>The adults at {school}.</b> Tap a name to remove somebody.",
            school=turn.actor.school.name,
        ),
        [*rows, *([turning] if turning else []), [Button(turn.t("◀ Back"), ShowJoined())]],
    )


async def ask_remove(turn: Turn, press: AskRemove) -> Reply:
    turn.actor.must(May.REMOVE)
    row = await memberships.by_id(turn.db, turn.actor.school.id, press.membership_id)
    if row is None:
        raise Gone
    back = [Button(turn.t("◀ Back"), ShowAdults(0))]
    if row.person_id == turn.actor.person_id:
        return Reply(turn.t("That is you. You leave the school under /mer."), [back])
    return Reply(
        turn.t(
            "Remove <b>{name}</b> ({role})? They get nothing more from the school here and can log nothing. "
            "What they have logged stays. They are not told by me, so tell them yourself.",
            name=row.name or "?",
            role=turn.t(ROLES[row.role]),
        ),
        [[Button(turn.t("✖ Remove"), Remove(press.membership_id, press.since))], back],
    )


async def remove(turn: Turn, press: Remove) -> Reply:
    turn.actor.must(May.REMOVE)
    since = datetime.fromtimestamp(press.since, UTC)
    removed = await leaving.remove(turn.db, turn.actor, press.membership_id, since, turn.now)
    return Reply(
        turn.t("✖ <b>{name}</b> is removed.", name=removed.name or "?"),
        [[Button(turn.t("🧑‍🏫 The adults"), ShowAdults(0)), Button(turn.t("🏠 Home"), RunCommand("hjem"))]],
    )


def _name(turn: Turn, row: MembershipRow) -> str:
    return f"{row.name or '?'} · {turn.t(ROLES[row.role])}"


def _ask(row: MembershipRow) -> AskRemove:
    return AskRemove(row.id, int(row.created_at.timestamp()))
