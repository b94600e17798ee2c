"""The year wheel (årshjul): everything a school does through its year, and when each part of it is due.

A school gives its calendar, its times of day, a focus for each month, its campaign weeks and the rhythm of
its meetings; together they are a `YearWheel`. `moments` then answers the only question a timer has to ask:
what fell due between then and now?
"""

from pals.yearwheel.due import moments
from pals.yearwheel.meetings import MeetingRecurrence, MeetingTime, OnClosed
from pals.yearwheel.parts import CampaignWeek, FocusMonth, Kind, Moment, Times, WeekTime
from pals.yearwheel.wheel import YearWheel, focus_of, meetings, practice_index

__all__ = [
    "CampaignWeek",
    "FocusMonth",
    "Kind",
    "MeetingRecurrence",
    "MeetingTime",
    "Moment",
    "OnClosed",
    "Times",
    "WeekTime",
    "YearWheel",
    "focus_of",
    "meetings",
    "moments",
    "practice_index",
]
