"""Praise: ⭐ -> what was seen -> saved. The class is the one you teach; one more tap changes it, or the cell.

/ros -> ask_what -> save -> (undo | one more)
          |-> ask_group -> ask_what        another class
          |-> ask_area -> ask_what_in      another cell of the matrix
"""

from dataclasses import dataclass

from bot.errors import Gone
from bot.feature import Command, Feature
from bot.handlers.button_rows import in_rows
from bot.i18n import N_
from bot.press import Press
from bot.services import praise
from bot.turn import Button, Reply, Turn
from pals.roles import May
from storage import groups, matrix, praises
from storage.groups import GroupRow
from storage.matrix import ExpectationRow


@dataclass(frozen=True)
class AskWhat(Press, tag="pw"):
    group_id: int | None


@dataclass(frozen=True)
class OneMore(Press, tag="pm"):
    group_id: int


@dataclass(frozen=True)
class AskPraiseGroup(Press, tag="pg"):
    pass


@dataclass(frozen=True)
class AskArea(Press, tag="pa"):
    group_id: int


@dataclass(frozen=True)
class AskWhatIn(Press, tag="pi"):
    group_id: int
    area_id: int


@dataclass(frozen=True)
class SavePraise(Press, tag="p1"):
    group_id: int
    expectation_id: int


@dataclass(frozen=True)
class UndoPraise(Press, tag="pu"):
    recognition_id: int


async def ask_what(turn: Turn, press: AskWhat | OneMore | None = None) -> Reply:
    """The month's expectations for the class you used last."""
    turn.actor.must(May.LOG)
    group = await _group(turn, press.group_id if press is not None else None)
    if group is None:
        return await ask_group(turn)
    focus = await matrix.of_month(turn.db, turn.actor.school.id, f"{turn.today:%Y-%m}")
    if not focus:
        return await ask_area(turn, AskArea(group.id))
    question = turn.t("⭐ <b>{group}</b>: what did you see?", group=group.name)
    return Reply(
        question,
        [*_expectations(turn, group, focus), _elsewhere(turn, group)],
        fresh=isinstance(press, OneMore),
    )


async def ask_group(turn: Turn, _press: AskPraiseGroup | None = None) -> Reply:
    turn.actor.must(May.LOG)
    buttons = [Button(g.name, AskWhat(g.id)) for g in await groups.all_of(turn.db, turn.actor.school.id)]
    return Reply(turn.t("⭐ Which class or group?"), in_rows(buttons, 4))


async def ask_area(turn: Turn, press: AskArea) -> Reply:
    turn.actor.must(May.LOG)
    areas = await matrix.areas_in_matrix(turn.db, turn.actor.school.id)
    buttons = [Button(turn.language.pick(a.name), AskWhatIn(press.group_id, a.id)) for a in areas]
    return Reply(turn.t("⭐ Where was it?"), [*in_rows(buttons, 2), [_back(turn, press.group_id)]])


async def ask_what_in(turn: Turn, press: AskWhatIn) -> Reply:
    turn.actor.must(May.LOG)
    group = await _group(turn, press.group_id)
    if group is None:
        raise Gone
    seen = await matrix.expectations(turn.db, turn.actor.school.id, area_id=press.area_id)
    question = turn.t("⭐ <b>{group}</b>: what did you see?", group=group.name)
    return Reply(question, [*_expectations(turn, group, seen), [_back(turn, group.id)]])


async def save(turn: Turn, press: SavePraise) -> Reply:
    saved = await praise.record(
        turn.db, turn.actor, press.group_id, press.expectation_id, turn.now, key=turn.idempotency_key
    )
    return Reply(
        turn.t(
            "⭐ <b>{group}</b>: {what}. Saved.", group=saved.group, what=turn.language.pick(saved.expectation)
        ),
        [
            [
                Button(turn.t("⭐ One more"), OneMore(press.group_id)),
                Button(turn.t("↩ Undo"), UndoPraise(saved.id)),
            ]
        ],
        toast=turn.t("Saved"),
    )


async def undo(turn: Turn, press: UndoPraise) -> Reply:
    await praise.undo(turn.db, turn.actor, press.recognition_id, turn.now)
    return Reply(turn.t("⭐ Undone. Nothing is saved."), [[Button(turn.t("⭐ Praise"), OneMore(0))]])


async def _group(turn: Turn, group_id: int | None) -> GroupRow | None:
    """The group that was chosen, or the one this person praised last, or teaches."""
    school = turn.actor.school.id
    if group_id:
        return await groups.by_id(turn.db, school, group_id)
    mine = await groups.of_membership(turn.db, school, turn.actor.membership_id)
    last = await praises.last_group(turn.db, school, turn.actor.person_id)
    return next((g for g in mine if g.id == last), mine[0] if mine else None)


def _expectations(turn: Turn, group: GroupRow, seen: list[ExpectationRow]) -> list[list[Button]]:
    return [[Button(turn.language.pick(e.short), SavePraise(group.id, e.id))] for e in seen]


def _elsewhere(turn: Turn, group: GroupRow) -> list[Button]:
    return [
        Button(turn.t("Another class"), AskPraiseGroup()),
        Button(turn.t("Something else"), AskArea(group.id)),
    ]


def _back(turn: Turn, group_id: int) -> Button:
    return Button(turn.t("◀ Back"), AskWhat(group_id))


FEATURE = Feature(
    commands=[
        Command(
            "ros",
            ask_what,
            does=N_("Praise: what did you see?"),
            button=N_("⭐ Praise"),
            key=True,
            home=10,
            may=May.LOG,
            reads=True,
        )
    ],
    presses={SavePraise: save, UndoPraise: undo},
    reads={
        AskWhat: ask_what,
        OneMore: ask_what,
        AskPraiseGroup: ask_group,
        AskArea: ask_area,
        AskWhatIn: ask_what_in,
    },
)
