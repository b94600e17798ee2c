"""Incident: what happened -> where -> saved. Time is now and the class the one you teach; all can be changed after.

    /hendelse -> ask_behaviour -> ask_area -> save -> card        three taps
    ask_behaviour -> show_meanings -> ask_behaviour
    card -> class | time | what was done | possible reason -> card
    card -> undo
    card -> possible violation -> the handover (bot.handlers.handover)

`ask` holds the three taps, `card` what stands afterwards, `details` the taps that are optional.
"""

from bot.handlers.incident import ask, card, details
from bot.services.outbox import Errand

COMMANDS = {"hendelse": ask.ask_behaviour}
PRESSES = {
    ask.BeginIncident: ask.ask_behaviour,
    ask.ShowMeanings: ask.show_meanings,
    ask.AskIncidentArea: ask.ask_area,
    ask.SaveIncident: ask.save,
    card.ShowIncident: card.show_incident,
    details.AskIncidentGroup: details.ask_group,
    details.SetGroup: details.set_group,
    details.AskTime: details.ask_time,
    details.SetTime: details.set_time,
    details.AskMeasure: details.ask_measure,
    details.SetMeasure: details.set_measure,
    details.AskReason: details.ask_reason,
    details.SetReason: details.set_reason,
    details.UndoIncident: details.undo,
}
LETTERS = {Errand.INCIDENT: card.compose_incident}
