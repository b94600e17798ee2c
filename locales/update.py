"""`make messages`: new sentences come into the catalogues untranslated, those no longer said go out."""

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from locales.extract import CODES, path_of, sentences

HEADER = """\
msgid ""
msgstr ""
"Language: {code}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""


def main() -> None:
    found = sentences()
    for code in CODES:
        path = path_of(code)
        if path.exists():
            with path.open("rb") as file:
                catalog = read_po(file, locale=code, domain="palsbot")
        else:
            catalog = Catalog(locale=code, charset="utf-8")
        catalog.update(found, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.fuzzy = False
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(HEADER.format(code=code, plural=catalog.plural_forms).encode())
            write_po(file, catalog, width=100, omit_header=True, sort_output=True, include_lineno=False)


if __name__ == "__main__":
    main()
