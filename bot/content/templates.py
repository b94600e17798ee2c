"""Jinja templates of longer messages: Telegram HTML in the reader's language.

A template translates by `t("whole sentence with {names}")` and `n(…)`, like a handler. Autoescape is on, and an
undefined name is an error.
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
    """Renders the template `name`; three or more line breaks become a blank line.

    In a right-to-left language, lines that begin with Latin letters get a bidi mark (`bot.content.bidi`).
    """
    html = _environment(language).get_template(f"{name}.j2").render(**names)
    folded = Markup(re.sub(r"\n{3,}", "\n\n", html).strip())  # noqa: S704 - autoescape is on
    return aligned(language, folded)
