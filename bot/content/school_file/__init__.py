"""A school in a file: read it, check it, write it back.

The way of a file: `tree` (text to values with lines) -> `models` and `kinds` (each value by itself)
-> `check` (the parts against each other) -> a frozen `SchoolFile`, or a `SchoolFileError` that names
every file, line and mend at once. `write` goes back. docs/school-file.md explains the keys.
"""

from bot.content.school_file.days import public_holidays, school_days
from bot.content.school_file.kinds import Month, Week
from bot.content.school_file.models import (
    Area,
    Calendar,
    Campaign,
    Closed,
    Expectation,
    Focus,
    Group,
    Meeting,
    Practice,
    QuietHours,
    School,
    SchoolFile,
    Term,
    Times,
    Value,
    WeeklyTime,
    Words,
)
from bot.content.school_file.problems import Problem, SchoolFileError
from bot.content.school_file.read import parse, read
from bot.content.school_file.texts import Texts
from bot.content.school_file.write import dump, plain

__all__ = [
    "Area",
    "Calendar",
    "Campaign",
    "Closed",
    "Expectation",
    "Focus",
    "Group",
    "Meeting",
    "Month",
    "Practice",
    "Problem",
    "QuietHours",
    "School",
    "SchoolFile",
    "SchoolFileError",
    "Term",
    "Texts",
    "Times",
    "Value",
    "Week",
    "WeeklyTime",
    "Words",
    "dump",
    "parse",
    "plain",
    "public_holidays",
    "read",
    "school_days",
]
