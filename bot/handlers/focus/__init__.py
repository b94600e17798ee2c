"""Månedens PALS: the month's focus, in the staff's version and the families'; the text to paste elsewhere.

    /maaned, or the letter on the month's first school day -> show_month -> ◀ ▶ earlier and later months
                                                                        |-> the families' version (staff)
                                                                        |-> ask_language -> paste (staff)

Families meet their own version only. `show` is what is read, `paste` the copy for a week plan or another channel.
"""

from datetime import time

from bot.feature import Command, Feature
from bot.handlers.focus import paste, show
from bot.handlers.focus.presses import AskFocusLanguage, CopyFocusText, ShowMonth
from bot.i18n import N_
from pals.roles import May
from pals.yearwheel import MonthlyFocus
from scheduler.message_kind import CatchUp, MessageKind
from storage.delivery.audiences import FAMILIES, STAFF

FOCUS_STAFF = MessageKind(
    "focus_staff",
    called=N_("PALS of the month, to staff"),
    audience=STAFF,
    at=MonthlyFocus("focus_staff", time(7, 15)),
    catch_up=CatchUp(),
)
FOCUS_FAMILY_TIME = MonthlyFocus("focus_family", time(16, 30))
FOCUS_FAMILY = MessageKind(
    "focus_family",
    called=N_("PALS of the month, to families"),
    audience=FAMILIES,
    at=FOCUS_FAMILY_TIME,
    same_for_all=True,
    catch_up=CatchUp(),
)
FEATURE = Feature(
    commands=[
        Command(
            "maaned",
            show.show_this_month,
            does=N_("PALS of the month"),
            button=N_("📅 This month"),
            key=True,
            home=40,
            may=May.READ_FAMILY_TEXT,
            reads=True,
        )
    ],
    reads={
        ShowMonth: show.show_month,
        AskFocusLanguage: paste.ask_language,
        CopyFocusText: paste.copy_focus,
    },
    messages={FOCUS_STAFF: show.compose_for_staff, FOCUS_FAMILY: show.compose_for_family},
)
