"""What stands when an incident is saved: the facts, and one button for each thing that may be added or changed."""

from dataclasses import dataclass

from markupsafe import Markup

from bot.content.labels import BEHAVIOURS, MEASURES, REASONS
from bot.content.templates import render
from bot.errors import Gone
from bot.handlers.incident import ask, details, handover
from bot.press import Press
from bot.turn import Button, Letter, Reply, Turn
from pals.behaviour import TOLD_TO_LEADER, Measure, Reason
from pals.roles import May
from pals.zone import to_wall
from storage import groups, incidents, matrix
from storage.incidents import IncidentRow


@dataclass(frozen=True)
class ShowIncident(Press, tag="ic"):
    incident_id: int


async def show_incident(turn: Turn, press: ShowIncident) -> Reply:
    turn.actor.must(May.LOG)
    return await incident_card(turn, await incident_of(turn, press.incident_id))


async def incident_of(turn: Turn, incident_id: int) -> IncidentRow:
    """One's own incident that has not been undone. Raises Gone for any other."""
    row = await incidents.by_id(turn.db, turn.actor.school.id, incident_id)
    if row is None or row.person_id != turn.actor.person_id or row.undone_at is not None:
        raise Gone
    return row


async def incident_card(turn: Turn, row: IncidentRow, *, toast: str = "") -> Reply:
    """The card of an incident."""
    return Reply(
        await _facts(turn, row, own=True),
        [
            [
                Button(turn.t("Class"), details.AskIncidentGroup(row.id)),
                Button(turn.t("Time"), details.AskTime(row.id)),
            ],
            [
                Button(turn.t("What was done"), details.AskMeasure(row.id)),
                Button(turn.t("Possible reason"), details.AskReason(row.id)),
            ],
            [Button(turn.t("⚠ Possible violation (§ 12-4)"), handover.ExplainHandover(row.id))],
            [
                Button(turn.t("↩ Undo"), details.UndoIncident(row.id)),
                Button(turn.t("📝 One more"), ask.BeginIncident(fresh=True)),
            ],
        ],
        toast=toast,
    )


async def compose_incident(letter: Letter) -> Reply | None:
    """A leader hears of an incident that staff do not handle alone; of nothing, when it was undone meanwhile."""
    row = await incidents.by_id(letter.db, letter.reader.school.id, int(letter.ref))
    if row is None or row.undone_at is not None:
        return None
    return Reply(await _facts(letter, row, own=False))


async def _facts(to: Turn | Letter, row: IncidentRow, *, own: bool) -> Markup:
    school = to.actor.school if isinstance(to, Turn) else to.reader.school
    area = await matrix.area(to.db, school.id, row.area_id)
    group = await groups.by_id(to.db, school.id, row.group_id) if row.group_id is not None else None
    return render(
        to.language,
        "incident",
        own=own,
        what=to.t(BEHAVIOURS[row.behaviour]),
        where=to.language.pick(area.name) if area is not None else "",
        group=group.name if group is not None else None,
        at=to_wall(row.at, school.zone),
        today=to.today,
        measure=to.t(MEASURES[Measure(row.measure)]) if row.measure else None,
        reason=to.t(REASONS[Reason(row.reason)]) if row.reason else None,
        told=row.behaviour in TOLD_TO_LEADER,
    )
