"""Which practice a week has."""

from dataclasses import dataclass

from bot.errors import Gone
from bot.turn import Letter, Turn
from pals.weeks import IsoWeek
from pals.yearwheel import YearWheel, practice_index
from storage import focuses, matrix
from storage.tables import Texts


@dataclass(frozen=True, slots=True)
class Exercise:
    """An expectation with its cell of the matrix, and two minutes of script."""

    short: Texts
    value: Texts
    area: Texts
    script: Texts


async def exercise_of(asked: Turn | Letter, school_id: int, wheel: YearWheel, week: str) -> Exercise | None:
    """None for a week without one. Raises Gone for what is no week, and for a week that has not begun."""
    try:
        parsed = IsoWeek.parse(week)
    except ValueError:
        raise Gone from None
    if parsed > IsoWeek.of(asked.today):
        raise Gone
    place = practice_index(wheel, parsed)
    prompt = await focuses.prompt(asked.db, school_id, *place) if place is not None else None
    cell = await matrix.cell(asked.db, school_id, prompt.expectation_id) if prompt is not None else None
    if prompt is None or cell is None:
        return None
    return Exercise(prompt.short, cell.value, cell.area, prompt.script)
