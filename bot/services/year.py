"""Read models of the school year: the next meetings, the campaign weeks that are left, the months' focus.

The chat renders them, and any other front end renders the same. Texts are the school's, in every language it has.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.turn import Db
from pals.calendar import Calendar
from pals.roles import Role
from pals.weeks import IsoWeek
from pals.yearwheel import MeetingTime, YearWheel, meetings, practice_index
from storage import campaigns, focuses, matrix, meeting_series, year_wheels
from storage.campaigns import CampaignRow
from storage.focuses import FocusRow, MonthRow
from storage.matrix import ExpectationRow
from storage.tables import Texts

MUNICIPAL = "municipal"
"""The kind of a meeting series that advisors take part in."""

_HORIZON = timedelta(days=366)
_ANY_CALENDAR = Calendar((), {}, frozenset())  # a school year begins on the same day in all of them

# --- meetings


@dataclass(frozen=True, slots=True)
class NamedMeeting:
    """A meeting with the name of its series, in the school's wall time."""

    name: Texts
    starts: datetime
    ends: datetime
    moved_from: date | None


def meetings_of_role(wheel: YearWheel, role: Role, first: date, last: date) -> list[MeetingTime]:
    """The meetings from one date to another that a role takes part in: an advisor only in the municipal ones."""
    return [
        meeting
        for meeting in meetings(wheel, first, last)
        if role is not Role.ADVISOR or meeting.kind == MUNICIPAL
    ]


async def upcoming_meetings(db: Db, school_id: int, role: Role, wall: datetime) -> list[NamedMeeting]:
    """The meetings of the next year that have not ended, the earliest first."""
    wheel, today = await year_wheels.of_school(db, school_id), wall.date()
    names = {series.key: series.name for series in await meeting_series.all_of(db, school_id)}
    return [
        _named(meeting, names[meeting.key])
        for meeting in meetings_of_role(wheel, role, today, today + _HORIZON)
        if meeting.starts + meeting.length > wall
    ]


async def meeting_at(db: Db, school_id: int, role: Role, key: str, starts: datetime) -> NamedMeeting | None:
    """The meeting of a series that starts at this wall time; None if moved, cancelled or not for the role."""
    series = await meeting_series.by_key(db, school_id, key)
    wheel = await year_wheels.of_school(db, school_id)
    held = meetings_of_role(wheel, role, starts.date(), starts.date())
    meeting = next((m for m in held if (m.key, m.starts) == (key, starts)), None)
    return _named(meeting, series.name) if series is not None and meeting is not None else None


def _named(meeting: MeetingTime, name: Texts) -> NamedMeeting:
    return NamedMeeting(name, meeting.starts, meeting.starts + meeting.length, meeting.moved_from)


# --- campaign weeks


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign week with its school days. Families hear of it only when it has a `family` text."""

    key: str
    title: Texts
    staff: Texts
    family: Texts | None
    week: IsoWeek
    days: Sequence[date]


async def remaining_campaigns(db: Db, school_id: int, today: date) -> list[CampaignView]:
    """The campaign weeks that are left of this school year, including the current one, in order."""
    calendar = (await year_wheels.of_school(db, school_id)).calendar
    _, ends = calendar.school_year(today)
    planned = [_campaign_view(row, calendar) for row in await campaigns.all_of(db, school_id)]
    return [each for each in planned if each.week.sunday >= today and each.week.monday <= ends]


async def campaign(db: Db, school_id: int, key: str) -> CampaignView | None:
    """The campaign of this key; None when the school has none."""
    row = await campaigns.by_key(db, school_id, key)
    if row is None:
        return None
    return _campaign_view(row, (await year_wheels.of_school(db, school_id)).calendar)


def _campaign_view(row: CampaignRow, calendar: Calendar) -> CampaignView:
    """Its days are Monday to Friday where the calendar knows of no school day in that week."""
    week = IsoWeek.parse(row.week)
    return CampaignView(
        row.key, row.title, row.staff, row.family, week, calendar.in_week(week) or week.days()[:5]
    )


# --- the months' focus


@dataclass(frozen=True, slots=True)
class FocusView:
    """A month's focus. `practices` are (ISO week number, practice); `earlier` and `later` the months beside it."""

    focus: FocusRow
    expectations: list[ExpectationRow]
    practices: list[tuple[int, Texts]]
    earlier: MonthRow | None
    later: MonthRow | None


async def readable_months(db: Db, school_id: int, today: date) -> list[MonthRow]:
    """The months with a focus from the start of this school year to the current month, the earliest first."""
    return await focuses.months(db, school_id, *_readable(today))


async def readable_focus(db: Db, school_id: int, key: str, today: date) -> FocusRow | None:
    """The focus of a month such as "2026-11"; None for a month that has none or may not be read today."""
    focus = await focuses.by_key(db, school_id, key)
    first, last = _readable(today)
    return focus if focus is not None and first <= focus.month <= last else None


async def focus_view(
    db: Db, school_id: int, focus: FocusRow, today: date, *, with_practices: bool
) -> FocusView:
    """A focus with its expectations, its neighbours and, for staff, the practices of its weeks."""
    expectations = await matrix.of_focus(db, school_id, focus.id)
    prompts = await focuses.prompts(db, school_id, focus.id) if with_practices else []
    weeks = _practice_weeks(await year_wheels.of_school(db, school_id), focus.month) if prompts else ()
    months = await readable_months(db, school_id, today)
    return FocusView(
        focus,
        expectations,
        [(week.week, prompts[index % len(prompts)].short) for index, week in enumerate(weeks)],
        *_neighbours(months, focus.key),
    )


def _readable(today: date) -> tuple[date, date]:
    begins, _ = _ANY_CALENDAR.school_year(today)
    return begins, today


def _practice_weeks(wheel: YearWheel, month: date) -> Iterator[IsoWeek]:
    """The weeks whose practices belong to this month, in order."""
    week = IsoWeek.of(month)
    while (week.monday.year, week.monday.month) <= (month.year, month.month):
        place = practice_index(wheel, week)
        if place is not None and place[0] == f"{month:%Y-%m}":
            yield week
        week = week.next()


def _neighbours(months: list[MonthRow], key: str) -> tuple[MonthRow | None, MonthRow | None]:
    place = next((index for index, month in enumerate(months) if month.key == key), None)
    if place is None:
        return None, None
    return (months[place - 1] if place else None), next(iter(months[place + 1 :]), None)
