"""Norway's public holidays, computed: fixed dates and the movable feasts that follow Easter.

By law of 24 February 1995 no. 12 (helligdagsfred) and law of 26 April 1947 no. 1 (1 and 17 May).
"""

from datetime import date, timedelta
from functools import cache

from dateutil.easter import easter

_FIXED = {
    (1, 1): "Første nyttårsdag",
    (5, 1): "Arbeidernes dag",
    (5, 17): "Grunnlovsdag",
    (12, 25): "Første juledag",
    (12, 26): "Andre juledag",
}
_AFTER_EASTER = {
    -3: "Skjærtorsdag",
    -2: "Langfredag",
    0: "Første påskedag",
    1: "Andre påskedag",
    39: "Kristi himmelfartsdag",
    49: "Første pinsedag",
    50: "Andre pinsedag",
}
EASTER = frozenset({"Langfredag", "Andre påskedag"})


def public_holidays(first: date, last: date) -> dict[date, str]:
    """The public holidays from `first` to `last`, both included, in order, with their Norwegian names.

    Two that fall on one day share its entry. Sundays are not in it unless they are a holiday of their own.
    """
    return {
        day: name
        for year in range(first.year, last.year + 1)
        for day, name in _of_year(year).items()
        if first <= day <= last
    }


@cache
def _of_year(year: int) -> dict[date, str]:
    named = [(date(year, *day), name) for day, name in _FIXED.items()]
    named += [(easter(year) + timedelta(days=ahead), name) for ahead, name in _AFTER_EASTER.items()]
    found: dict[date, str] = {}
    for day, name in sorted(named):
        found[day] = f"{found[day]}; {name}" if day in found else name
    return found
