"""The values a year wheel is made of, and the moments that its schedules yield."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from pals.weeks import IsoWeek

NIGHT = time(2), time(4)
"""Half-open interval [02:00, 04:00) in which nothing may be scheduled: DST transitions happen then."""


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
    """A day of the week, 0 for Monday, and a wall time. Raises ValueError for a day beyond 0 to 6."""

    day: int
    at: time

    def __post_init__(self) -> None:
        if not 0 <= self.day <= 6:
            raise ValueError(f"{self.day} is no day of the week; Monday is 0 and Sunday is 6.")

    def in_week(self, week: IsoWeek) -> datetime:
        """The wall time in an ISO week."""
        return datetime.combine(week.monday, self.at) + timedelta(days=self.day)


TimeOfDay = time | WeekTime | timedelta
"""When a scheduled message is due: a local time, a weekday and time, or a lead time before a meeting."""


def check_times(times: Mapping[str, TimeOfDay]) -> None:
    """Raises ValueError for a time between 02:00 and 04:00, and for a reminder after the start of its meeting."""
    for setting, at in times.items():
        if isinstance(at, timedelta):
            if at < timedelta(0):
                raise ValueError("The reminder before a meeting cannot come after the meeting has begun.")
        else:
            refuse_night(setting, at.at if isinstance(at, WeekTime) else at)


@dataclass(frozen=True, slots=True)
class FocusMonth:
    """The focus of a month. `month` is its first day; raises ValueError for another."""

    key: str
    month: date

    def __post_init__(self) -> None:
        if self.month.day != 1:
            raise ValueError(f"A focus is for a whole month; write {self.month.replace(day=1)}.")


@dataclass(frozen=True, slots=True)
class CampaignWeek:
    """A campaign in an ISO week; `to_families`: families get a message about it too."""

    key: str
    week: IsoWeek
    to_families: bool


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """An occurrence of a schedule, unique by (kind, ref, slot).

    `due` and the deadline `too_late` are aware and in UTC; what has not been started by then is missed, never sent.
    `kind` is the message kind's name. `ref` is the ISO week of a weekly schedule ("2026-W44"), the month of a focus
    ("2026-11"), the key of a meeting series or a campaign. `slot` is the local date the moment belongs to, and for
    meetings the meeting's start in wall time ("2026-11-05T14:00").
    """

    due: datetime
    kind: str
    ref: str
    slot: str
    too_late: datetime
