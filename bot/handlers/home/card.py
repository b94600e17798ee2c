"""The home card of each role, and the standing keys that come with a role."""

from datetime import datetime, timedelta

from markupsafe import Markup

from bot.content.labels import ANSWERS, ROLES
from bot.content.templates import render
from bot.handlers.button_rows import in_rows
from bot.handlers.command_button import RunCommand
from bot.handlers.shared_presses import ShowProblems
from bot.i18n import N_, Language
from bot.services import problems
from bot.turn import Actor, Button, Db, Letter, Reply, Turn
from pals.roles import May, Role
from pals.weeks import IsoWeek
from pals.yearwheel import YearWheel, meetings, practice_index
from pals.zone import to_wall
from storage import focuses, groups, memberships, practices, year_wheels
from storage import problems as problem_rows
from storage.memberships import MembershipRow
from storage.tables import Standing, Texts

MEETINGS_AHEAD = timedelta(days=60)
NOT_ANSWERED = N_("not answered yet")


async def card(turn: Turn, actor: Actor) -> Reply:
    """The home card of an actor."""
    db, speaks, now, school = turn.db, turn.language, turn.now, actor.school
    own = await memberships.of_person(db, actor.person_id)
    here = next((m for m in own if m.id == actor.membership_id), None)
    several = sum(m.standing is Standing.ACTIVE for m in own) > 1
    seen = (
        await _family(db, speaks, actor, here, now)
        if actor.role is Role.FAMILY
        else await _school(turn, actor)
    )
    text = render(
        speaks,
        "home",
        **{
            **_NOTHING,
            "school": school.name,
            "role": ROLES[actor.role],
            "several": several,
            "works_here": actor.may(May.REPORT_PRACTICE),
            "teaches": actor.role is Role.STAFF,
            "is_family": actor.role is Role.FAMILY,
            **seen,
        },
    )
    above = (
        [[Button(speaks.t("⚠ What may not have arrived"), ShowProblems())]]
        if seen.get("troubles") and actor.may(May.ANNOUNCE)
        else []
    )
    return Reply(text, [*above, *_buttons(turn, actor, waiting=bool(seen.get("waiting")), several=several)])


_NOTHING: dict[str, object] = {
    "practice": None,
    "groups": [],
    "focus": None,
    "month": "",
    "children": [],
    "muted": False,
    "coverage": None,
    "meeting": None,
    "missed": [],
    "waiting": 0,
}


async def _family(
    db: Db, speaks: Language, actor: Actor, here: MembershipRow | None, now: datetime
) -> dict[str, object]:
    today = to_wall(now, actor.school.zone).date()
    followed = await groups.of_membership(db, actor.school.id, actor.membership_id)
    return {
        "focus": await focuses.by_key(db, actor.school.id, f"{today:%Y-%m}"),
        "month": speaks.month_alone(today).capitalize(),
        "children": [group.name for group in followed],
        "muted": here is not None and here.muted,
    }


async def _school(turn: Turn, actor: Actor) -> dict[str, object]:
    db, now, kinds = turn.db, turn.now, turn.features.kinds
    school_id, wall = actor.school.id, to_wall(now, actor.school.zone)
    wheel = await year_wheels.of_school(db, school_id)
    week = IsoWeek.of(wall.date())
    seen: dict[str, object] = {}
    if actor.may(May.REPORT_PRACTICE):
        seen["practice"] = await _practice(db, school_id, wheel, week)
        seen["groups"] = await _answers(db, actor, week)
    if actor.may(May.SEE_COVERAGE) and practice_index(wheel, week) is not None:
        seen["coverage"] = await practices.coverage(db, school_id, str(week))
    if actor.may(May.SEE_MEETINGS):
        seen["meeting"] = _next_meeting(wheel, wall, advisor=actor.role is Role.ADVISOR)
    if actor.may(May.SEE_SCHOOL_NUMBERS):
        found = await problem_rows.of_school(db, school_id, now - problems.RECENT, now, kinds.unlisted)
        seen["missed"] = [
            (kinds.called(one.kind), to_wall(one.due_at, wheel.zone).date())
            for one in found
            if problems.is_missed(one) and not one.lost
        ]
        seen["troubles"] = bool(found)
    if actor.may(May.CONFIRM):
        seen["waiting"] = len(await memberships.pending(db, school_id))
    return seen


async def _practice(db: Db, school_id: int, wheel: YearWheel, week: IsoWeek) -> Texts | None:
    index = practice_index(wheel, week)
    prompt = await focuses.prompt(db, school_id, *index) if index is not None else None
    return prompt.short if prompt is not None else None


async def _answers(db: Db, actor: Actor, week: IsoWeek) -> list[tuple[str, str]]:
    """Each of this person's groups, and what it has answered this week."""
    mine = await groups.of_membership(db, actor.school.id, actor.membership_id)
    given = {p.group_id: p.answer for p in await practices.of_week(db, actor.school.id, str(week))}
    return [(g.name, ANSWERS[given[g.id]] if g.id in given else NOT_ANSWERED) for g in mine]


def _next_meeting(wheel: YearWheel, wall: datetime, *, advisor: bool) -> datetime | None:
    """When the next meeting starts, on the wall; an advisor is only at the municipal ones."""
    ahead = meetings(wheel, wall.date(), (wall + MEETINGS_AHEAD).date())
    return next(
        (m.starts for m in ahead if m.starts > wall and not (advisor and m.kind != "municipal")), None
    )


def _buttons(turn: Turn, actor: Actor, *, waiting: bool, several: bool) -> list[list[Button]]:
    features, family = turn.features, actor.role is Role.FAMILY
    sometimes = [(0, "venter", waiting), (80, "sprak", family), (90, "bytt", several)]
    placed = [(command.home or 0, command) for command in features.home(actor.role)]
    placed += [(place, features.commands[name]) for place, name, shown in sometimes if shown]
    placed.sort(key=lambda each: each[0])
    return in_rows([Button(turn.t(command.button), RunCommand(command.name)) for _, command in placed], 2)


def keys(to: Turn | Letter, role: Role | None, said: Markup, then: tuple[Reply, ...] = ()) -> Reply:
    """A line that brings the chat the standing keys and the command menu of a role."""
    features, speaks = to.features, to.language
    return Reply(
        said, keyboard=features.keys(role, speaks), menu=features.menu(role, speaks), fresh=True, then=then
    )
