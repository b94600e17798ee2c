"""Handover: a possible violation is told to the head, and both keep the receipt. Never the case itself.

    incident card -> explain -> tell (a pupil | an adult may have done it) -> the leaders get a letter -> received
                                                                                -> who told gets the receipt

The duty to watch, step in and tell the head is opplæringsloven § 12-4; § 12-5 is the stricter one when an adult at
the school may be the one who offended. The bot carries a time, an area and who asks to be called.
"""

from dataclasses import dataclass

from bot.content.templates import render
from bot.errors import Gone
from bot.handlers.incident import card
from bot.press import Press
from bot.services import handovers
from bot.turn import Button, Letter, Reply, Turn
from pals.roles import May
from pals.zone import to_wall
from storage import groups, incidents, matrix, memberships
from storage import handovers as rows


@dataclass(frozen=True)
class ExplainHandover(Press, tag="he"):
    incident_id: int


@dataclass(frozen=True)
class TellHead(Press, tag="ht"):
    incident_id: int
    by_adult: bool


@dataclass(frozen=True)
class ConfirmReceived(Press, tag="hr"):
    handover_id: int


async def explain(turn: Turn, press: ExplainHandover) -> Reply:
    """One line of what the law asks, and the offer to do it now."""
    turn.actor.must(May.HANDOVER)
    incident = await card.incident_of(turn, press.incident_id)
    told = await rows.of_incident(turn.db, turn.actor.school.id, incident.id)
    if told is not None:
        return await _receipt(turn, incident.id)
    return Reply(
        render(turn.language, "handover_explain"),
        [
            [Button(turn.t("Tell the head now"), TellHead(incident.id, by_adult=False))],
            [Button(turn.t("An adult may have done it: tell now"), TellHead(incident.id, by_adult=True))],
            [Button(turn.t("◀ Back, without telling"), card.ShowIncident(incident.id))],
        ],
    )


async def tell(turn: Turn, press: TellHead) -> Reply:
    await handovers.tell(turn.db, turn.actor, press.incident_id, turn.now, by_adult=press.by_adult)
    return await _receipt(turn, press.incident_id)


async def _receipt(turn: Turn, incident_id: int) -> Reply:
    told = await rows.of_incident(turn.db, turn.actor.school.id, incident_id)
    if told is None:
        raise Gone
    zone = turn.actor.school.zone
    received = to_wall(told.received_at, zone) if told.received_at is not None else None
    return Reply(
        render(
            turn.language,
            "handover_receipt",
            told=to_wall(told.told_at, zone),
            received=received,
            by_adult=told.by_adult,
        ),
        [[Button(turn.t("◀ Back to the incident"), card.ShowIncident(incident_id))]],
    )


async def compose_to_leader(letter: Letter) -> Reply | None:
    """To each leader: when, where, and whom to call. No pupil and no story."""
    school = letter.reader.school
    told = await rows.by_id(letter.db, school.id, int(letter.ref))
    if told is None:
        return None
    incident = await incidents.by_id(letter.db, school.id, told.incident_id)
    if incident is None:
        return None
    area = await matrix.area(letter.db, school.id, incident.area_id)
    group = (
        await groups.by_id(letter.db, school.id, incident.group_id) if incident.group_id is not None else None
    )
    teller = (
        await memberships.name_of(letter.db, school.id, told.person_id)
        if told.person_id is not None
        else None
    )
    return Reply(
        render(
            letter.language,
            "handover_letter",
            by_adult=told.by_adult,
            told=to_wall(told.told_at, school.zone),
            at=to_wall(incident.at, school.zone),
            where=letter.language.pick(area.name) if area is not None else "",
            group=group.name if group is not None else None,
            teller=teller,
        ),
        [[Button(letter.t("I have received this"), ConfirmReceived(told.id))]],
    )


async def received(turn: Turn, press: ConfirmReceived) -> Reply:
    """The first leader's tap is the receipt; a later one sees it."""
    told = await handovers.receive(turn.db, turn.actor, press.handover_id, turn.now)
    zone = turn.actor.school.zone
    assert told.received_at is not None  # noqa: S101 - it has just been received
    return Reply(
        render(
            turn.language,
            "handover_received",
            told=to_wall(told.told_at, zone),
            received=to_wall(told.received_at, zone),
            by_adult=told.by_adult,
        ),
        toast=turn.t("Saved"),
    )


async def compose_to_teller(letter: Letter) -> Reply | None:
    """Back to whoever told: it has been received."""
    told = await rows.by_id(letter.db, letter.reader.school.id, int(letter.ref))
    if told is None or told.received_at is None:
        return None
    zone = letter.reader.school.zone
    return Reply(
        render(
            letter.language,
            "handover_receipt",
            told=to_wall(told.told_at, zone),
            received=to_wall(told.received_at, zone),
            by_adult=told.by_adult,
        )
    )
