"""Månedens PALS: the month's focus, in the staff's version and the families'; the text to copy elsewhere.

    /maaned, or the message on the month's first school day -> show_month -> ◀ ▶ earlier and later months
                                                                         |-> the families' version (staff)
                                                                         |-> ask_language -> copy_focus (staff)

Families read their own version only, whatever their button says.
"""

from datetime import time, timedelta

from markupsafe import Markup

from bot.content.message_length import TEXT_LIMIT, length
from bot.content.templates import render
from bot.errors import existing
from bot.feature import Command, Feature
from bot.handlers import copy_text
from bot.i18n import N_, language, negotiate, pick_text
from bot.press import Press
from bot.services import year
from bot.services.year import FocusView
from bot.turn import Actor, Button, Letter, Reply, Turn
from pals.roles import May
from pals.yearwheel import MonthlyFocus
from scheduler.message_kind import MessageKind
from storage import focuses
from storage.delivery.audiences import FAMILIES, STAFF
from storage.focuses import FocusRow, MonthRow


class ShowMonth(Press, tag="fm"):
    """`key` is the month, such as 2026-11, here and below."""

    key: str
    family: bool


class AskFocusLanguage(Press, tag="fl"):
    key: str


class CopyFocusText(Press, tag="fp"):
    key: str
    language: str


# --- on request


async def show_this_month(turn: Turn) -> Reply:
    """/maaned: this month's focus, or in a month without one the latest before it."""
    turn.actor.must(May.READ_FAMILY_TEXT)
    months = await year.readable_months(turn.db, turn.school.id, turn.today)
    if not months:
        return Reply(
            turn.t(
                "📅 There is no PALS of the month yet this school year. It comes on the month's first school day."
            )
        )
    return await show_month(turn, ShowMonth(months[-1].key, family=False))


async def show_month(turn: Turn, press: ShowMonth) -> Reply:
    turn.actor.must(May.READ_FAMILY_TEXT)
    focus = await _readable(turn, press.key)
    family = press.family or not turn.actor.may(May.READ_STAFF_TEXT)
    return await _focus_reply(turn, turn.actor, focus, family=family)


async def ask_language(turn: Turn, press: AskFocusLanguage) -> Reply:
    turn.actor.must(May.COPY_FAMILY_TEXT)
    focus = await _readable(turn, press.key)
    return copy_text.ask_language_reply(
        turn,
        turn.t("The families' text for {month}: in which language?", month=turn.language.month(focus.month)),
        lambda code: CopyFocusText(focus.key, code),
        ShowMonth(focus.key, family=False),
    )


async def copy_focus(turn: Turn, press: CopyFocusText) -> Reply:
    """The families' text as plain lines, to paste into a week plan or another channel."""
    turn.actor.must(May.COPY_FAMILY_TEXT)
    copy_text.require_language(turn, press.language)
    focus = await _readable(turn, press.key)
    view = await year.focus_view(turn.db, turn.school.id, focus, turn.today, with_practices=False)
    text = render(
        language(negotiate(press.language)),
        "focus_paste",
        school=turn.school.name,
        month=focus.month,
        title=pick_text(focus.title, press.language),
        expectations=[pick_text(each.short, press.language) for each in view.expectations],
        family=pick_text(focus.family, press.language),
        question=pick_text(focus.question, press.language),
    )
    ask, back = AskFocusLanguage(focus.key), ShowMonth(focus.key, family=False)
    return copy_text.copyable_reply(turn, text, press.language, focus.family, f"pals-{focus.key}", ask, back)


async def _readable(turn: Turn, key: str) -> FocusRow:
    """The focus that a button names. Raises Gone for one that may not be read."""
    return existing(await year.readable_focus(turn.db, turn.school.id, key, turn.today))


# --- sent by the year wheel


async def compose_focus(letter: Letter) -> Reply | None:
    """None when the school has removed the month's focus."""
    focus = await focuses.by_key(letter.db, letter.school.id, letter.ref)
    if focus is None:
        return None
    return await _focus_reply(letter, letter.reader, focus, family=letter.kind == FOCUS_FAMILY.name)


# --- rendering


async def _focus_reply(to: Turn | Letter, reader: Actor, focus: FocusRow, *, family: bool) -> Reply:
    view = await year.focus_view(to.db, to.school.id, focus, to.today, with_practices=not family)
    buttons = _versions(to, focus, family=family) if reader.may(May.READ_STAFF_TEXT) else []
    if family:
        text = render(
            to.language, "focus_family", school=to.school.name, focus=focus, expectations=view.expectations
        )
    else:
        text = _staff_text(to, view)
    return Reply(text, [*buttons, *_months(to, view, family=family)])


def _staff_text(to: Turn | Letter, view: FocusView) -> Markup:
    """Without the practices where the whole text exceeds Telegram's limit; each practice is sent in its own week."""

    def rendered(practices: object) -> Markup:
        return render(
            to.language,
            "focus_staff",
            focus=view.focus,
            expectations=view.expectations,
            practices=practices,
        )

    whole = rendered(view.practices)
    return whole if length(whole) <= TEXT_LIMIT else rendered([])


def _versions(to: Turn | Letter, focus: FocusRow, *, family: bool) -> list[list[Button]]:
    other = to.t("The staff's version") if family else to.t("The families' version")
    return [
        [Button(other, ShowMonth(focus.key, not family))],
        [Button(to.t("Text for the week plan or Vigilo"), AskFocusLanguage(focus.key))],
    ]


def _months(to: Turn | Letter, view: FocusView, *, family: bool) -> list[list[Button]]:
    """◀ and ▶. In a right-to-left language they change places, because the past is to the right."""
    rtl = to.language.right_to_left
    back, forward = ("▶", "◀") if rtl else ("◀", "▶")

    def name(month: MonthRow) -> str:
        return to.language.month_alone(month.month).capitalize()

    row = []
    if view.earlier is not None:
        row.append(Button(f"{back} {name(view.earlier)}", ShowMonth(view.earlier.key, family)))
    if view.later is not None:
        row.append(Button(f"{name(view.later)} {forward}", ShowMonth(view.later.key, family)))
    return [row[::-1] if rtl else row] if row else []


FOCUS_STAFF = MessageKind(
    "focus_staff",
    called=N_("PALS of the month, to staff"),
    audience=STAFF,
    at=MonthlyFocus("focus_staff", time(7, 15)),
    catch_up=timedelta(0),
)
FOCUS_FAMILY_TIME = MonthlyFocus("focus_family", time(16, 30))
FOCUS_FAMILY = MessageKind(
    "focus_family",
    called=N_("PALS of the month, to families"),
    audience=FAMILIES,
    at=FOCUS_FAMILY_TIME,
    same_for_all=True,
    catch_up=timedelta(0),
)
FEATURE = Feature(
    commands=[
        Command(
            "maaned",
            show_this_month,
            does=N_("PALS of the month"),
            button=N_("📅 This month"),
            key=True,
            home=40,
            may=May.READ_FAMILY_TEXT,
            reads=True,
        )
    ],
    reads={ShowMonth: show_month, AskFocusLanguage: ask_language, CopyFocusText: copy_focus},
    messages={FOCUS_STAFF: compose_focus, FOCUS_FAMILY: compose_focus},
)
