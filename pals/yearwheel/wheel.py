"""The year wheel itself, and what can be asked of it about a day, a week or a month.

What never changes for a wheel (its meetings, which focus a month has) is worked out at the first question and
looked up afterwards, so a wheel is worth keeping for as long as the school's choices stay the same.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

from pals.calendar import Calendar
from pals.weeks import IsoWeek
from pals.yearwheel.meetings import MeetingRecurrence, MeetingTime, meetings_of
from pals.yearwheel.parts import CampaignWeek, FocusMonth, TimeOfDay, check_times


@dataclass(frozen=True)
class YearWheel:
    """A school's whole year. Raises ValueError for a month with two focuses, a key that names two things, or a time at night."""

    zone: ZoneInfo
    calendar: Calendar
    times: Mapping[str, TimeOfDay]
    """Chosen by the school, by a schedule's `setting`; what is missing here is due at the schedule's default."""
    focuses: tuple[FocusMonth, ...]
    campaigns: tuple[CampaignWeek, ...]
    meeting_series: tuple[MeetingRecurrence, ...]

    def __post_init__(self) -> None:
        check_times(self.times)
        for month, count in Counter(focus.month for focus in self.focuses).items():
            if count > 1:
                raise ValueError(f"The month {month:%Y-%m} has {count} focuses; it can have one.")
        for (key, week), count in Counter((each.key, each.week) for each in self.campaigns).items():
            if count > 1:
                raise ValueError(f"The campaign {key} stands {count} times in week {week}.")
        for key, count in Counter(series.key for series in self.meeting_series).items():
            if count > 1:
                raise ValueError(f"{count} meetings are called {key}; each needs a key of its own.")

    @cached_property
    def focus_by_month(self) -> dict[tuple[int, int], FocusMonth]:
        """The focus of each (year, month) that has one."""
        return {(focus.month.year, focus.month.month): focus for focus in self.focuses}

    @cached_property
    def all_meetings(self) -> tuple[MeetingTime, ...]:
        """Every meeting the calendar reaches, in order of start and then of series."""
        every = (meeting for series in self.meeting_series for meeting in meetings_of(series, self.calendar))
        return tuple(sorted(every, key=lambda meeting: (meeting.starts, meeting.key)))

    @cached_property
    def meetings_told_on(self) -> dict[date, tuple[MeetingTime, ...]]:
        """For each day on which somebody is reminded of a meeting to come, the meetings they are reminded
        of.

        That day is the closest school or planning day before the meeting's own, in the same school year:
        nobody is told in June of a meeting in August.
        """
        found: dict[date, tuple[MeetingTime, ...]] = {}
        for meeting in self.all_meetings:
            day = meeting.starts.date()
            told = self.calendar.previous_work_day(day)
            if told is not None and told >= self.calendar.school_year(day)[0]:
                found[told] = (*found.get(told, ()), meeting)
        return found


def meetings(wheel: YearWheel, first: date, last: date) -> list[MeetingTime]:
    """The meetings held from `first` to `last`, both included, in order; moved ones where they moved to."""
    return meetings_between(wheel, datetime.combine(first, time.min), datetime.combine(last, time.max))


def meetings_between(wheel: YearWheel, first: datetime, last: datetime) -> list[MeetingTime]:
    """The meetings that start from `first` to `last` on the wall, both included, in order."""
    every = wheel.all_meetings
    begin = bisect_left(every, first, key=lambda meeting: meeting.starts)
    return list(every[begin : bisect_right(every, last, key=lambda meeting: meeting.starts)])


def focus_of(wheel: YearWheel, day: date) -> FocusMonth | None:
    """The focus of the month `day` is in, or None in a month without one."""
    return wheel.focus_by_month.get((day.year, day.month))


def practice_index(wheel: YearWheel, week: IsoWeek) -> tuple[str, int] | None:
    """The key of the week's focus and which of its practices it is: 0 in the month's first school week.

    A week belongs to the month of its first school day. None for a week without school, or without a focus.
    """
    days = wheel.calendar.in_week(week)
    focus = focus_of(wheel, days[0]) if days else None
    if focus is None:
        return None
    earlier = 0
    month = (days[0].year, days[0].month)
    before = week.previous()
    while before.sunday >= focus.month:
        its = wheel.calendar.in_week(before)
        earlier += bool(its) and (its[0].year, its[0].month) == month
        before = before.previous()
    return focus.key, earlier
