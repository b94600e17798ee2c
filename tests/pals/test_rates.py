"""Numbers: what they are when all is well, and that they are None or withheld when they would mislead."""

import pytest

from pals.rates import (
    Coverage,
    per_100_pupils_per_day,
    per_school_day,
    praise_to_correction,
    withheld,
)


def test_incidents_per_school_day() -> None:
    assert [per_school_day(42, 21), per_school_day(0, 21), per_school_day(3, 0)] == [2.0, 0.0, None]


def test_incidents_per_100_pupils_per_day() -> None:
    # 35 incidents in 20 days among 490 pupils: 35 ÷ 4.9 hundreds ÷ 20 days
    assert per_100_pupils_per_day(35, 490, 20) == pytest.approx(0.35714, abs=1e-5)
    assert [per_100_pupils_per_day(35, 0, 20), per_100_pupils_per_day(35, 490, 0)] == [None, None]


def test_coverage_counts_partly_as_practised() -> None:
    week = Coverage(practised=9, partly=3, not_yet=4, asked=24)
    assert (week.share, week.unanswered) == (0.5, 8)


def test_coverage_of_nobody_is_no_share() -> None:
    nobody = Coverage(0, 0, 0, 0)
    assert (nobody.share, nobody.unanswered) == (None, 0)


@pytest.mark.parametrize("answers", [(-1, 0, 0, 5), (0, 0, -1, 5), (3, 2, 1, 5), (0, 0, 0, -1)])
def test_coverage_that_cannot_be_is_refused(answers: tuple[int, int, int, int]) -> None:
    with pytest.raises(
        ValueError, match=r"^(A number of groups cannot be negative|More groups have answered)"
    ):
        Coverage(*answers)


def test_praise_to_correction() -> None:
    assert [praise_to_correction(60, 12), praise_to_correction(0, 3), praise_to_correction(7, 0)] == [
        5.0,
        0.0,
        None,
    ]


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
def test_numbers_about_too_few_are_withheld(adults: int | None, pupils: int | None, hidden: bool) -> None:
    assert withheld(adults=adults, pupils=pupils) is hidden
