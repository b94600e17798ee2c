"""Coverage, and suppression of small numbers."""

import pytest

from pals.rates import Coverage, withheld


def test_coverage_counts_partly_as_reached() -> None:
    week = Coverage(practised=9, partly=3, not_yet=4, asked=24)
    assert (week.reached, week.share, week.unanswered) == (12, 0.5, 8)


def test_coverage_meets_the_goal_at_80_percent() -> None:
    weeks = [Coverage(practised, 0, 0, 100) for practised in (79, 80)]
    assert [week.meets_goal for week in weeks] == [False, True]


def test_coverage_without_groups_asked_has_no_share() -> None:
    none_asked = Coverage(0, 0, 0, 0)
    assert (none_asked.share, none_asked.unanswered, none_asked.meets_goal) == (None, 0, False)


@pytest.mark.parametrize("answers", [(-1, 0, 0, 5), (0, 0, -1, 5), (3, 2, 1, 5), (0, 0, 0, -1)])
def test_impossible_coverage_raises_value_error(answers: tuple[int, int, int, int]) -> None:
    with pytest.raises(
        ValueError, match=r"^(A number of groups cannot be negative|More groups have answered)"
    ):
        Coverage(*answers)


@pytest.mark.parametrize(
    ("adults", "pupils", "hidden"),
    [
        (None, None, False),
        (4, None, True),
        (5, None, False),
        (0, None, True),
        (None, 9, True),
        (None, 10, False),
        (5, 9, True),
        (4, 10, True),
        (5, 10, False),
    ],
)
def test_numbers_below_the_suppression_threshold_are_withheld(
    adults: int | None, pupils: int | None, hidden: bool
) -> None:
    assert withheld(adults=adults, pupils=pupils) is hidden
