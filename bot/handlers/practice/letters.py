"""What is sent of a week's practice: Monday's letter, once more where it was asked for, and the short reminder."""

from bot.handlers.practice.page import ReaderWeek, page, week_of
from bot.turn import Letter, Reply
from storage import year_wheels


async def compose_prompt(letter: Letter) -> Reply | None:
    """Monday's letter; None when the school's plan has no practice in that week any more."""
    found = await _of_letter(letter)
    return page(letter.language, letter.reader, found) if found is not None else None


async def compose_prompt_again(letter: Letter) -> Reply | None:
    """The same letter once more, as it was asked for; None when all has been answered meanwhile."""
    found = await _of_letter(letter)
    return None if found is None or found.answered else page(letter.language, letter.reader, found)


async def compose_reminder(letter: Letter) -> Reply | None:
    """A short reminder; None when all of the reader's groups have been answered meanwhile."""
    found = await _of_letter(letter)
    if found is None or found.answered:
        return None
    return page(letter.language, letter.reader, found, brief=True)


async def _of_letter(letter: Letter) -> ReaderWeek | None:
    return await week_of(
        letter, letter.reader, await year_wheels.of_school(letter.db, letter.reader.school.id), letter.ref
    )
