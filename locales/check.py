"""`make check`: every gettext catalogue has every msgid of its domain, and each translation fits its msgid.

The families' domain is complete in every language, the school's in the school's languages
(`locales.extract.COMPLETE`); a translation of the school's domain into another language is optional. A msgid belongs
to one domain, and to the same one in every language.

A translation fits when it fills in the same names, keeps the same markup and the same leading sign (⭐, 📝, …; an
arrow may point the other way), and a plural has as many forms as its language. Telegram shows at most 200 characters
of a toast and few of a button, so a translation is at most twice as long as the sentence, and thirty characters.
"""

import re
import sys
from collections.abc import Iterator, Set
from pathlib import Path

import polib

from bot.i18n import FAMILIES_DOMAIN, SCHOOL_DOMAIN
from locales.extract import COMPLETE, LOCALES, TRANSLATED, families_msgids, msgids, path_of, sentences

NAME = re.compile(r"{(\w*)}")
TAG = re.compile(r"</?\w+>")
SIGN = re.compile(r"^[^\w\s<{«“\"'(§]+(?=\s)")

MIRRORED = str.maketrans("▶", "◀")  # backwards is to the right where one reads from the right


def problems(locales: Path = LOCALES) -> Iterator[str]:
    """What is wrong, one line each, naming the language, the domain and the sentence."""
    wanted = msgids(sentences())
    families = families_msgids(locales)
    of_domain = {FAMILIES_DOMAIN: wanted & families, SCHOOL_DOMAIN: wanted - families}
    for domain, required in COMPLETE.items():
        for code in TRANSLATED:
            path = path_of(code, domain, locales)
            if code in required or path.exists():
                yield from _catalogue(
                    code, domain, path, of_domain[domain], wanted, complete=code in required
                )


def _catalogue(
    code: str, domain: str, path: Path, expected: Set[str], wanted: Set[str], *, complete: bool
) -> Iterator[str]:
    name = f"{code}/{domain}"
    catalogue = polib.pofile(str(path)) if path.exists() else polib.POFile()
    there = {entry.msgid: entry for entry in catalogue if not entry.obsolete}
    for sentence in sorted(expected - there.keys() if complete else ()):
        yield f"{name}: missing (run `make messages`): {sentence!r}"
    for sentence in sorted(there.keys() - wanted):
        yield f"{name}: no longer said (run `make messages`): {sentence!r}"
    for sentence in sorted(there.keys() & wanted - expected):
        yield f"{name}: of the other domain (run `make messages`): {sentence!r}"
    forms = re.search(r"nplurals\s*=\s*(\d+)", catalogue.metadata.get("Plural-Forms", ""))
    for sentence in sorted(expected & there.keys()):
        entry = there[sentence]
        if complete or entry.msgstr or any(entry.msgstr_plural.values()):
            for problem in _misfits(entry, int(forms[1]) if forms else 0):
                yield f"{name}: {problem}: {sentence!r}"


def _misfits(entry: polib.POEntry, forms: int) -> Iterator[str]:
    if entry.fuzzy:
        yield "marked fuzzy"
    texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if entry.msgid_plural and len(texts) != forms:
        yield f"{len(texts)} plural forms, the language has {forms}"
    for text in texts:
        if not text:
            yield "not translated"
            continue
        names = {*NAME.findall(text)}
        expected = {*NAME.findall(entry.msgid_plural or entry.msgid)}
        if names != expected and not (entry.msgid_plural and expected - names == {"n"}):
            yield f"fills in {sorted(names)} for {sorted(expected)}"
        if sorted(TAG.findall(text)) != sorted(TAG.findall(entry.msgid)):
            yield "other markup"
        if SIGN.findall(text.translate(MIRRORED)) != SIGN.findall(entry.msgid.translate(MIRRORED)):
            yield "another sign in front"
        if len(text) > 2 * len(entry.msgid) + 30:
            yield f"too long ({len(text)} characters)"


def main() -> int:
    found = list(problems())
    sys.stdout.writelines(f"{problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
