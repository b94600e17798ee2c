"""The year wheel, and queries about a day, an ISO week or a month.

Expanded recurrences and the focus of each month are cached on the wheel, so callers keep a wheel until the school's
content changes.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from pals.calendar import Calendar
from pals.weeks import IsoWeek
from pals.yearwheel.meetings import MeetingRecurrence, MeetingTime, meetings_of
from pals.yearwheel.parts import CampaignWeek, FocusMonth, TimeOfDay, check_times


@dataclass(frozen=True)
class YearWheel:
    """A school's year. Raises ValueError for two focuses in a month, a duplicate key, or a time in the night."""

    zone: ZoneInfo
    calendar: Calendar
    times: Mapping[str, TimeOfDay]
    """The school's own times, by a schedule's `setting`; the schedule's default applies to a missing one."""
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
        """Every meeting within the calendar, in order of start and then of series."""
        every = (meeting for series in self.meeting_series for meeting in meetings_of(series, self.calendar))
        return tuple(sorted(every, key=lambda meeting: (meeting.starts, meeting.key)))

    @cached_property
    def meetings_told_on(self) -> dict[date, tuple[MeetingTime, ...]]:
        """The meetings to remind of on each day: the last school or planning day before the meeting.

        It is in the same school year: no reminder is sent in June of a meeting in August.
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
    """The meetings that start from `first` to `last` in wall time, both included, in order."""
    every = wheel.all_meetings
    begin = bisect_left(every, first, key=lambda meeting: meeting.starts)
    return list(every[begin : bisect_right(every, last, key=lambda meeting: meeting.starts)])


def focus_of(wheel: YearWheel, day: date) -> FocusMonth | None:
    """The focus of the month of `day`, or None."""
    return wheel.focus_by_month.get((day.year, day.month))


def practice_index(wheel: YearWheel, week: IsoWeek) -> tuple[str, int] | None:
    """The key of the week's focus and the index of its practice prompt: 0 in the month's first school week.

    A week belongs to the month of its first school day. None for a week without school, or without a focus.
    """
    days = wheel.calendar.in_week(week)
    focus = focus_of(wheel, days[0]) if days else None
    if focus is None:
        return None
    before = wheel.calendar.school_days(focus.month, week.monday - timedelta(days=1))
    earlier = {IsoWeek.of(day) for day in before}
    return focus.key, sum(wheel.calendar.in_week(each)[0] >= focus.month for each in earlier)
