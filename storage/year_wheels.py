"""A school's year wheel: its rows as `pals` understands them."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.exc import NoResultFound
from sqlmodel.ext.asyncio.session import AsyncSession

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
from storage import campaigns, focuses, meeting_series, schools
from storage.execute import value

_VERSION = select(schools.school.c.version).where(schools.school.c.id == bindparam("school_id"))
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


def leave_cache(db: AsyncSession) -> None:
    """For a transaction that changes a school: its wheel is not for other sessions, since it may be rolled back."""
    db.info["year_wheels"] = {}


async def _read(db: AsyncSession, school_id: int) -> YearWheel:
    school = await schools.by_id(db, school_id)
    if school is None:
        raise NoResultFound(f"There is no school {school_id}.")
    return YearWheel(
        zone=ZoneInfo(school.timezone),
        calendar=calendar(school.calendar),
        times=times(school.times),
        focuses=tuple(FocusMonth(*row) for row in await focuses.months(db, school_id, date.min, date.max)),
        campaigns=tuple(
            CampaignWeek(row.key, IsoWeek.parse(row.week), row.family is not None)
            for row in await campaigns.all_of(db, school_id)
        ),
        meeting_series=tuple(
            MeetingRecurrence(
                row.key,
                row.kind,
                datetime.fromisoformat(row.starts),
                timedelta(minutes=row.minutes),
                row.rule,
                OnClosed(row.on_closed),
            )
            for row in await meeting_series.all_of(db, school_id)
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
