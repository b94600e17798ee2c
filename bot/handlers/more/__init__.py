"""More: personal settings, what is stored about the person, and the ways out.

/mer -> show_more -> language -> everything in that language
         |-> quiet hours      |-> classes (an adult)     |-> messages off or on (a family)
         |-> what is stored about me
         |-> leave this school (after a question)
         |-> erasure: leave and be forgotten (after a question)

`settings` is what can be set, `privacy` what is stored and how to leave.
"""

from bot.feature import Command, Feature
from bot.handlers.button_rows import FinishClasses, SetClass
from bot.handlers.more import privacy, settings
from bot.i18n import N_

FEATURE = Feature(
    commands=[
        Command(
            "mer",
            settings.show_more,
            does=N_("Language, quiet hours, and what is stored about you"),
            button=N_("☰ More"),
            key=True,
            home=100,
            reads=True,
        ),
        Command("sprak", settings.ask_language, button=N_("🌍 Language"), reads=True),
        Command("klasser", settings.show_classes, reads=True),
        Command("personvern", privacy.show_stored, reads=True),
    ],
    presses={
        settings.SetMuted: settings.set_muted,
        settings.SetLanguage: settings.set_language,
        settings.SetQuiet: settings.set_quiet,
        SetClass: settings.set_class,
        privacy.Leave: privacy.leave,
        privacy.Forget: privacy.forget,
        privacy.WithdrawRequest: privacy.withdraw,
    },
    reads={
        settings.AskQuiet: settings.ask_quiet,
        FinishClasses: settings.finish_classes,
        privacy.ShowStored: privacy.show_stored,
        privacy.AskLeave: privacy.ask_leave,
        privacy.AskForget: privacy.ask_forget,
    },
)
