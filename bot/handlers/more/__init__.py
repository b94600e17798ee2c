"""More: what people choose for themselves, what is stored about them, and the ways out.

/mer -> card -> language -> everything in that language
         |-> quiet hours      |-> my classes (an adult)     |-> messages off or on (a family)
         |-> what is stored about me
         |-> leave this school (asked first)
         |-> leave and be forgotten (asked first)
"""

from bot.handlers.more import card, classes, languages, leaving, quiet, stored

COMMANDS = {
    "mer": card.show_more,
    "sprak": languages.ask_language,
    "klasser": classes.show_classes,
    "personvern": stored.show_stored,
}
PRESSES = {
    card.SetMuted: card.set_muted,
    languages.SetLanguage: languages.set_language,
    quiet.AskQuiet: quiet.ask_quiet,
    quiet.SetQuiet: quiet.set_quiet,
    classes.SetClass: classes.set_class,
    classes.FinishClasses: classes.done,
    stored.ShowStored: stored.show_stored,
    leaving.AskLeave: leaving.ask_leave,
    leaving.Leave: leaving.leave,
    leaving.AskForget: leaving.ask_forget,
    leaving.Forget: leaving.forget,
    leaving.WithdrawRequest: leaving.withdraw,
}
