"""`make messages`: new msgids enter their domain's catalogues untranslated, and obsolete ones are removed.

A msgid stays in the domain it is in, and a new one enters the school's. Then a test explores what families can do
(`tests/catalogues`) and moves what they meet into theirs, in every language and with its translations.
"""

from collections.abc import Set
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.i18n import FAMILIES_DOMAIN
from locales.extract import (
    COMPLETE,
    LOCALES,
    TRANSLATED,
    families_msgids,
    msgid_of,
    path_of,
    read_catalogue,
    sentences,
)

HEADER = """\
msgid ""
msgstr ""
"Language: {code}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""


def update(families: Set[str], locales: Path = LOCALES) -> None:
    """Writes every catalogue: the msgids in `families` into that domain, all others into the school's.

    A language that need not have the school's gets no catalogue of it, and keeps the one it has.
    """
    for code in TRANSLATED:
        paths = {domain: path_of(code, domain, locales) for domain in COMPLETE}
        kept = [domain for domain, path in paths.items() if code in COMPLETE[domain] or path.exists()]
        # All are made before one is written: each takes translations from the other.
        for domain, catalog in [(domain, _updated(code, domain, families, locales)) for domain in kept]:
            _write(catalog, paths[domain])


def _updated(code: str, domain: str, families: Set[str], locales: Path) -> Catalog:
    catalog = read_catalogue(code, dict.fromkeys([domain, *COMPLETE]), locales)
    template = Catalog(charset="utf-8")
    for message in sentences():
        if message.id and (msgid_of(message) in families) is (domain == FAMILIES_DOMAIN):
            template[message.id] = message
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.fuzzy = False
    return catalog


def _write(catalog: Catalog, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEADER.format(code=catalog.locale_identifier, plural=catalog.plural_forms).encode())
        write_po(file, catalog, width=100, omit_header=True, sort_output=True, include_lineno=False)


if __name__ == "__main__":
    update(families_msgids())
