"""i18n: gettext sentences with plural forms, dates by Babel, and the fallback of a school's own texts.

The source language of the catalogues is English. A sentence comes out as Telegram HTML; the values filled into it are
escaped.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources

from babel import Locale, UnknownLocaleError, dates, lists, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup

SOURCE = "en"
CODES = ("nb", "nn", "en", "ar", "uk")
"""The languages offered: in each, every sentence that a family can meet is translated."""

SCHOOL_CODES = ("nb", "nn", "en")
"""Those in which every sentence for the adults of a school is translated too."""

FAMILIES_DOMAIN, SCHOOL_DOMAIN = "families", "school"
"""The gettext domains, a catalogue each: what families can meet, and what only the adults of a school read."""

FALLBACK: Mapping[str, tuple[str, ...]] = {
    "nn": ("nb",),
    "nb": ("nn",),
    "se": ("nb", "nn"),
    "da": ("nb",),
    "sv": ("nb",),
}
LOCALES = {"en": "en_GB"}  # dates with the day first, as a school here writes them
LAST_RESORT = ("en", "nb", "nn")
NORWEGIAN = {"no": "nb", "nb": "nb", "nn": "nn", "se": "nb", "da": "nb", "sv": "nb"}


def N_(message: str) -> str:  # noqa: N802 - gettext's own name
    """Marks a sentence for extraction; it is translated later, when the reader is known."""
    return message


def negotiate(code: str | None, offered: tuple[str, ...] | list[str] = CODES) -> str:
    """Language negotiation: the catalogue for a phone's code such as `nb-NO`, `no` or None, among those offered.

    A Scandinavian code falls back to bokmål, any other to English, or else to the first one offered.
    """
    short = (code or "nb").replace("_", "-").split("-")[0].lower()
    for candidate in (short, NORWEGIAN.get(short, SOURCE)):
        if candidate in offered and candidate in CODES:
            return candidate
    return next((c for c in offered if c in CODES), SOURCE)


def pick_text(texts: Mapping[str, str], code: str) -> str:
    """A school's text by language fallback: nn → nb, se → nb, others → en → nb."""
    for candidate in (code, *FALLBACK.get(code, ()), *LAST_RESORT):
        if candidate in texts:
            return texts[candidate]
    return next(iter(texts.values()), "")


@dataclass(frozen=True, slots=True)
class Language:
    """A catalogue and its locale. Made by `language(code)`, one object for each code."""

    code: str
    catalogue: NullTranslations
    locale: Locale

    @property
    def right_to_left(self) -> bool:
        return self.locale.character_order == "right-to-left"

    def t(self, message: str, /, **names: object) -> Markup:
        """gettext: the translated sentence, with its `{names}` filled in and escaped."""
        sentence = Markup(self.catalogue.gettext(message))  # noqa: S704 - catalogues are ours and checked
        return sentence.format(**names) if names else sentence

    def n(self, one: str, many: str, count: int, /, **names: object) -> Markup:
        """ngettext: like `t`, in the plural form for `count`; `{n}` in the sentence is the count."""
        sentence = Markup(self.catalogue.ngettext(one, many, count))  # noqa: S704 - as above
        return sentence.format(n=self.number(count), **names)

    def pick(self, texts: Mapping[str, str]) -> str:
        return pick_text(texts, self.code)

    def number(self, value: float) -> str:
        return numbers.format_decimal(value, locale=self.locale)

    def percent(self, share: float) -> str:
        return numbers.format_percent(share, locale=self.locale)

    def day(self, day: date) -> str:
        """`mandag 2. november`"""
        return f"{dates.format_date(day, 'EEEE', self.locale)} {self.day_of_month(day)}"

    def day_of_month(self, day: date) -> str:
        """`2. november`"""
        return dates.format_skeleton("MMMMd", day, locale=self.locale)

    def day_of_year(self, day: date) -> str:
        """`2. november 2026`"""
        return dates.format_date(day, "long", locale=self.locale)

    def short_day(self, day: date) -> str:
        """`man. 2. nov.`"""
        return dates.format_skeleton("MMMEd", day, locale=self.locale)

    def month(self, day: date) -> str:
        """`november 2026`"""
        return dates.format_skeleton("yMMMM", day, locale=self.locale)

    def month_alone(self, day: date) -> str:
        """`november`"""
        return dates.format_date(day, "LLLL", locale=self.locale)

    def clock(self, at: time | datetime) -> str:
        """`07:30`, on the 24-hour clock that the school itself uses."""
        return dates.format_time(at, "HH:mm", locale=self.locale)

    def listed(self, items: list[str]) -> str:
        """`5A, 5B og 6A`"""
        return lists.format_list(items, locale=self.locale)

    @property
    def name(self) -> str:
        return language_name(self.code)


def language_name(code: str) -> str:
    """A language's own name: `Norsk bokmål`, `العربية`; the code where Babel knows no name."""
    try:
        return (Locale.parse(code).get_display_name(code) or code).capitalize()
    except (UnknownLocaleError, ValueError):
        return code


@cache
def language(code: str) -> Language:
    """The language of a catalogue code; its .po file is read once (cached)."""
    if code not in CODES:
        raise ValueError(f"no catalogue for {code!r}")
    return Language(code, _read(code), Locale.parse(LOCALES.get(code, code)))


def _read(code: str) -> NullTranslations:
    """Both domains of a language as one catalogue: gettext looks in the families', then in the school's."""
    found = NullTranslations()
    if code == SOURCE:
        return found
    for domain in (SCHOOL_DOMAIN, FAMILIES_DOMAIN):
        file = resources.files("locales").joinpath(code, "LC_MESSAGES", f"{domain}.po")
        if domain == SCHOOL_DOMAIN and code not in SCHOOL_CODES and not file.is_file():
            continue  # optional in this language
        compiled = io.BytesIO()
        write_mo(compiled, read_po(io.BytesIO(file.read_bytes()), locale=code, domain=domain))
        compiled.seek(0)
        catalogue = GNUTranslations(compiled)
        catalogue.add_fallback(found)
        found = catalogue
    return found
