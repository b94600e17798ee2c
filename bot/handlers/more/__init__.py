"""More: what people choose for themselves, what is stored about them, and the ways out.

/mer -> card -> language -> everything in that language
         |-> quiet hours      |-> my classes (an adult)     |-> messages off or on (a family)
         |-> what is stored about me
         |-> leave this school (asked first)
         |-> leave and be forgotten (asked first)
"""

from bot.feature import Command, Feature
from bot.handlers.class_picker import FinishClasses, SetClass
from bot.handlers.more import card, classes, languages, leaving, quiet, stored
from bot.i18n import N_

FEATURE = Feature(
    commands=[
        Command(
            "mer",
            card.show_more,
            does=N_("Language, quiet hours, and what is stored about you"),
            button=N_("☰ More"),
            key=True,
            home=100,
            reads=True,
        ),
        Command("sprak", languages.ask_language, button=N_("🌍 Language"), reads=True),
        Command("klasser", classes.show_classes, reads=True),
        Command("personvern", stored.show_stored, reads=True),
    ],
    presses={
        card.SetMuted: card.set_muted,
        languages.SetLanguage: languages.set_language,
        quiet.SetQuiet: quiet.set_quiet,
        SetClass: classes.set_class,
        leaving.Leave: leaving.leave,
        leaving.Forget: leaving.forget,
        leaving.WithdrawRequest: leaving.withdraw,
    },
    reads={
        quiet.AskQuiet: quiet.ask_quiet,
        FinishClasses: classes.done,
        stored.ShowStored: stored.show_stored,
        leaving.AskLeave: leaving.ask_leave,
        leaving.AskForget: leaving.ask_forget,
    },
)
