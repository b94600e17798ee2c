"""Shows a folded message: one line of a digest, recomposed in full as a message of its own.

It was folded because a correction made the digest too long (`bot.messages.digest`).
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.errors import existing
from bot.i18n import Language
from bot.press import Press
from bot.turn import Actor, Db, Letter, Reply, Turn
from storage.delivery import deliveries
from storage.delivery.deliveries import PartRow

if TYPE_CHECKING:
    from bot.feature import FeatureSet


class ShowFolded(Press, tag="ou"):
    """The reader's own delivery, in full."""

    delivery_id: int


async def show_folded(turn: Turn, press: ShowFolded) -> Reply:
    """Raises NotMember, and Gone when there is nothing to compose any more."""
    reader = turn.actor
    part = existing(await deliveries.part(turn.db, reader.school.id, reader.membership_id, press.delivery_id))
    reply = await recompose(turn.features, turn.db, turn.language, reader, part)
    return replace(existing(reply), fresh=True)


async def recompose(
    features: "FeatureSet", db: Db, language: Language, reader: Actor, part: PartRow
) -> Reply | None:
    """Composes a delivered message again, from the rows as they are now but with the date it was sent."""
    compose = features.composers.get(part.kind)
    if compose is None:
        return None
    return await compose(
        Letter(
            db,
            part.sent_at,
            language,
            features,
            reader,
            part.kind,
            part.ref,
            part.slot,
            already_delivered=True,
        )
    )
