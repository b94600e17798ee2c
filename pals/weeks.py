"""ISO weeks (ISO 8601), by which Norwegian schools plan: "uke 44".

A week begins on Monday, and week 1 has the year's first Thursday. So a week has its own ISO year, which is not always
its days' year, and some years have a week 53.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

_FORMAT = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)


@dataclass(frozen=True, order=True, slots=True)
class IsoWeek:
    """An ISO week, ordered by time. Raises ValueError for a week that its year does not have."""

    year: int
    week: int

    def __post_init__(self) -> None:
        try:
            date.fromisocalendar(self.year, self.week, 1)
        except ValueError:
            raise ValueError(f"There is no week {self.week} in {self.year}.") from None

    def __str__(self) -> str:
        """ISO 8601 format: 2026-W53."""
        return f"{self.year:04}-W{self.week:02}"

    @classmethod
    def of(cls, day: date) -> Self:
        """The ISO week of a day: 30 December 2024 is in 2025-W01."""
        year, week, _ = day.isocalendar()
        return cls(year, week)

    @classmethod
    def parse(cls, written: str) -> Self:
        """Parses "2026-W53". Raises ValueError for anything else, and for a week that its year does not have."""
        match = _FORMAT.fullmatch(written)
        if match is None:
            raise ValueError(f"{written!r} is no ISO week; write it like 2026-W44.")
        return cls(int(match[1]), int(match[2]))

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.week, 1)

    @property
    def sunday(self) -> date:
        return date.fromisocalendar(self.year, self.week, 7)

    def days(self) -> tuple[date, ...]:
        """The seven days, Monday first."""
        monday = self.monday
        return tuple(monday + timedelta(days=ahead) for ahead in range(7))

    def next(self) -> Self:
        """The following week, of the next year after the last one."""
        return type(self).of(self.monday + timedelta(days=7))

    def previous(self) -> Self:
        return type(self).of(self.monday - timedelta(days=7))
