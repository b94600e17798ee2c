"""Norway's public holidays are those of an independent source."""

from datetime import date

import holidays
import pytest

from pals.public_holidays import public_holidays


@pytest.mark.parametrize("first_year", [1948, 2000, 2048])
def test_fifty_years_are_as_the_package_holidays_has_them(first_year: int) -> None:
    years = range(first_year, first_year + 50)
    known = holidays.country_holidays("NO", years=years, language="no")
    assert public_holidays(date(years[0], 1, 1), date(years[-1], 12, 31)) == dict(sorted(known.items()))


def test_two_on_one_day_share_it() -> None:
    assert public_holidays(date(2027, 5, 6), date(2027, 5, 17)) == {
        date(2027, 5, 6): "Kristi himmelfartsdag",
        date(2027, 5, 16): "Første pinsedag",
        date(2027, 5, 17): "Andre pinsedag; Grunnlovsdag",
    }
    assert public_holidays(date(2026, 12, 31), date(2027, 1, 1)) == {date(2027, 1, 1): "Første nyttårsdag"}
    assert public_holidays(date(2027, 5, 17), date(2027, 5, 16)) == {}
