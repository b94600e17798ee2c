"""The year wheel (årshjul): what a school does through its year, and the schedules of the messages about it.

A `YearWheel` is a school's calendar, times of day, focus of each month, campaign weeks and meeting series. A
`Schedule` is the rule by which a kind of message is due, and `moments` lists what was due between two times.
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
