"""Praise: ⭐ -> what was seen -> saved. The class is the one you teach; one more tap changes it, or the cell.

/ros -> ask_what -> save -> (undo | one more)
          |-> ask_group -> ask_what        another class
          |-> ask_area -> ask_what_in      another cell of the matrix
"""

from bot.feature import Command, Feature
from bot.handlers.button_rows import back_button, in_rows
from bot.i18n import N_
from bot.press import Press
from bot.services import praise
from bot.services.praise import PraiseChoices
from bot.turn import Button, Reply, Turn
from pals.roles import May
from storage import groups, matrix


class AskWhat(Press, tag="pw"):
    group_id: int | None


class OneMore(Press, tag="pm"):
    group_id: int


class AskPraiseGroup(Press, tag="pg"):
    pass


class AskArea(Press, tag="pa"):
    group_id: int


class AskWhatIn(Press, tag="pi"):
    group_id: int
    area_id: int


class SavePraise(Press, tag="p1"):
    group_id: int
    expectation_id: int


class UndoPraise(Press, tag="pu"):
    praise_id: int


async def ask_what(turn: Turn, press: AskWhat | OneMore | None = None) -> Reply:
    """The expectations of the month's focus, for the group chosen, praised last or taught."""
    group_id = press.group_id if press is not None else None
    choices = await praise.choices_of_month(turn.db, turn.actor, turn.today, group_id)
    if choices is None:
        return await ask_group(turn)
    if not choices.expectations:
        return await ask_area(turn, AskArea(choices.group.id))
    elsewhere = [
        Button(turn.t("Another class"), AskPraiseGroup()),
        Button(turn.t("Something else"), AskArea(choices.group.id)),
    ]
    return _question(turn, choices, elsewhere, fresh=isinstance(press, OneMore))


async def ask_group(turn: Turn, _press: AskPraiseGroup | None = None) -> Reply:
    turn.actor.must(May.LOG)
    buttons = [Button(g.name, AskWhat(g.id)) for g in await groups.all_of(turn.db, turn.actor.school.id)]
    return Reply(turn.t("⭐ Which class or group?"), in_rows(buttons, 4))


async def ask_area(turn: Turn, press: AskArea) -> Reply:
    turn.actor.must(May.LOG)
    areas = await matrix.areas_in_matrix(turn.db, turn.actor.school.id)
    buttons = [Button(turn.language.pick(a.name), AskWhatIn(press.group_id, a.id)) for a in areas]
    return Reply(
        turn.t("⭐ Where was it?"), [*in_rows(buttons, 2), [back_button(turn, AskWhat(press.group_id))]]
    )


async def ask_what_in(turn: Turn, press: AskWhatIn) -> Reply:
    choices = await praise.choices_of_area(turn.db, turn.actor, press.group_id, press.area_id)
    return _question(turn, choices, [back_button(turn, AskWhat(choices.group.id))])


async def save(turn: Turn, press: SavePraise) -> Reply:
    praise_id, saved = await praise.record(
        turn.db, turn.actor, press.group_id, press.expectation_id, turn.now, key=turn.idempotency_key
    )
    return Reply(
        turn.t(
            "⭐ <b>{group}</b>: {what}. Saved.", group=saved.group, what=turn.language.pick(saved.expectation)
        ),
        [
            [
                Button(turn.t("⭐ One more"), OneMore(press.group_id)),
                Button(turn.t("↩ Undo"), UndoPraise(praise_id)),
            ]
        ],
        toast=turn.t("Saved"),
    )


async def undo(turn: Turn, press: UndoPraise) -> Reply:
    await praise.undo(turn.db, turn.actor, press.praise_id, turn.now)
    return Reply(turn.t("⭐ Undone. Nothing is saved."), [[Button(turn.t("⭐ Praise"), OneMore(0))]])


def _question(turn: Turn, choices: PraiseChoices, below: list[Button], *, fresh: bool = False) -> Reply:
    group = choices.group
    buttons = [
        [Button(turn.language.pick(e.short), SavePraise(group.id, e.id))] for e in choices.expectations
    ]
    question = turn.t("⭐ <b>{group}</b>: what did you see?", group=group.name)
    return Reply(question, [*buttons, below], fresh=fresh)


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
