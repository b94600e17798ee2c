"""A school's year wheel: its rows as `pals` understands them."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

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
    Times,
    WeekTime,
    YearWheel,
)
from storage import tables

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


async def of_school(db: AsyncSession, school_id: int) -> YearWheel:
    """The wheel of a school. Raises NoResultFound for a school that is not there."""
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
    rhythms: TupleResult[Any] = await db.exec(
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
        rhythms=tuple(
            MeetingRecurrence(
                key,
                kind,
                datetime.fromisoformat(starts),
                timedelta(minutes=minutes),
                rule,
                OnClosed(on_closed),
            )
            for key, kind, starts, minutes, rule, on_closed in rhythms
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


def times(stored: Mapping[str, Any]) -> Times:
    """When each kind of message goes out, from the school's row."""

    def in_week(key: str) -> WeekTime:
        at = cast("dict[str, str]", stored[key])
        return WeekTime(DAYS.index(at["day"]), time.fromisoformat(at["at"]))

    def at(key: str) -> time:
        return time.fromisoformat(stored[key])

    return Times(
        prompt=in_week("prompt"),
        reminder=in_week("reminder"),
        coverage=in_week("coverage"),
        focus_staff=at("focus_staff"),
        focus_family=at("focus_family"),
        campaign_notice=in_week("campaign_notice"),
        campaign_start=at("campaign_start"),
        campaign_family=at("campaign_family"),
        meeting_day_before=at("meeting_day_before"),
        meeting_before=timedelta(minutes=int(stored["meeting_minutes_before"])),
    )


def quiet(stored: Mapping[str, str]) -> QuietHours | None:
    """The school's quiet hours from its row; None when it has none."""
    if not stored:
        return None
    return QuietHours(time.fromisoformat(stored["from"]), time.fromisoformat(stored["to"]))
