"""Norway's public holidays over a span of days."""

from datetime import date

from pals.public_holidays import public_holidays


def test_two_on_one_day_share_it() -> None:
    assert public_holidays(date(2027, 5, 6), date(2027, 5, 17)) == {
        date(2027, 5, 6): "Kristi himmelfartsdag",
        date(2027, 5, 16): "Første pinsedag",
        date(2027, 5, 17): "Andre pinsedag; Grunnlovsdag",
    }
    assert public_holidays(date(2026, 12, 31), date(2027, 1, 1)) == {date(2027, 1, 1): "Første nyttårsdag"}
    assert public_holidays(date(2027, 5, 17), date(2027, 5, 16)) == {}
