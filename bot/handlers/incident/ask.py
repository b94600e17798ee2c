"""The three taps: what happened, where, saved."""

from dataclasses import dataclass

from bot.content.labels import BEHAVIOURS, MEANINGS
from bot.content.templates import render
from bot.handlers.button_rows import in_rows
from bot.handlers.incident import card
from bot.press import Press
from bot.services import incidents
from bot.turn import Button, Reply, Turn
from pals.behaviour import TOLD_TO_LEADER, Behaviour
from pals.roles import May
from storage import matrix


@dataclass(frozen=True)
class BeginIncident(Press, tag="ia"):
    """`fresh` leaves the message that was tapped as it stands."""

    fresh: bool


@dataclass(frozen=True)
class ShowMeanings(Press, tag="ib"):
    pass


@dataclass(frozen=True)
class AskIncidentArea(Press, tag="iw"):
    behaviour: Behaviour


@dataclass(frozen=True)
class SaveIncident(Press, tag="is"):
    behaviour: Behaviour
    area_id: int


async def ask_behaviour(turn: Turn, press: BeginIncident | None = None) -> Reply:
    turn.actor.must(May.LOG)

    def choices(told: bool) -> list[list[Button]]:
        return in_rows(
            [
                Button(("❗ " if told else "") + turn.t(BEHAVIOURS[b]), AskIncidentArea(b))
                for b in Behaviour
                if (b in TOLD_TO_LEADER) is told
            ],
            2,
        )

    return Reply(
        turn.t("📝 What happened? Describe what was done, never who.\n\n❗ goes to your leader as well."),
        [*choices(False), *choices(True), [Button(turn.t("❔ What is what"), ShowMeanings())]],
        fresh=press is not None and press.fresh,
    )


async def show_meanings(turn: Turn, _press: ShowMeanings) -> Reply:
    """One line on each behaviour, so that everybody means the same by it."""
    turn.actor.must(May.LOG)
    said = render(
        turn.language,
        "behaviours",
        behaviours=[(BEHAVIOURS[b], MEANINGS[b], b in TOLD_TO_LEADER) for b in Behaviour],
    )
    return Reply(said, [[Button(turn.t("◀ Back"), BeginIncident(fresh=False))]])


async def ask_area(turn: Turn, press: AskIncidentArea) -> Reply:
    turn.actor.must(May.LOG)
    areas = await matrix.areas(turn.db, turn.actor.school.id)
    buttons = [Button(turn.language.pick(a.name), SaveIncident(press.behaviour, a.id)) for a in areas]
    return Reply(
        turn.t("📝 <b>{what}</b>. Where was it?", what=turn.t(BEHAVIOURS[press.behaviour])),
        [*in_rows(buttons, 2), [Button(turn.t("◀ Back"), BeginIncident(fresh=False))]],
    )


async def save(turn: Turn, press: SaveIncident) -> Reply:
    saved = await incidents.record(
        turn.db, turn.actor, press.behaviour, press.area_id, turn.now, key=turn.idempotency_key
    )
    return await card.incident_card(turn, saved, toast=turn.t("Saved"))
