"""The year wheel (årshjul): everything a school does through its year, and when each message about it is due.

A school gives its calendar, its times of day, a focus for each month, its campaign weeks and its meeting series;
together they are a `YearWheel`. A `Schedule` says by which rule a kind of message falls due, and `moments` answers the
only question a timer has to ask: what fell due between then and now?
"""

from pals.yearwheel.meetings import MeetingRecurrence, MeetingTime, OnClosed
from pals.yearwheel.parts import CampaignWeek, FocusMonth, Moment, TimeOfDay, WeekTime, check_times
from pals.yearwheel.schedules import (
    CampaignNotice,
    CampaignStart,
    MeetingDayBefore,
    MeetingSoon,
    MonthlyFocus,
    Schedule,
    Weekly,
    WeeklyReminder,
    WeeklySummary,
    moments,
)
from pals.yearwheel.wheel import YearWheel, focus_of, meetings, practice_index

__all__ = [
    "CampaignNotice",
    "CampaignStart",
    "CampaignWeek",
    "FocusMonth",
    "MeetingDayBefore",
    "MeetingRecurrence",
    "MeetingSoon",
    "MeetingTime",
    "Moment",
    "MonthlyFocus",
    "OnClosed",
    "Schedule",
    "TimeOfDay",
    "WeekTime",
    "Weekly",
    "WeeklyReminder",
    "WeeklySummary",
    "YearWheel",
    "check_times",
    "focus_of",
    "meetings",
    "moments",
    "practice_index",
]
