"""Tracing translations: which msgids a reply shows, read from the reply itself.

Looking up a sentence does not mean that it is shown: a card may translate ten labels and keep three. So every
sentence of a traced catalogue starts with one private-use character that stands for its language and msgid, and
whatever holds that character shows the sentence.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from gettext import NullTranslations

import pytest

import bot.i18n

FIRST, LAST = 0xE000, 0xF8FF


@dataclass(frozen=True, slots=True, order=True)
class Sentence:
    """A msgid (of a plural, the singular) in a language."""

    msgid: str
    code: str


class Tracer:
    """Gives each sentence its character, and finds the sentences again in what is shown."""

    def __init__(self) -> None:
        self._characters: dict[Sentence, str] = {}
        self._sentences: dict[str, Sentence] = {}

    def mark(self, sentence: Sentence) -> str:
        character = self._characters.get(sentence)
        if character is None:
            character = chr(FIRST + len(self._characters))
            assert ord(character) <= LAST, "more sentences than private-use characters"
            self._characters[sentence] = character
            self._sentences[character] = sentence
        return character

    def sentences(self, what: object) -> set[Sentence]:
        """Those shown in a text, a file, or anything made of them, such as a Reply."""
        return {self._sentences[each] for text in _texts(what) for each in text if each in self._sentences}


class TracedCatalogue(NullTranslations):
    """The source language's sentences, marked as those of the language `code`."""

    def __init__(self, tracer: Tracer, code: str) -> None:
        super().__init__()
        self._tracer = tracer
        self._code = code

    def gettext(self, message: str) -> str:
        return self._tracer.mark(Sentence(message, self._code)) + message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._tracer.mark(Sentence(msgid1, self._code)) + super().ngettext(msgid1, msgid2, n)


@contextmanager
def traced() -> Iterator[Tracer]:
    """As long as it lasts, every language is a traced one."""
    tracer = Tracer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.i18n, "_read", lambda code: TracedCatalogue(tracer, code))
        bot.i18n.language.cache_clear()
        yield tracer
    bot.i18n.language.cache_clear()


def _texts(what: object) -> Iterator[str]:
    if isinstance(what, str):
        yield what
    elif isinstance(what, bytes):
        yield what.decode(errors="ignore")
    elif isinstance(what, Mapping):
        for each in what.values():
            yield from _texts(each)
    elif is_dataclass(what):
        for field in fields(what):
            yield from _texts(getattr(what, field.name))
    elif isinstance(what, list | tuple):
        for each in what:
            yield from _texts(each)
