"""A school's rows as its year wheel."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import NoResultFound
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.calendar import Calendar, Term
from pals.quiet import QuietHours
from pals.weeks import IsoWeek
from pals.yearwheel import (
    CampaignWeek,
    FocusMonth,
    MeetingRecurrence,
    OnClosed,
    WeekTime,
    YearWheel,
)
from storage import year_wheels
from storage.tables import Focus
from tests.support.people import MadeSchool


async def test_the_wheel_holds_all_of_its_own_school_and_nothing_of_another(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    for focus in await db.exec(select(Focus).where(col(Focus.school_id) == fjern.id)):
        focus.key = "2026-12"
        focus.month = date(2026, 12, 1)
    await db.flush()
    autumn = {date(2026, 9, 28) + timedelta(days=n): "Høstferie" for n in range(5)}
    assert await year_wheels.of_school(db, heia.id) == YearWheel(
        zone=ZoneInfo("Europe/Oslo"),
        calendar=Calendar(
            terms=(Term(date(2026, 8, 17), date(2026, 12, 18)), Term(date(2027, 1, 4), date(2027, 6, 18))),
            closed={**autumn, date(2026, 12, 25): "1. juledag"},
            planning_days=frozenset({date(2026, 11, 16)}),
        ),
        times={
            "prompt": WeekTime(0, time(7, 30)),
            "reminder": WeekTime(3, time(13)),
            "coverage": WeekTime(4, time(12)),
            "focus_staff": time(7, 15),
            "focus_family": time(16, 30),
            "campaign_notice": WeekTime(3, time(14)),
            "campaign_start": time(7, 45),
            "campaign_family": time(16, 30),
            "meeting_day_before": time(13, 30),
            "meeting_minutes_before": timedelta(hours=1),
        },
        focuses=(FocusMonth("2026-11", date(2026, 11, 1)),),
        campaigns=(CampaignWeek("sprak-vinter", IsoWeek(2027, 2), to_families=True),),
        meeting_series=(
            MeetingRecurrence(
                "pals-team",
                "team",
                datetime.fromisoformat("2026-08-20T14:00"),
                timedelta(hours=1),
                "FREQ=WEEKLY;INTERVAL=2",
                OnClosed.SKIP,
            ),
        ),
    )


async def test_no_such_school_has_no_wheel(db: AsyncSession, heia: MadeSchool) -> None:
    with pytest.raises(NoResultFound):
        await year_wheels.of_school(db, heia.id + 1)


def test_public_holidays_are_closed_and_keep_the_schools_own_name_for_a_day() -> None:
    calendar = year_wheels.calendar(
        {
            "terms": [{"first": "2027-01-04", "last": "2027-06-18"}],
            "closed": [{"first": "2027-05-17", "last": "2027-05-17", "name": {"nb": "Nasjonaldagen"}}],
            "public": {"2027-05-17": "Grunnlovsdag", "2027-05-06": "Kristi himmelfartsdag"},
            "planning_days": [],
        }
    )
    assert calendar.closed == {date(2027, 5, 17): "Nasjonaldagen", date(2027, 5, 6): "Kristi himmelfartsdag"}


def test_quiet_hours_may_be_none() -> None:
    assert year_wheels.quiet({"from": "20:30", "to": "06:30"}) == QuietHours(time(20, 30), time(6, 30))
    assert year_wheels.quiet({}) is None
