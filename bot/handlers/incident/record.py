"""Record an incident in three taps, then correct it from its card: group, time, measure, possible reason; undo."""

from markupsafe import Markup

from bot.content.labels import BEHAVIOURS, MEANINGS, MEASURES, REASONS
from bot.content.templates import render
from bot.handlers.button_rows import back_button, in_rows
from bot.handlers.incident import handover
from bot.press import Press
from bot.services import incidents
from bot.services.incidents import IncidentFacts
from bot.turn import Button, Letter, Reply, Turn
from pals.behaviour import TOLD_TO_LEADER, Behaviour, Measure, Reason
from pals.roles import May
from storage import groups, matrix

AGO = (0, 15, 30, 60, 120, 180, 240, 300)  # minutes; a school day is hardly longer
YESTERDAY = 24 * 60

# --- three taps


class BeginIncident(Press, tag="ia"):
    """`fresh` answers in a new message and leaves the pressed one as it is."""

    fresh: bool


class ShowMeanings(Press, tag="ib"):
    pass


class AskIncidentArea(Press, tag="iw"):
    behaviour: Behaviour


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
    """The definition of each behaviour, one line each."""
    turn.actor.must(May.LOG)
    behaviours = [(BEHAVIOURS[b], MEANINGS[b], b in TOLD_TO_LEADER) for b in Behaviour]
    text = render(turn.language, "behaviours", behaviours=behaviours)
    return Reply(text, [[back_button(turn, BeginIncident(fresh=False))]])


async def ask_area(turn: Turn, press: AskIncidentArea) -> Reply:
    turn.actor.must(May.LOG)
    areas = await matrix.areas(turn.db, turn.actor.school.id)
    buttons = [Button(turn.language.pick(a.name), SaveIncident(press.behaviour, a.id)) for a in areas]
    return Reply(
        turn.t("📝 <b>{what}</b>. Where was it?", what=turn.t(BEHAVIOURS[press.behaviour])),
        [*in_rows(buttons, 2), [back_button(turn, BeginIncident(fresh=False))]],
    )


async def save(turn: Turn, press: SaveIncident) -> Reply:
    key = turn.idempotency_key
    facts = await incidents.record(turn.db, turn.actor, press.behaviour, press.area_id, turn.now, key=key)
    return _card(turn, facts, toast=turn.t("Saved"))


# --- the card, and the leaders' notice


class ShowIncident(Press, tag="ic"):
    incident_id: int


class UndoIncident(Press, tag="iu"):
    incident_id: int


async def show_card(turn: Turn, press: ShowIncident) -> Reply:
    turn.actor.must(May.LOG)
    return _card(turn, await incidents.own_facts(turn.db, turn.actor, press.incident_id))


async def undo(turn: Turn, press: UndoIncident) -> Reply:
    await incidents.undo(turn.db, turn.actor, press.incident_id, turn.now)
    new = Button(turn.t("📝 New incident"), BeginIncident(fresh=True))
    return Reply(turn.t("📝 Undone. Nothing is saved."), [[new]], toast=turn.t("Undone"))


async def compose_notice(letter: Letter) -> Reply | None:
    """The leaders' notice of behaviour that staff do not handle alone; None when it was undone meanwhile."""
    facts = await incidents.facts(letter.db, letter.school, int(letter.ref))
    return Reply(_text(letter, facts, own=False)) if facts is not None else None


def _card(turn: Turn, facts: IncidentFacts, *, toast: str = "") -> Reply:
    """The facts of one's own incident, and a button for each detail that may be added or corrected."""
    return Reply(
        _text(turn, facts, own=True),
        [
            [
                Button(turn.t("Class"), AskIncidentGroup(facts.id)),
                Button(turn.t("Time"), AskTime(facts.id)),
            ],
            [
                Button(turn.t("What was done"), AskMeasure(facts.id)),
                Button(turn.t("Possible reason"), AskReason(facts.id)),
            ],
            [Button(turn.t("⚠ Possible violation (§ 12-4)"), handover.ExplainHandover(facts.id))],
            [
                Button(turn.t("↩ Undo"), UndoIncident(facts.id)),
                Button(turn.t("📝 One more"), BeginIncident(fresh=True)),
            ],
        ],
        toast=toast,
    )


def _text(to: Turn | Letter, facts: IncidentFacts, *, own: bool) -> Markup:
    return render(
        to.language,
        "incident",
        own=own,
        what=to.t(BEHAVIOURS[facts.behaviour]),
        where=to.language.pick(facts.area),
        group=facts.group,
        at=facts.at,
        today=to.today,
        measure=to.t(MEASURES[facts.measure]) if facts.measure else None,
        reason=to.t(REASONS[facts.reason]) if facts.reason else None,
        told=facts.told_to_leader,
    )


# --- optional details


class AskIncidentGroup(Press, tag="ig"):
    incident_id: int


class SetGroup(Press, tag="iG"):
    incident_id: int
    group_id: int | None


class AskTime(Press, tag="it"):
    incident_id: int


class SetTime(Press, tag="iT"):
    incident_id: int
    minutes_ago: int


class AskMeasure(Press, tag="im"):
    incident_id: int


class SetMeasure(Press, tag="iM"):
    incident_id: int
    measure: Measure | None


class AskReason(Press, tag="ir"):
    incident_id: int


class SetReason(Press, tag="iR"):
    incident_id: int
    reason: Reason | None


async def ask_group(turn: Turn, press: AskIncidentGroup) -> Reply:
    incident = press.incident_id
    active = await groups.all_of(turn.db, turn.actor.school.id)
    buttons = [Button(group.name, SetGroup(incident, group.id)) for group in active]
    none = Button(turn.t("No class"), SetGroup(incident, None))
    return await _question(turn, incident, turn.t("📝 Which class or group?"), in_rows(buttons, 4), none)


async def set_group(turn: Turn, press: SetGroup) -> Reply:
    facts = await incidents.change_group(turn.db, turn.actor, press.incident_id, press.group_id, turn.now)
    return _card(turn, facts, toast=turn.t("Saved"))


async def ask_time(turn: Turn, press: AskTime) -> Reply:
    incident = press.incident_id
    buttons = [Button(_ago(turn, minutes), SetTime(incident, minutes)) for minutes in AGO]
    yesterday = Button(turn.t("Yesterday at this time"), SetTime(incident, YESTERDAY))
    return await _question(turn, incident, turn.t("📝 When was it?"), in_rows(buttons, 4), yesterday)


async def set_time(turn: Turn, press: SetTime) -> Reply:
    facts = await incidents.change_time(turn.db, turn.actor, press.incident_id, press.minutes_ago, turn.now)
    return _card(turn, facts, toast=turn.t("Saved"))


async def ask_measure(turn: Turn, press: AskMeasure) -> Reply:
    incident = press.incident_id
    buttons = [Button(turn.t(MEASURES[m]), SetMeasure(incident, m)) for m in Measure]
    none = Button(turn.t("Take away"), SetMeasure(incident, None))
    question = turn.t("📝 What was done there and then?")
    return await _question(turn, incident, question, in_rows(buttons, 2), none)


async def set_measure(turn: Turn, press: SetMeasure) -> Reply:
    facts = await incidents.change(turn.db, turn.actor, press.incident_id, turn.now, measure=press.measure)
    return _card(turn, facts, toast=turn.t("Saved"))


async def ask_reason(turn: Turn, press: AskReason) -> Reply:
    incident = press.incident_id
    buttons = [Button(turn.t(REASONS[r]), SetReason(incident, r)) for r in Reason]
    none = Button(turn.t("Take away"), SetReason(incident, None))
    question = turn.t("📝 What may it have been for? Your best guess is enough.")
    return await _question(turn, incident, question, in_rows(buttons, 2), none)


async def set_reason(turn: Turn, press: SetReason) -> Reply:
    facts = await incidents.change(turn.db, turn.actor, press.incident_id, turn.now, reason=press.reason)
    return _card(turn, facts, toast=turn.t("Saved"))


def _ago(turn: Turn, minutes: int) -> str:
    if minutes == 0:
        return turn.t("Now")
    if minutes < 60:
        return turn.n("{n} min ago", "{n} min ago", minutes)
    return turn.n("{n} hour ago", "{n} hours ago", minutes // 60)


async def _question(
    turn: Turn, incident_id: int, question: str, choices: list[list[Button]], other: Button
) -> Reply:
    """A question about the actor's own incident. Raises Gone for any other."""
    await incidents.own_facts(turn.db, turn.actor, incident_id)
    back = back_button(turn, ShowIncident(incident_id))
    return Reply(question, [*choices, [other], [back]])
