"""Månedens PALS: the month's focus, in the staff's version and the families'; the text to paste elsewhere.

    /maaned, or the letter on the month's first school day -> show_month -> ◀ ▶ earlier and later months
                                                                        |-> the families' version (staff)
                                                                        |-> ask_language -> paste (staff)

Families meet their own version only. `show` is what is read, `paste` the copy for a week plan or another channel.
"""

from bot.handlers.focus import paste, show
from bot.handlers.focus.presses import AskFocusLanguage, CopyFocusText, ShowMonth
from pals.yearwheel import Kind

COMMANDS = {"maaned": show.show_this_month}
PRESSES = {
    ShowMonth: show.show_month,
    AskFocusLanguage: paste.ask_language,
    CopyFocusText: paste.copy_focus,
}
LETTERS = {
    Kind.FOCUS_STAFF: show.compose_for_staff,
    Kind.FOCUS_FAMILY: show.compose_for_family,
}
