"""Message extraction: every msgid in the code and the templates, and the gettext domain that each belongs to."""

from collections.abc import Collection
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.i18n import CODES, FAMILIES_DOMAIN, SCHOOL_CODES, SCHOOL_DOMAIN, SOURCE

LOCALES = Path(__file__).parent
ROOT = LOCALES.parent
TRANSLATED = tuple(code for code in CODES if code != SOURCE)
COMPLETE = {
    FAMILIES_DOMAIN: TRANSLATED,
    SCHOOL_DOMAIN: tuple(code for code in SCHOOL_CODES if code != SOURCE),
}
"""The languages in which each domain is complete. A translation beyond them is kept, and none is asked for."""

KEYWORDS = {"t": None, "N_": None, "n": (1, 2), "gettext_noop": None, "ngettext_noop": (1, 2)}
ROOMS = ("bot", "storage")
METHODS = [("**.py", "python"), ("**.j2", "jinja2.ext:babel_extract")]


@cache
def sentences() -> Catalog:
    """The template (POT) of both domains, not to be changed. A msgid has its source files, without line numbers."""
    catalog = Catalog(project="palsbot", charset="utf-8")
    for room in ROOMS:
        found = extract_from_dir(
            ROOT / room, METHODS, keywords=KEYWORDS, comment_tags=("translators:",), strip_comment_tags=True
        )
        for filename, _line, message, comments, context in found:
            catalog.add(message, None, [(f"{room}/{filename}", 0)], auto_comments=comments, context=context)
    return catalog


def msgids(catalog: Catalog) -> set[str]:
    """Every msgid of a catalogue without its header."""
    return {msgid_of(message) for message in catalog if message.id}


def msgid_of(message: Message) -> str:
    """The msgid; of a plural, the singular."""
    return message.id if isinstance(message.id, str) else message.id[0]


def path_of(code: str, domain: str, locales: Path = LOCALES) -> Path:
    return locales / code / "LC_MESSAGES" / f"{domain}.po"


def families_msgids(locales: Path = LOCALES) -> set[str]:
    """What belongs to the families' domain: what stands in its catalogue in any language."""
    catalogues = (read_catalogue(code, [FAMILIES_DOMAIN], locales) for code in TRANSLATED)
    return set().union(*map(msgids, catalogues))


def read_catalogue(code: str, domains: Collection[str], locales: Path = LOCALES) -> Catalog:
    """The catalogues of these domains as one; of a msgid that stands in several, the first translation counts."""
    merged = Catalog(locale=code, charset="utf-8")
    for domain in domains:
        path = path_of(code, domain, locales)
        if not path.exists():
            continue
        with path.open("rb") as file:
            for message in read_po(file, locale=code, domain=domain):
                if message.id and not _is_translated(merged.get(message.id)):
                    merged[message.id] = message
    return merged


def _is_translated(message: Message | None) -> bool:
    return message is not None and bool(message.string) and any(message.string or ())
