"""The parts a year wheel is put together from, and the moments that come out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from pals.weeks import IsoWeek

NIGHT = time(2), time(4)
"""Nothing may start from 02:00 until just before 04:00: clocks change then, two nights a year."""


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


TimeOfDay = time | WeekTime | timedelta
"""When a scheduled message is due, by its schedule: a time on the wall, a weekday and time, or so long before a meeting."""


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
    `kind` is the message kind's name. `ref` is the ISO week of a weekly schedule ("2026-W44"), the month of a focus
    ("2026-11"), the key of a meeting series or a campaign. `slot` is the local date the moment belongs to, and for
    meetings the meeting's own start on the wall ("2026-11-05T14:00").
    """

    due: datetime
    kind: str
    ref: str
    slot: str
    too_late: datetime
