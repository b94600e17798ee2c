"""What the readers get: the text as it was written, under a line or two in each reader's own language."""

from markupsafe import Markup

from bot.content.templates import render
from bot.language import Language
from bot.turn import Letter, Reply
from storage import announcements
from storage.tables import AnnouncementStatus

GOES_OUT = frozenset({AnnouncementStatus.SENDING, AnnouncementStatus.SENT})


def frame(language: Language, school: str) -> Markup:
    """The lines above the text."""
    return render(language, "_announcement_frame", school=school)


def compose(language: Language, school: str, text: str) -> Markup:
    """The whole message, as a reader of this language gets it."""
    return render(language, "announcement_letter", school=school, text=text)


async def letter(letter: Letter) -> Reply | None:
    """The announcement, to one reader; nothing when it has been stopped."""
    school = letter.reader.school
    row = await announcements.one(letter.db, school.id, int(letter.ref))
    if row is None or row.status not in GOES_OUT:
        return None
    return Reply(compose(letter.language, school.name, row.text))
