"""Posters: an HTML page to print, with a QR code and what it is for in each of the school's languages."""

from collections.abc import Sequence

from markupsafe import Markup

from bot.content.qr import drawing
from bot.content.templates import render
from bot.i18n import Language


def poster(languages: Sequence[Language], school: str, group: str | None, link: str) -> bytes:
    """The page as UTF-8. Without a group it is for the school's staff."""
    page = render(
        languages[0],
        "poster",
        school=school,
        group=group,
        link=link,
        code=Markup(drawing(link)),  # noqa: S704 - drawn here
        paragraphs=[(each, _paragraph(each, group)) for each in languages],
    )
    return page.encode()


def _paragraph(language: Language, group: str | None) -> Markup:
    if group is None:
        return language.t(
            "For those who work here: scan the code with your phone's camera and read what it means. "
            "You are in when a leader has said yes."
        )
    return language.t(
        "For families in {group}: once a month you can get what the children practise at school, in your language. "
        "Scan the code with your phone's camera, and choose for yourself.",
        group=group,
    )
