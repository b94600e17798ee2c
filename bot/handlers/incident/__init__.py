"""Incident: what happened -> where -> saved. Time is now and the class the one you teach; all can be changed after.

    /hendelse -> ask_behaviour -> ask_area -> save -> card        three taps
    ask_behaviour -> show_meanings -> ask_behaviour
    card -> class | time | what was done | possible reason -> card
    card -> undo
    card -> possible violation -> the handover to the head

`ask` holds the three taps, `card` what stands afterwards, `details` the taps that are optional, `handover` the
receipt that the head was told.
"""

from bot.feature import Command, Feature
from bot.handlers.incident import ask, card, details, handover
from bot.i18n import N_
from bot.services.handovers import HANDOVER, HANDOVER_RECEIVED
from bot.services.incidents import INCIDENT
from pals.roles import May

FEATURE = Feature(
    commands=[
        Command(
            "hendelse",
            ask.ask_behaviour,
            does=N_("Log an incident"),
            button=N_("📝 Incident"),
            key=True,
            home=20,
            may=May.LOG,
            reads=True,
        )
    ],
    presses={
        ask.SaveIncident: ask.save,
        details.SetGroup: details.set_group,
        details.SetTime: details.set_time,
        details.SetMeasure: details.set_measure,
        details.SetReason: details.set_reason,
        details.UndoIncident: details.undo,
        handover.TellHead: handover.tell,
        handover.ConfirmReceived: handover.received,
    },
    reads={
        ask.BeginIncident: ask.ask_behaviour,
        ask.ShowMeanings: ask.show_meanings,
        ask.AskIncidentArea: ask.ask_area,
        card.ShowIncident: card.show_incident,
        details.AskIncidentGroup: details.ask_group,
        details.AskTime: details.ask_time,
        details.AskMeasure: details.ask_measure,
        details.AskReason: details.ask_reason,
        handover.ExplainHandover: handover.explain,
    },
    messages={
        INCIDENT: card.compose_incident,
        HANDOVER: handover.compose_to_leader,
        HANDOVER_RECEIVED: handover.compose_to_teller,
    },
)
