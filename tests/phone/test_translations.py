"""Translations of the pages: the same keys in both languages, none unused."""

import re
from pathlib import Path

import localchat

STATIC = Path(localchat.__file__).parent / "static"
WORDS = (STATIC / "messages.js").read_text(encoding="utf-8")
ENGLISH, NORWEGIAN = (
    dict(re.findall(r'^  (\w+): "(.*)",$', part, re.MULTILINE))
    for part in WORDS.partition("const NORWEGIAN")[::2]
)


def test_both_translations_have_the_same_keys_and_placeholders() -> None:
    """Every key is in both, with the same {placeholders}."""
    names = [
        {key: sorted(re.findall(r"\{\w+\}", said)) for key, said in words.items()}
        for words in (ENGLISH, NORWEGIAN)
    ]
    assert names[0] == names[1]
    assert len(names[0]) > 50


def test_every_translation_is_used() -> None:
    """There are no unused keys; languages are keyed by their code."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in STATIC.iterdir()
        if path.suffix in {".js", ".html"} and path.stem != "messages"
    )
    listed = re.findall(r'"(\w+)"', WORDS.partition("phoneLanguages = ")[2].partition(";")[0])
    assert [key for key in ENGLISH if f'"{key}"' not in code and key not in listed] == []
