"""Longer messages: Jinja templates that yield Telegram HTML in the reader's language.

A template speaks through `t("whole sentence with {names}")` and `n(…)`, like a handler. What is put into it is
escaped; what it does not know is an error.
"""

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.content.bidi import aligned
from bot.i18n import Language


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("bot.content", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(t=language.t, n=language.n, pick=language.pick, language=language)
    return environment


def render(language: Language, name: str, /, **names: object) -> Markup:
    """The template `name` in that language; three or more line breaks fold into a blank line.

    In a language written from right to left, lines that begin in Latin letters are marked (`bot.content.bidi`).
    """
    said = _environment(language).get_template(f"{name}.j2").render(**names)
    folded = Markup(re.sub(r"\n{3,}", "\n\n", said).strip())  # noqa: S704 - autoescape is on
    return aligned(language, folded)
