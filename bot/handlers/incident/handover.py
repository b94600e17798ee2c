"""Handover: notify the head of a possible violation; both sides keep the receipt. Never the case itself.

    incident card -> explain -> tell (a pupil | an adult may have done it) -> the leaders' notice -> receive
                                                                                 -> the teller's receipt

The duty to watch, step in and tell the head is opplæringsloven § 12-4; § 12-5 is the stricter one when an adult at
the school may be the offender. The bot carries a time, an area and the name of the adult to call.
"""

from markupsafe import Markup

from bot.content.templates import render
from bot.handlers.incident import record
from bot.i18n import Language
from bot.press import Press
from bot.services import handovers, incidents
from bot.services.handovers import Receipt
from bot.turn import Button, Letter, Reply, Turn
from pals.roles import May


class ExplainHandover(Press, tag="he"):
    incident_id: int


class TellHead(Press, tag="ht"):
    incident_id: int
    by_adult: bool


class ConfirmReceived(Press, tag="hr"):
    handover_id: int


async def explain(turn: Turn, press: ExplainHandover) -> Reply:
    """What the law requires and the offer to do it now; the receipt when the head has been notified."""
    turn.actor.must(May.HANDOVER)
    incident = await incidents.own_facts(turn.db, turn.actor, press.incident_id)
    receipt = await handovers.receipt_of_incident(turn.db, turn.school, incident.id)
    if receipt is not None:
        return _own_receipt(turn, incident.id, receipt)
    return Reply(
        render(turn.language, "handover_explain"),
        [
            [Button(turn.t("Tell the head now"), TellHead(incident.id, by_adult=False))],
            [Button(turn.t("An adult may have done it: tell now"), TellHead(incident.id, by_adult=True))],
            [Button(turn.t("◀ Back, without telling"), record.ShowIncident(incident.id))],
        ],
    )


async def tell(turn: Turn, press: TellHead) -> Reply:
    incident = press.incident_id
    receipt = await handovers.tell(turn.db, turn.actor, incident, turn.now, by_adult=press.by_adult)
    return _own_receipt(turn, incident, receipt)


async def receive(turn: Turn, press: ConfirmReceived) -> Reply:
    """Acknowledges. Idempotent: the first leader's acknowledgement is the receipt, later ones see it."""
    receipt = await handovers.receive(turn.db, turn.actor, press.handover_id, turn.now)
    return Reply(_text(turn.language, "handover_received", receipt), toast=turn.t("Saved"))


async def compose_notice(letter: Letter) -> Reply | None:
    """The notice to each leader, with the button that acknowledges it."""
    notice = await handovers.notice(letter.db, letter.school, int(letter.ref))
    if notice is None:
        return None
    text = render(
        letter.language,
        "handover_letter",
        by_adult=notice.by_adult,
        told=notice.told,
        at=notice.at,
        where=letter.language.pick(notice.area),
        group=notice.group,
        teller=notice.teller,
    )
    return Reply(text, [[Button(letter.t("I have received this"), ConfirmReceived(notice.id))]])


async def compose_receipt(letter: Letter) -> Reply | None:
    """The teller's receipt: a leader has acknowledged the notice."""
    receipt = await handovers.receipt(letter.db, letter.school, int(letter.ref))
    if receipt is None or receipt.received is None:
        return None
    return Reply(_text(letter.language, "handover_receipt", receipt))


def _own_receipt(turn: Turn, incident_id: int, receipt: Receipt) -> Reply:
    back = Button(turn.t("◀ Back to the incident"), record.ShowIncident(incident_id))
    return Reply(_text(turn.language, "handover_receipt", receipt), [[back]])


def _text(language: Language, template: str, receipt: Receipt) -> Markup:
    return render(language, template, told=receipt.told, received=receipt.received, by_adult=receipt.by_adult)
