"""`make check`: every catalogue has every sentence, and each translation fits the sentence it stands for.

A translation fits when it fills in the same names, keeps the same markup and the same leading sign (⭐, 📝, …; an
arrow may point the other way), and a plural has as many forms as its language. Telegram shows at most 200 characters
of a toast and few of a button, so a translation is at most twice as long as the sentence, and thirty characters.
"""

import re
import sys
from collections.abc import Iterator

import polib

from locales.extract import CODES, path_of, sentences

NAME = re.compile(r"{(\w*)}")
TAG = re.compile(r"</?\w+>")
SIGN = re.compile(r"^[^\w\s<{«“\"'(§]+(?=\s)")

MIRRORED = str.maketrans("▶", "◀")  # backwards is to the right where one reads from the right


def problems() -> Iterator[str]:
    """What is wrong, one line each, naming the catalogue and the sentence."""
    wanted = {
        (message.id if isinstance(message.id, str) else message.id[0])
        for message in sentences()
        if message.id
    }
    for code in CODES:
        catalogue = polib.pofile(str(path_of(code)))
        there = {entry.msgid: entry for entry in catalogue if not entry.obsolete}
        for sentence in sorted(wanted - there.keys()):
            yield f"{code}: missing (run `make messages`): {sentence!r}"
        for sentence in sorted(there.keys() - wanted):
            yield f"{code}: no longer said (run `make messages`): {sentence!r}"
        forms = _forms(catalogue)
        for sentence in sorted(wanted & there.keys()):
            for problem in _misfits(there[sentence], forms):
                yield f"{code}: {problem}: {sentence!r}"


def _forms(catalogue: polib.POFile) -> int:
    found = re.search(r"nplurals\s*=\s*(\d+)", catalogue.metadata.get("Plural-Forms", ""))
    return int(found[1]) if found else 0


def _misfits(entry: polib.POEntry, forms: int) -> Iterator[str]:
    if entry.fuzzy:
        yield "marked fuzzy"
    if entry.msgid_plural:
        texts = list(entry.msgstr_plural.values())
        if len(texts) != forms:
            yield f"{len(texts)} plural forms, the language has {forms}"
    else:
        texts = [entry.msgstr]
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
    for problem in found:
        sys.stdout.write(problem + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
