"""A school's year wheel: its rows as `pals` understands them."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam
from sqlalchemy.engine import TupleResult
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from pals.calendar import Calendar, Term
from pals.quiet import QuietHours
from pals.weeks import IsoWeek
from pals.yearwheel import (
    CampaignWeek,
    FocusMonth,
    MeetingRecurrence,
    OnClosed,
    TimeOfDay,
    WeekTime,
    YearWheel,
)
from storage import tables
from storage.execute import value

_VERSION = select(tables.School.version).where(col(tables.School.id) == bindparam("school_id"))
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


async def of_school(db: AsyncSession, school_id: int, version: int | None = None) -> YearWheel:
    """The wheel of a school, cached for all sessions of a database by the school's version (looked up if not given).

    Raises NoResultFound for a school that is not there.
    """
    cache: dict[int, tuple[int, YearWheel]] = db.info.setdefault("year_wheels", {})
    if version is None:
        version = await value(db, _VERSION, school_id=school_id)
    cached = cache.get(school_id)
    if cached is None or cached[0] != version:
        cached = cache[school_id] = version, await _read(db, school_id)
    return cached[1]


async def _read(db: AsyncSession, school_id: int) -> YearWheel:
    school = (await db.exec(select(tables.School).where(col(tables.School.id) == school_id))).one()
    focuses = await db.exec(
        select(col(tables.Focus.key), col(tables.Focus.month))
        .where(col(tables.Focus.school_id) == school_id)
        .order_by(col(tables.Focus.month))
    )
    campaigns = await db.exec(
        select(col(tables.Campaign.key), col(tables.Campaign.week), col(tables.Campaign.family).is_not(None))
        .where(col(tables.Campaign.school_id) == school_id)
        .order_by(col(tables.Campaign.week))
    )
    meeting_series: TupleResult[Any] = await db.exec(
        Select(
            col(tables.MeetingSeries.key),
            col(tables.MeetingSeries.kind),
            col(tables.MeetingSeries.starts),
            col(tables.MeetingSeries.minutes),
            col(tables.MeetingSeries.rule),
            col(tables.MeetingSeries.on_closed),
        )
        .where(col(tables.MeetingSeries.school_id) == school_id)
        .order_by(col(tables.MeetingSeries.id))
    )
    return YearWheel(
        zone=ZoneInfo(school.timezone),
        calendar=calendar(school.calendar),
        times=times(school.times),
        focuses=tuple(FocusMonth(key, month) for key, month in focuses),
        campaigns=tuple(
            CampaignWeek(key, IsoWeek.parse(week), families) for key, week, families in campaigns
        ),
        meeting_series=tuple(
            MeetingRecurrence(
                key,
                kind,
                datetime.fromisoformat(starts),
                timedelta(minutes=minutes),
                rule,
                OnClosed(on_closed),
            )
            for key, kind, starts, minutes, rule, on_closed in meeting_series
        ),
    )


def calendar(stored: Mapping[str, Any]) -> Calendar:
    """The school's calendar from its row: terms, holidays of its own, public ones, planning days."""
    closed: dict[date, str] = {}
    for holiday in stored["closed"]:
        day, last = date.fromisoformat(holiday["first"]), date.fromisoformat(holiday["last"])
        while day <= last:
            closed[day] = next(iter(holiday["name"].values()))
            day += timedelta(days=1)
    for day_of, name in stored.get("public", {}).items():
        closed.setdefault(date.fromisoformat(day_of), name)
    return Calendar(
        terms=tuple(
            Term(date.fromisoformat(term["first"]), date.fromisoformat(term["last"]))
            for term in stored["terms"]
        ),
        closed=closed,
        planning_days=frozenset(date.fromisoformat(day) for day in stored["planning_days"]),
    )


def times(stored: Mapping[str, Any]) -> dict[str, TimeOfDay]:
    """When each kind of message goes out, from the school's row: by the setting of its schedule.

    A weekday and time, a time of day, or a number of minutes before a meeting.
    """
    return {setting: _time_of_day(at) for setting, at in stored.items()}


def _time_of_day(stored: Any) -> TimeOfDay:
    if isinstance(stored, Mapping):
        return WeekTime(DAYS.index(stored["day"]), time.fromisoformat(stored["at"]))
    return timedelta(minutes=stored) if isinstance(stored, int) else time.fromisoformat(stored)


def quiet(stored: Mapping[str, str]) -> QuietHours | None:
    """The school's quiet hours from its row; None when it has none."""
    if not stored:
        return None
    return QuietHours(time.fromisoformat(stored["from"]), time.fromisoformat(stored["to"]))
