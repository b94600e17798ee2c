"""Stopped: letters to the leaders about messages that were kept back, and why.

Telegram refuses a text   -> letter_of_refused: which, and what Telegram said
a backup was put in place -> letter_of_restored: how many are uncertain, and since when
"""

from datetime import datetime

from bot.content.labels import MOMENTS
from bot.content.templates import render
from bot.language import N_
from bot.services.outbox import Errand
from bot.turn import Letter, Reply
from pals.yearwheel import Kind
from pals.zone import to_wall
from storage import deliveries, occurrences
from storage.occurrences import OccurrenceRow
from storage.tables import DeliveryStatus

ERRANDS = {Errand.ANNOUNCEMENT: N_("an announcement"), Errand.PROMPT_AGAIN: N_("this week's practice")}
OTHER = N_("a message between colleagues")


async def letter_of_refused(letter: Letter) -> Reply | None:
    """Which message, in Telegram's own words why, and how many were spared a try."""
    school = letter.reader.school
    stopped = await occurrences.one(letter.db, school.id, int(letter.ref))
    if stopped is None or stopped.words is None:
        return None
    counts = await deliveries.progress(letter.db, school.id, stopped.id)
    return Reply(
        render(
            letter.language,
            "stopped_refused",
            what=letter.t(_called(stopped)),
            due=to_wall(stopped.due_at, school.zone),
            words=stopped.words,
            readers=counts.get(DeliveryStatus.REFUSED, 0),
        )
    )


async def letter_of_restored(letter: Letter) -> Reply | None:
    """How many messages may have been sent in the time that is forgotten; `ref` is when that time ended."""
    school = letter.reader.school
    held = await occurrences.held(letter.db, school.id)
    uncertain = 0
    for one in held:
        counts = await deliveries.progress(letter.db, school.id, one.id)
        uncertain += counts.get(DeliveryStatus.UNCERTAIN, 0)
    return Reply(
        render(
            letter.language,
            "stopped_restored",
            until=to_wall(datetime.fromisoformat(letter.ref), school.zone),
            uncertain=uncertain,
            held=[(letter.t(_called(one)), to_wall(one.due_at, school.zone)) for one in held],
        )
    )


def _called(occurrence: OccurrenceRow) -> str:
    if occurrence.kind in set(Kind):
        return MOMENTS[Kind(occurrence.kind)]
    return ERRANDS.get(Errand(occurrence.kind), OTHER)


LETTERS = {Errand.REFUSED: letter_of_refused, Errand.RESTORED: letter_of_restored}
