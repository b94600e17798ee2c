"""Coverage of the week's practice, and suppression of small numbers.

Sources: 80 % is the usual criterion of implementation in school-wide positive behaviour support; the suppression
thresholds are this program's own privacy rule. A school is compared with its own past, never with another.
"""

from dataclasses import dataclass

MIN_ADULTS = 5
"""Suppression threshold: a number about fewer adults is withheld."""
MIN_PUPILS = 10
"""Suppression threshold: a number about fewer pupils is withheld."""
GOAL = 0.8
"""The share of groups that is to be reached."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage of a week's practice: how many groups gave which answer, of how many that were asked.

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
    def reached(self) -> int:
        """The number of groups that practised, wholly or partly."""
        return self.practised + self.partly

    @property
    def share(self) -> float | None:
        """`reached` ÷ `asked`, from 0 to 1. None when no group was asked."""
        return self.reached / self.asked if self.asked else None

    @property
    def meets_goal(self) -> bool:
        return self.share is not None and self.share >= GOAL

    @property
    def unanswered(self) -> int:
        """The number of groups without an answer."""
        return self.asked - self.practised - self.partly - self.not_yet


def withheld(adults: int | None = None, pupils: int | None = None) -> bool:
    """Suppression of small numbers: whether a number is about too few people to be shown.

    Give the number of adults, pupils or both that it is about; None means that it is not about them.
    """
    return (adults is not None and adults < MIN_ADULTS) or (pupils is not None and pupils < MIN_PUPILS)
