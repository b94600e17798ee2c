"""Quiet hours: one's own, beside the school's. What comes in them waits until they end."""

from dataclasses import dataclass
from datetime import time

from bot.errors import Gone
from bot.handlers.button_rows import in_rows
from bot.handlers.command_button import RunCommand
from bot.press import Press
from bot.services import settings
from bot.turn import Button, Reply, Turn
from storage import people, schools, year_wheels

CHOICES = ((16, 7), (17, 7), (18, 7), (20, 7), (21, 7), (22, 6))  # whole hours on the wall


@dataclass(frozen=True)
class AskQuiet(Press, tag="xq"):
    pass


@dataclass(frozen=True)
class SetQuiet(Press, tag="xh"):
    """Both None: none of one's own."""

    start: int | None
    end: int | None


async def ask_quiet(turn: Turn, _press: AskQuiet | None = None) -> Reply:
    actor = turn.actor
    person = await people.by_telegram(turn.db, actor.telegram_id)
    school = await schools.by_id(turn.db, actor.school.id)
    if person is None or school is None:
        raise Gone
    own = (person.quiet_from, person.quiet_to)
    lines = [
        turn.t(
            "🌙 <b>Quiet hours.</b> I write nothing by myself in them; it waits until they end. You can always write."
        )
    ]
    theirs = year_wheels.quiet(school.quiet_hours)
    if theirs is not None:
        span = _span(turn, theirs.start, theirs.end)
        lines.append(turn.t("The school's, for everyone: {hours}.", hours=span))
    if own[0] is not None and own[1] is not None:
        lines.append(turn.t("Your own: {hours}.", hours=_span(turn, own[0], own[1])))
    else:
        lines.append(turn.t("You have none of your own."))
    buttons = [
        Button(
            _marked(own == (time(start), time(end)), _span(turn, time(start), time(end))),
            SetQuiet(start, end),
        )
        for start, end in CHOICES
    ]
    none = Button(_marked(own == (None, None), str(turn.t("None of my own"))), SetQuiet(None, None))
    return Reply(
        "\n".join(lines), [*in_rows(buttons, 2), [none], [Button(turn.t("◀ Back"), RunCommand("mer"))]]
    )


async def set_quiet(turn: Turn, press: SetQuiet) -> Reply:
    actor = turn.actor
    if press.start is None or press.end is None:
        hours = None
    elif (press.start, press.end) in CHOICES:
        hours = (time(press.start), time(press.end))
    else:
        raise Gone
    await settings.set_quiet_hours(turn.db, actor.person_id, hours)
    return await ask_quiet(turn)


def _span(turn: Turn, start: time, end: time) -> str:
    return f"{turn.language.clock(start)}–{turn.language.clock(end)}"


def _marked(chosen: bool, label: str) -> str:
    return f"✓ {label}" if chosen else label
