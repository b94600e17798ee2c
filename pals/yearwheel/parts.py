"""The parts a year wheel is put together from, and the moments that come out of it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from pals.weeks import IsoWeek

NIGHT = time(2), time(4)
"""Nothing may start from 02:00 until just before 04:00: clocks change then, two nights a year."""


class Kind(StrEnum):
    """What is due."""

    PROMPT = "prompt"
    REMINDER = "reminder"
    COVERAGE = "coverage"
    FOCUS_STAFF = "focus_staff"
    FOCUS_FAMILY = "focus_family"
    MEETING_DAY_BEFORE = "meeting_day_before"
    MEETING_SOON = "meeting_soon"
    CAMPAIGN_NOTICE = "campaign_notice"
    CAMPAIGN_START = "campaign_start"
    CAMPAIGN_FAMILY = "campaign_family"


def refuse_night(what: str, at: time) -> None:
    """Raises ValueError for a time of day that is not safe to start at, or that carries a time zone."""
    if at.tzinfo is not None:
        raise ValueError(f"The time of {what} is a time on the school's wall and carries no time zone.")
    begins, ends = NIGHT
    if begins <= at < ends:
        raise ValueError(
            f"The time of {what} is {at:%H:%M}. Nothing may start between 02:00 and 04:00, "
            "because the clocks change then; choose another time."
        )


@dataclass(frozen=True, slots=True)
class WeekTime:
    """A day of the week, 0 for Monday, and a time on the wall. Raises ValueError for a day beyond 0 to 6."""

    day: int
    at: time

    def __post_init__(self) -> None:
        if not 0 <= self.day <= 6:
            raise ValueError(f"{self.day} is no day of the week; Monday is 0 and Sunday is 6.")


@dataclass(frozen=True, slots=True)
class Times:
    """When in the day or week each kind of message goes out, on the school's wall clock.

    Raises ValueError when one of them lies between 02:00 and 04:00, and when the reminder ahead of a meeting
    would come after it.
    """

    prompt: WeekTime
    reminder: WeekTime
    coverage: WeekTime
    focus_staff: time
    focus_family: time
    campaign_notice: WeekTime
    """In the week before the campaign's own."""
    campaign_start: time
    campaign_family: time
    meeting_day_before: time
    meeting_before: timedelta
    """How long before a meeting begins its second reminder goes out."""

    def __post_init__(self) -> None:
        refuse_night("the prompt", self.prompt.at)
        refuse_night("the reminder", self.reminder.at)
        refuse_night("the coverage", self.coverage.at)
        refuse_night("the staff's focus", self.focus_staff)
        refuse_night("the families' focus", self.focus_family)
        refuse_night("the campaign notice", self.campaign_notice.at)
        refuse_night("the campaign's start", self.campaign_start)
        refuse_night("the campaign's message to families", self.campaign_family)
        refuse_night("the reminder the day before a meeting", self.meeting_day_before)
        if self.meeting_before < timedelta(0):
            raise ValueError("The reminder before a meeting cannot come after the meeting has begun.")


@dataclass(frozen=True, slots=True)
class FocusMonth:
    """Which focus a month has. `month` is its first day; raises ValueError for another."""

    key: str
    month: date

    def __post_init__(self) -> None:
        if self.month.day != 1:
            raise ValueError(f"A focus is for a whole month; write {self.month.replace(day=1)}.")


@dataclass(frozen=True, slots=True)
class CampaignWeek:
    """A named week with its own texts; `to_families` tells whether families hear of it too."""

    key: str
    week: IsoWeek
    to_families: bool


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """Something that falls due once: (kind, ref, slot) names it for ever.

    `due` and `too_late` are aware and in UTC; what has not begun by `too_late` is missed and no longer sent.
    `ref` is the ISO week of a prompt, reminder or coverage ("2026-W44"), the month of a focus ("2026-11"),
    the rhythm's key of a meeting and the campaign's key of a campaign. `slot` is the local date the moment
    belongs to, and for meetings the meeting's own start on the wall ("2026-11-05T14:00").
    """

    due: datetime
    kind: Kind
    ref: str
    slot: str
    too_late: datetime
