"""Which language a reader gets when theirs is missing."""

import pytest

from bot.i18n import pick_text

ALL = {"nb": "bokmål", "nn": "nynorsk", "en": "English", "ar": "العربية"}


@pytest.mark.parametrize(
    ("language", "there", "given"),
    [
        ("ar", ("nb", "nn", "en", "ar"), "ar"),
        ("nn", ("en", "nb"), "nb"),
        ("nb", ("en", "nn"), "nn"),
        ("se", ("en", "nn", "nb"), "nb"),
        ("uk", ("nb", "ar", "en"), "en"),
        ("uk", ("ar", "nb"), "nb"),
        ("en", ("nn", "nb"), "nb"),
        ("nn", ("ar", "en"), "en"),
        ("uk", ("nn",), "nn"),
    ],
)
def test_a_reader_gets_the_nearest_text(language: str, there: tuple[str, ...], given: str) -> None:
    assert pick_text({key: ALL[key] for key in there}, language) == ALL[given]
