"""A letter that stands as one line in a digest is read in full, in a message of its own.

It stands so when one of the others was corrected and became too long for all of them (`bot.messages.digest`).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from bot.errors import Gone
from bot.i18n import Language
from bot.press import Press
from bot.turn import Actor, Db, Letter, Reply, Turn
from storage.delivery import deliveries
from storage.delivery.deliveries import PartRow

Letters = Mapping[str, Callable[[Letter], Awaitable[Reply | None]]]


@dataclass(frozen=True)
class ShowFolded(Press, tag="ou"):
    """The reader's own delivery, in full."""

    delivery_id: int


def show_folded_handler(letters: Letters) -> Callable[[Turn, ShowFolded], Awaitable[Reply]]:
    """The answer to every `Unfold`. Raises NotMember, and Gone for a letter of which nothing is left to say."""

    async def unfold(turn: Turn, press: ShowFolded) -> Reply:
        reader = turn.actor
        part = await deliveries.part(turn.db, reader.school.id, reader.membership_id, press.delivery_id)
        reply = await recompose(letters, turn.db, turn.language, reader, part) if part is not None else None
        if reply is None:
            raise Gone
        return replace(reply, fresh=True)

    return unfold


async def recompose(
    letters: Letters, db: Db, language: Language, reader: Actor, part: PartRow
) -> Reply | None:
    """A letter that has arrived, as it is now. What it says of days is as of when it was sent."""
    write = letters.get(part.kind)
    if write is None:
        return None
    return await write(
        Letter(db, part.sent_at, language, reader, part.kind, part.ref, part.slot, already_delivered=True)
    )
