"""One text in several languages, and which of them a reader gets when theirs is missing."""

Texts = dict[str, str]

_INSTEAD: dict[str, tuple[str, ...]] = {"nn": ("nb",), "se": ("nb",), "nb": ("nn",)}
_INSTEAD_FOR_OTHERS = ("en", "nb")


def in_language(texts: Texts, language: str) -> str:
    """The text in `language`, or the nearest one there is.

    A reader of nn or se gets nb, a reader of nb gets nn, everybody else en and then nb; last comes
    whichever text stands first. `texts` must hold at least one text.
    """
    for candidate in (language, *_INSTEAD.get(language, _INSTEAD_FOR_OTHERS)):
        if candidate in texts:
            return texts[candidate]
    return next(iter(texts.values()))
