"""Incident: what happened -> where -> saved. Time is now and the class the one you teach; all can be changed after.

    /hendelse -> ask_behaviour -> ask_area -> save -> card        three taps
    ask_behaviour -> show_meanings -> ask_behaviour
    card -> class | time | what was done | possible reason -> card
    card -> undo
    card -> possible violation -> the handover to the head

`record` holds the three taps, the card and the optional details, `handover` the notice to the head and its receipt.
"""

from bot.feature import Command, Feature
from bot.handlers.incident import handover, record
from bot.i18n import N_
from bot.services.handovers import HANDOVER, HANDOVER_RECEIVED
from bot.services.incidents import INCIDENT
from pals.roles import May

FEATURE = Feature(
    commands=[
        Command(
            "hendelse",
            record.ask_behaviour,
            does=N_("Log an incident"),
            button=N_("📝 Incident"),
            key=True,
            home=20,
            may=May.LOG,
            reads=True,
        )
    ],
    presses={
        record.SaveIncident: record.save,
        record.SetGroup: record.set_group,
        record.SetTime: record.set_time,
        record.SetMeasure: record.set_measure,
        record.SetReason: record.set_reason,
        record.UndoIncident: record.undo,
        handover.TellHead: handover.tell,
        handover.ConfirmReceived: handover.receive,
    },
    reads={
        record.BeginIncident: record.ask_behaviour,
        record.ShowMeanings: record.show_meanings,
        record.AskIncidentArea: record.ask_area,
        record.ShowIncident: record.show_card,
        record.AskIncidentGroup: record.ask_group,
        record.AskTime: record.ask_time,
        record.AskMeasure: record.ask_measure,
        record.AskReason: record.ask_reason,
        handover.ExplainHandover: handover.explain,
    },
    messages={
        INCIDENT: record.compose_notice,
        HANDOVER: handover.compose_notice,
        HANDOVER_RECEIVED: handover.compose_receipt,
    },
)
