"""How long a message is to Telegram, and from which side its lines are read."""

from gettext import NullTranslations

import pytest
from babel import Locale
from markupsafe import Markup

from bot.content.bidi import aligned
from bot.content.message_length import length
from bot.i18n import Language, language

ARABIC = Language("ar", NullTranslations(), Locale.parse("ar"))


@pytest.mark.parametrize(
    ("html", "units"),
    [
        ("", 0),
        ("Ål", 2),
        ("<b>5B</b> &amp; <i>6A</i>", 7),
        ("&lt;b&gt;", 3),
        ("⭐", 1),
        ("🙂", 2),
        ("سلام", 4),
    ],
)
def test_tags_count_for_nothing_and_an_emoji_may_count_twice(html: str, units: int) -> None:
    assert length(html) == units


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        (Markup("هدوء"), False),
        (Markup("🎯 هدوء في 5B"), False),
        (Markup("5B هدوء"), True),
        (Markup("✓ <b>5B</b>: هدوء"), True),
        (Markup("🏠 Furulia skole"), True),
        (Markup("👥 5B"), True),
        (Markup("What we practise has not been translated yet."), False),
        (Markup("Velkommen!"), False),
        (Markup("45"), False),
        (Markup("▓▓▓░░░░░░░"), True),
        (Markup("<b>هدوء</b>"), False),
        (Markup(""), False),
    ],
)
def test_a_line_that_begins_in_latin_and_goes_on_in_arabic_or_is_a_name_is_marked(
    line: Markup, marked: bool
) -> None:
    """A tag's own letters are no letters of the line."""
    before = Markup("هدوء\n") + line
    assert aligned(ARABIC, before) == (f"هدوء\n\u200f{line}" if marked else before)


def test_a_language_written_from_the_left_is_left_alone() -> None:
    mixed = Markup("5B هدوء")
    assert aligned(language("en"), mixed) == mixed


def test_a_name_that_is_quoted_keeps_the_side_it_is_read_from() -> None:
    shown = Markup("English:\n<blockquote>📣 Heia skole\nFrom the school</blockquote>\nHeia skole")
    assert aligned(ARABIC, shown) == (
        "\u200fEnglish:\n<blockquote>📣 Heia skole\nFrom the school</blockquote>\n\u200fHeia skole"
    )
    one = Markup("<blockquote>Heia</blockquote>\nHeia skole\n<blockquote>5B هدوء</blockquote>")
    assert aligned(ARABIC, one) == (
        "<blockquote>Heia</blockquote>\n\u200fHeia skole\n\u200f<blockquote>5B هدوء</blockquote>"
    )
