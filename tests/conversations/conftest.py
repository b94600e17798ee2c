"""Conversations are tested in the source language; the catalogues have a test of their own."""

from collections.abc import Iterator
from gettext import NullTranslations

import pytest

import bot.language


@pytest.fixture(autouse=True, scope="session")
def source_language() -> Iterator[None]:
    """Every language speaks English here, with its own dates and its own school texts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.language, "_read", lambda _code: NullTranslations())
        bot.language.language.cache_clear()
        yield
    bot.language.language.cache_clear()
