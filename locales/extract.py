"""Every sentence that the program can say, found in the code and the templates."""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

HERE = Path(__file__).parent
ROOT = HERE.parent
CODES = ("nb", "nn", "ar", "uk")
KEYWORDS = {"t": None, "N_": None, "n": (1, 2), "gettext_noop": None, "ngettext_noop": (1, 2)}
ROOMS = ("bot", "storage")
METHODS = [("**.py", "python"), ("**.j2", "jinja2.ext:babel_extract")]


def sentences() -> Catalog:
    """The template of all catalogues. A sentence keeps the files it stands in, without line numbers."""
    catalog = Catalog(project="palsbot", charset="utf-8")
    for room in ROOMS:
        found = extract_from_dir(
            ROOT / room, METHODS, keywords=KEYWORDS, comment_tags=("translators:",), strip_comment_tags=True
        )
        for filename, _line, message, comments, context in found:
            catalog.add(message, None, [(f"{room}/{filename}", 0)], auto_comments=comments, context=context)
    return catalog


def path_of(code: str) -> Path:
    return HERE / code / "LC_MESSAGES" / "palsbot.po"
