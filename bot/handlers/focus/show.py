"""The month's focus as it is read: the staff's version with the weeks' practices, the families' with a question."""

from collections.abc import Iterator
from datetime import date

from markupsafe import Markup

from bot.content.message_length import TEXT_LIMIT, length
from bot.content.templates import render
from bot.errors import Gone
from bot.handlers.focus.presses import AskFocusLanguage, ShowMonth
from bot.turn import Actor, Button, Letter, Reply, Turn
from pals.calendar import Calendar
from pals.roles import May
from pals.weeks import IsoWeek
from pals.yearwheel import YearWheel, practice_index
from storage import focuses, matrix, year_wheels
from storage.focuses import FocusRow, MonthRow
from storage.tables import Texts

ANY_CALENDAR = Calendar((), {}, frozenset())  # a school year begins on the same day in all of them

# --- on request


async def show_this_month(turn: Turn) -> Reply:
    """/maaned: this month's focus, or in a month without one the latest before it."""
    turn.actor.must(May.READ_FAMILY_TEXT)
    there = await readable(turn, turn.actor)
    if not there:
        return Reply(
            turn.t(
                "📅 There is no PALS of the month yet this school year. It comes on the month's first school day."
            )
        )
    focus = await chosen(turn, there[-1].key)
    return await _said(turn, turn.actor, focus, family=not turn.actor.may(May.READ_STAFF_TEXT))


async def show_month(turn: Turn, press: ShowMonth) -> Reply:
    turn.actor.must(May.READ_FAMILY_TEXT)
    focus = await chosen(turn, press.key)
    family = press.family or not turn.actor.may(May.READ_STAFF_TEXT)
    return await _said(turn, turn.actor, focus, family=family)


# --- sent


async def compose_for_staff(letter: Letter) -> Reply | None:
    """None when the school has taken the month's focus away."""
    return await _of_letter(letter, family=False)


async def compose_for_family(letter: Letter) -> Reply | None:
    """None when the school has taken the month's focus away."""
    return await _of_letter(letter, family=True)


async def _of_letter(letter: Letter, *, family: bool) -> Reply | None:
    focus = await focuses.by_key(letter.db, letter.reader.school.id, letter.ref)
    return await _said(letter, letter.reader, focus, family=family) if focus is not None else None


# --- what is found, and how it is said


async def readable(asked: Turn | Letter, reader: Actor) -> list[MonthRow]:
    """The months that have a focus and may be read, the earliest first."""
    first, last = _this_year(asked)
    return await focuses.months(asked.db, reader.school.id, first, last)


def _this_year(asked: Turn | Letter) -> tuple[date, date]:
    """What may be read: this school year, up to the current month."""
    begins, _ = ANY_CALENDAR.school_year(asked.today)
    return begins, asked.today


async def chosen(turn: Turn, key: str) -> FocusRow:
    """The focus that a button speaks of. Raises Gone for one that is not there to be read."""
    found = await focuses.by_key(turn.db, turn.actor.school.id, key)
    first, last = _this_year(turn)
    if found is None or not first <= found.month <= last:
        raise Gone
    return found


async def _said(asked: Turn | Letter, reader: Actor, focus: FocusRow, *, family: bool) -> Reply:
    said = await (_for_family if family else _for_staff)(asked, reader, focus)
    buttons = _versions(asked, focus, family=family) if reader.may(May.READ_STAFF_TEXT) else []
    return Reply(
        said,
        [*buttons, *_months(asked, await readable(asked, reader), focus, family)],
    )


async def _for_family(asked: Turn | Letter, reader: Actor, focus: FocusRow) -> Markup:
    school = reader.school
    expectations = await matrix.of_focus(asked.db, school.id, focus.id)
    return render(asked.language, "focus_family", school=school.name, focus=focus, expectations=expectations)


async def _for_staff(asked: Turn | Letter, reader: Actor, focus: FocusRow) -> Markup:
    """The practices are left out where a very long staff text leaves no room; each comes in its own week anyway."""
    school = reader.school.id
    expectations = await matrix.of_focus(asked.db, school, focus.id)
    prompts = await focuses.prompts(asked.db, school, focus.id)
    weeks = _weeks(await year_wheels.of_school(asked.db, school), focus.month) if prompts else ()
    practices: list[tuple[int, Texts]] = [
        (week.week, prompts[index % len(prompts)].short) for index, week in enumerate(weeks)
    ]
    whole = render(asked.language, "focus_staff", focus=focus, expectations=expectations, practices=practices)
    if length(whole) <= TEXT_LIMIT:
        return whole
    return render(asked.language, "focus_staff", focus=focus, expectations=expectations, practices=[])


def _weeks(wheel: YearWheel, month: date) -> Iterator[IsoWeek]:
    """The weeks whose practices are this month's, in order."""
    week = IsoWeek.of(month)
    while (week.monday.year, week.monday.month) <= (month.year, month.month):
        place = practice_index(wheel, week)
        if place is not None and place[0] == f"{month:%Y-%m}":
            yield week
        week = week.next()


def _versions(asked: Turn | Letter, focus: FocusRow, *, family: bool) -> list[list[Button]]:
    other = asked.t("The staff's version") if family else asked.t("The families' version")
    return [
        [Button(other, ShowMonth(focus.key, not family))],
        [Button(asked.t("Text for the week plan or Vigilo"), AskFocusLanguage(focus.key))],
    ]


def _months(asked: Turn | Letter, there: list[MonthRow], focus: FocusRow, family: bool) -> list[list[Button]]:
    """◀ and ▶. They change places in languages written from right to left, where the past is to the right."""
    place = next((place for place, each in enumerate(there) if each.key == focus.key), None)
    if place is None:
        return []
    back, forward = ("▶", "◀") if asked.language.right_to_left else ("◀", "▶")

    def name(each: MonthRow) -> str:
        return asked.language.month_alone(each.month).capitalize()

    row = [Button(f"{back} {name(each)}", ShowMonth(each.key, family)) for each in there[:place][-1:]]
    row += [Button(f"{name(each)} {forward}", ShowMonth(each.key, family)) for each in there[place + 1 :][:1]]
    return [row[::-1] if asked.language.right_to_left else row] if row else []
