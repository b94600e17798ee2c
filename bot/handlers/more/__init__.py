"""More: what people choose for themselves, what is stored about them, and the ways out.

/mer -> card -> language -> everything in that language
         |-> quiet hours      |-> my classes (bot.handlers.classes)     |-> messages off or on (a family)
         |-> what is stored about me
         |-> leave this school (asked first)
         |-> leave and be forgotten (asked first)
"""

from bot.handlers.more import card, languages, leaving, quiet, stored

COMMANDS = {
    "mer": card.show,
    "sprak": languages.ask,
    "personvern": stored.show,
}
PRESSES = {
    card.SetMuted: card.set_muted,
    languages.SetLanguage: languages.set_language,
    quiet.Ask: quiet.ask,
    quiet.SetQuiet: quiet.set_quiet,
    stored.Show: stored.show,
    leaving.AskLeave: leaving.ask_leave,
    leaving.Leave: leaving.leave,
    leaving.AskForget: leaving.ask_forget,
    leaving.Forget: leaving.forget,
    leaving.Withdraw: leaving.withdraw,
}
