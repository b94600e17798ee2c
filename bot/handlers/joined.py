"""Who has joined: counts by role and class, and the adults by name, whom a leader may remove.

who has joined (`invitations`) -> show_joined -> show_adults -> ask_remove -> remove
"""

from datetime import UTC, datetime

from bot.content.labels import ROLES
from bot.content.templates import render
from bot.errors import existing
from bot.feature import Feature
from bot.handlers.button_rows import back_button
from bot.handlers.command_button import RunCommand, command_button
from bot.handlers.shared_presses import ShowJoined
from bot.press import Press
from bot.services import joining, leaving
from bot.turn import Button, Reply, Turn
from pals.roles import May
from storage import memberships

PAGE = 15


class ShowAdults(Press, tag="va"):
    page: int


class AskRemove(Press, tag="vx"):
    """`since` (seconds) is when the membership began: together with the id it names one, here and below."""

    membership_id: int
    since: int


class Remove(Press, tag="vd"):
    membership_id: int
    since: int


async def show_joined(turn: Turn, _press: ShowJoined) -> Reply:
    view = await joining.joined_view(turn.db, turn.actor)
    text = render(
        turn.language,
        "joined",
        school=turn.school.name,
        roles=[(ROLES[role], count) for role, count in view.roles],
        families=view.families,
        waiting=view.requests,
    )
    rows = [[Button(turn.t("🧑‍🏫 The adults"), ShowAdults(0))]]
    if view.requests:
        rows.append([command_button(turn, "venter")])
    return Reply(text, [*rows, [back_button(turn, RunCommand("inviter"))]])


async def show_adults(turn: Turn, press: ShowAdults) -> Reply:
    adults = await joining.joined_adults(turn.db, turn.actor)
    first = max(0, press.page) * PAGE
    rows = [
        [Button(f"{m.name or '?'} · {turn.t(ROLES[m.role])}", AskRemove(m.id, int(m.created_at.timestamp())))]
        for m in adults[first : first + PAGE]
    ]
    paging = [Button("◀", ShowAdults(press.page - 1))] if first > 0 else []
    if len(adults) > first + PAGE:
        paging.append(Button("▶", ShowAdults(press.page + 1)))
    return Reply(
        turn.t(
            "🧑‍🏫 <b>The adults at {school}.</b> Tap a name to remove somebody.",
            school=turn.school.name,
        ),
        [*rows, *([paging] if paging else []), [back_button(turn, ShowJoined())]],
    )


async def ask_remove(turn: Turn, press: AskRemove) -> Reply:
    turn.actor.must(May.REMOVE)
    row = existing(await memberships.by_id(turn.db, turn.school.id, press.membership_id))
    back = [back_button(turn, ShowAdults(0))]
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
    since = datetime.fromtimestamp(press.since, UTC)
    removed = await leaving.remove(turn.db, turn.actor, press.membership_id, since, turn.now)
    return Reply(
        turn.t("✖ <b>{name}</b> is removed.", name=removed.name or "?"),
        [[Button(turn.t("🧑‍🏫 The adults"), ShowAdults(0)), command_button(turn, "hjem")]],
    )


FEATURE = Feature(
    presses={Remove: remove},
    reads={ShowJoined: show_joined, ShowAdults: show_adults, AskRemove: ask_remove},
)
