"""Norway's public holidays, as the package `holidays` has them; it is imported when they are first asked for."""

from datetime import date
from functools import cache

EASTER = frozenset({"Langfredag", "Andre påskedag"})


def public_holidays(first: date, last: date) -> dict[date, str]:
    """The public holidays from `first` to `last`, both included, in order, with their Norwegian names.

    Two that fall on one day share its entry. Sundays are not in it unless they are a holiday of their own.
    """
    return {
        day: name
        for year in range(first.year, last.year + 1)
        for day, name in _of_year(year)
        if first <= day <= last
    }


@cache
def _of_year(year: int) -> tuple[tuple[date, str], ...]:
    from holidays import country_holidays

    return tuple(sorted(country_holidays("NO", years=year, language="no").items()))
