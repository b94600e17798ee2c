"""The numbers the team looks at, and when they must not be shown.

Sources: the five questions and the rates per school day are those of school-wide positive behaviour support
(incidents per school day per month, also per 100 pupils, over the days on which data was collected); the
lower limits are this program's own privacy rule. A school is compared with its own past, never with another.
"""

from dataclasses import dataclass

MIN_ADULTS = 5
"""A number about fewer adults than this is withheld."""
MIN_PUPILS = 10
"""A number about fewer pupils than this is withheld."""


def per_school_day(count: int, days: int) -> float | None:
    """Incidents per school day: `count` ÷ the `days` on which data was collected. None without days."""
    return count / days if days > 0 else None


def per_100_pupils_per_day(count: int, pupils: int, days: int) -> float | None:
    """Incidents per 100 pupils per school day: years of different size compare. None without either."""
    return 100 * count / (pupils * days) if pupils > 0 and days > 0 else None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the groups that were asked for the week's practice have answered, by their own report.

    Raises ValueError for a negative number, or for more answers than groups asked.
    """

    practised: int
    partly: int
    not_yet: int
    asked: int

    def __post_init__(self) -> None:
        if min(self.practised, self.partly, self.not_yet, self.asked) < 0:
            raise ValueError("A number of groups cannot be negative.")
        if self.unanswered < 0:
            raise ValueError("More groups have answered than were asked.")

    @property
    def share(self) -> float | None:
        """Groups that practised, wholly or partly, ÷ groups asked, from 0 to 1. None when none was asked."""
        return (self.practised + self.partly) / self.asked if self.asked else None

    @property
    def unanswered(self) -> int:
        """How many groups have not answered yet."""
        return self.asked - self.practised - self.partly - self.not_yet


def praise_to_correction(recognitions: int, incidents: int) -> float | None:
    """How often praise was recorded for each incident; PALS aims at about 5. None without incidents."""
    return recognitions / incidents if incidents > 0 else None


def withheld(adults: int | None = None, pupils: int | None = None) -> bool:
    """Whether a number must not be shown because it is about too few people.

    Give how many adults, pupils or both it is about; None means that it is not about them.
    """
    return (adults is not None and adults < MIN_ADULTS) or (pupils is not None and pupils < MIN_PUPILS)
