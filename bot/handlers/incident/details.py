"""The optional taps: another class, another time, what was done, the possible reason; and undo."""

from dataclasses import dataclass

from bot.content.labels import MEASURES, REASONS
from bot.handlers.button_rows import in_rows
from bot.handlers.incident import ask, card
from bot.press import Press
from bot.services import incidents
from bot.turn import Button, Reply, Turn
from pals.behaviour import Measure, Reason
from storage import groups

AGO = (0, 15, 30, 60, 120, 180, 240, 300)  # minutes; a school day is hardly longer
YESTERDAY = 24 * 60


@dataclass(frozen=True)
class AskIncidentGroup(Press, tag="ig"):
    incident_id: int


@dataclass(frozen=True)
class SetGroup(Press, tag="iG"):
    incident_id: int
    group_id: int | None


@dataclass(frozen=True)
class AskTime(Press, tag="it"):
    incident_id: int


@dataclass(frozen=True)
class SetTime(Press, tag="iT"):
    incident_id: int
    minutes_ago: int


@dataclass(frozen=True)
class AskMeasure(Press, tag="im"):
    incident_id: int


@dataclass(frozen=True)
class SetMeasure(Press, tag="iM"):
    incident_id: int
    measure: Measure | None


@dataclass(frozen=True)
class AskReason(Press, tag="ir"):
    incident_id: int


@dataclass(frozen=True)
class SetReason(Press, tag="iR"):
    incident_id: int
    reason: Reason | None


@dataclass(frozen=True)
class UndoIncident(Press, tag="iu"):
    incident_id: int


async def ask_group(turn: Turn, press: AskIncidentGroup) -> Reply:
    incident = press.incident_id
    buttons = [
        Button(g.name, SetGroup(incident, g.id)) for g in await groups.all_of(turn.db, turn.actor.school.id)
    ]
    nobody = Button(turn.t("No class"), SetGroup(incident, None))
    return await _asked(turn, incident, turn.t("📝 Which class or group?"), in_rows(buttons, 4), nobody)


async def set_group(turn: Turn, press: SetGroup) -> Reply:
    changed = await incidents.change_group(turn.db, turn.actor, press.incident_id, press.group_id, turn.now)
    return await card.incident_card(turn, changed, toast=turn.t("Saved"))


async def ask_time(turn: Turn, press: AskTime) -> Reply:
    incident = press.incident_id
    buttons = [Button(_ago(turn, minutes), SetTime(incident, minutes)) for minutes in AGO]
    yesterday = Button(turn.t("Yesterday at this time"), SetTime(incident, YESTERDAY))
    return await _asked(turn, incident, turn.t("📝 When was it?"), in_rows(buttons, 4), yesterday)


async def set_time(turn: Turn, press: SetTime) -> Reply:
    changed = await incidents.change_time(turn.db, turn.actor, press.incident_id, press.minutes_ago, turn.now)
    return await card.incident_card(turn, changed, toast=turn.t("Saved"))


async def ask_measure(turn: Turn, press: AskMeasure) -> Reply:
    incident = press.incident_id
    buttons = [Button(turn.t(MEASURES[m]), SetMeasure(incident, m)) for m in Measure]
    nothing = Button(turn.t("Take away"), SetMeasure(incident, None))
    return await _asked(
        turn, incident, turn.t("📝 What was done there and then?"), in_rows(buttons, 2), nothing
    )


async def set_measure(turn: Turn, press: SetMeasure) -> Reply:
    changed = await incidents.change_measure(turn.db, turn.actor, press.incident_id, press.measure, turn.now)
    return await card.incident_card(turn, changed, toast=turn.t("Saved"))


async def ask_reason(turn: Turn, press: AskReason) -> Reply:
    incident = press.incident_id
    buttons = [Button(turn.t(REASONS[r]), SetReason(incident, r)) for r in Reason]
    nothing = Button(turn.t("Take away"), SetReason(incident, None))
    question = turn.t("📝 What may it have been for? Your best guess is enough.")
    return await _asked(turn, incident, question, in_rows(buttons, 2), nothing)


async def set_reason(turn: Turn, press: SetReason) -> Reply:
    changed = await incidents.change_reason(turn.db, turn.actor, press.incident_id, press.reason, turn.now)
    return await card.incident_card(turn, changed, toast=turn.t("Saved"))


async def undo(turn: Turn, press: UndoIncident) -> Reply:
    await incidents.undo(turn.db, turn.actor, press.incident_id, turn.now)
    again = Button(turn.t("📝 New incident"), ask.BeginIncident(fresh=True))
    return Reply(turn.t("📝 Undone. Nothing is saved."), [[again]], toast=turn.t("Undone"))


def _ago(turn: Turn, minutes: int) -> str:
    if minutes == 0:
        return turn.t("Now")
    if minutes < 60:
        return turn.n("{n} min ago", "{n} min ago", minutes)
    return turn.n("{n} hour ago", "{n} hours ago", minutes // 60)


async def _asked(
    turn: Turn, incident_id: int, question: str, choices: list[list[Button]], other: Button
) -> Reply:
    """A question about one's own incident. Raises Gone for any other."""
    await card.incident_of(turn, incident_id)
    back = Button(turn.t("◀ Back"), card.ShowIncident(incident_id))
    return Reply(question, [*choices, [other], [back]])
