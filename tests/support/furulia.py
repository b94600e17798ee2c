"""Furulia skole, made up: two Norwegian school years with the holidays that make a year wheel hard."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pals.calendar import Calendar, Term
from pals.weeks import IsoWeek
from pals.yearwheel import (
    CampaignWeek,
    FocusMonth,
    MeetingRecurrence,
    Moment,
    OnClosed,
    TimeOfDay,
    WeekTime,
    YearWheel,
)
from pals.yearwheel import moments as all_moments
from pals.zone import to_utc, to_wall
from tests.support.features import KINDS

SCHEDULES = KINDS.schedules
OSLO = ZoneInfo("Europe/Oslo")
HOUR = timedelta(hours=1)


def days(first: date, last: date) -> Iterator[date]:
    for ahead in range((last - first).days + 1):
        yield first + timedelta(days=ahead)


CLOSED = {
    **dict.fromkeys(days(date(2025, 9, 29), date(2025, 10, 3)), "Høstferie"),
    **dict.fromkeys(days(date(2026, 2, 23), date(2026, 2, 27)), "Vinterferie"),
    **dict.fromkeys(days(date(2026, 3, 30), date(2026, 4, 6)), "Påske"),
    date(2026, 5, 1): "Arbeidernes dag",
    date(2026, 5, 14): "Kristi himmelfartsdag",
    date(2026, 5, 25): "2. pinsedag",
    **dict.fromkeys(days(date(2026, 9, 28), date(2026, 10, 2)), "Høstferie"),
    **dict.fromkeys(days(date(2027, 3, 1), date(2027, 3, 5)), "Vinterferie"),
    **dict.fromkeys(days(date(2027, 3, 22), date(2027, 3, 29)), "Påske"),
    date(2027, 5, 1): "Arbeidernes dag",
    date(2027, 5, 6): "Kristi himmelfartsdag",
    date(2027, 5, 17): "Grunnlovsdag og 2. pinsedag",
}

CALENDAR = Calendar(
    terms=(
        Term(date(2025, 8, 18), date(2025, 12, 19)),
        Term(date(2026, 1, 5), date(2026, 6, 19)),
        Term(date(2026, 8, 17), date(2026, 12, 18)),
        Term(date(2027, 1, 4), date(2027, 6, 18)),
    ),
    closed=CLOSED,
    planning_days=frozenset({date(2026, 8, 13), date(2026, 8, 14), date(2026, 11, 16), date(2027, 5, 7)}),
)

TIMES: dict[str, TimeOfDay] = {
    "prompt": WeekTime(0, time(7, 30)),
    "reminder": WeekTime(3, time(13)),
    "coverage": WeekTime(4, time(12)),
    "focus_staff": time(7, 15),
    "focus_family": time(16, 30),
    "campaign_notice": WeekTime(3, time(14)),
    "campaign_start": time(7, 45),
    "campaign_family": time(16, 30),
    "meeting_day_before": time(13, 30),
    "meeting_minutes_before": HOUR,
}


def series(key: str, starts: str, rule: str, on_closed: OnClosed = OnClosed.SKIP) -> MeetingRecurrence:
    kind = "municipal" if key == "municipal" else "team"
    return MeetingRecurrence(key, kind, datetime.fromisoformat(starts), HOUR, rule, on_closed)


TEAM = series("team", "2026-08-20T14:00", "FREQ=WEEKLY;INTERVAL=2")
MUNICIPAL = series("municipal", "2026-09-10T09:00", "FREQ=WEEKLY;INTERVAL=4", OnClosed.AFTER)


def wheel(
    *,
    calendar: Calendar = CALENDAR,
    times: Mapping[str, TimeOfDay] = TIMES,
    focuses: Iterable[str] = (),
    campaigns: Iterable[CampaignWeek] = (),
    meeting_series: Iterable[MeetingRecurrence] = (),
    zone: ZoneInfo = OSLO,
) -> YearWheel:
    """A wheel with only what a test is about; a focus is written as its month, which is its key too."""
    months = tuple(FocusMonth(month, date.fromisoformat(f"{month}-01")) for month in focuses)
    return YearWheel(zone, calendar, times, months, tuple(campaigns), tuple(meeting_series))


MONTHS = (
    *("2026-08", "2026-09", "2026-10", "2026-11", "2026-12"),
    *("2027-01", "2027-02", "2027-03", "2027-04", "2027-05", "2027-06"),
)
FURULIA = wheel(
    focuses=MONTHS,
    campaigns=(
        CampaignWeek("winter", IsoWeek(2027, 2), to_families=False),
        CampaignWeek("holiday", IsoWeek(2027, 9), to_families=True),
        CampaignWeek("spring", IsoWeek(2027, 14), to_families=True),
        CampaignWeek("may", IsoWeek(2027, 20), to_families=True),
    ),
    meeting_series=(TEAM, MUNICIPAL),
)


def wall(written: str, zone: ZoneInfo = OSLO) -> datetime:
    """The moment when the school's clock shows this."""
    return to_utc(datetime.fromisoformat(written), zone)


def moments(wheel: YearWheel, after: datetime, until: datetime) -> list[Moment]:
    """By the schedules of the features."""
    return all_moments(wheel, SCHEDULES, after, until)


def lines(found: Iterable[Moment]) -> list[str]:
    """Each moment as one line to compare: when, what, of what, which one, and until when it may be sent."""
    return [
        f"{to_wall(each.due, OSLO):%a %d.%m %H:%M} {each.kind} {each.ref} {each.slot}"
        f" < {to_wall(each.too_late, OSLO):%d.%m %H:%M}"
        for each in found
    ]


def due(made: YearWheel, first: str, last: str, *kinds: str) -> list[str]:
    """What is due from the first day to the last, both included, as lines; all kinds, or those named."""
    found = moments(made, wall(f"{first}T00:00"), wall(f"{last}T23:59"))
    return lines(each for each in found if not kinds or each.kind in kinds)
