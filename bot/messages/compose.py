"""Composes messages: one delivery becomes one Reply in its reader's language, written by its conversation.

Deliveries that quiet hours delayed for one reader are merged into one message (`digest`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.feature import FeatureSet
from bot.handlers.show_folded import recompose
from bot.i18n import Language, language, negotiate
from bot.messages import digest
from bot.services.roles import actor_of
from bot.turn import Actor, Db, Letter, Onto, Reply
from scheduler.delivery.types import Bundle
from storage.delivery import deliveries
from storage.delivery.claims import Claimed


class Composer:
    """Composes what the delivery pipeline sends."""

    def __init__(self, features: FeatureSet) -> None:
        self._features = features

    async def compose(self, db: Db, claimed: Claimed, now: datetime) -> Reply | None:
        """The message, or None when there is nothing left to say. Raises KeyError for an unknown kind.

        A letter that is the same for many readers is cached for the transaction (`db.info`).
        """
        write = self._features.composers[claimed.kind]
        if self._features.kinds.by_name[claimed.kind].same_for_all:
            cache: dict[tuple[object, ...], Reply | None] = db.info.setdefault("composed", {})
            key = (claimed.occurrence_id, claimed.role, claimed.language)
            if key not in cache:
                cache[key] = await write(letter_for(db, self._features, claimed, now))
            return cache[key]
        letter = letter_for(db, self._features, claimed, now)
        reply = await write(letter)
        if reply is None or reply.onto is None or reply.onto.message is None:
            return reply
        return await self._redraw_digest(letter, reply, reply.onto.message)

    def merge(self, composed: Sequence[tuple[Claimed, Reply]]) -> list[tuple[Bundle, Reply]]:
        """Merges one reader's delayed letters into as few messages as possible, in order."""
        bundles: list[tuple[Bundle, Reply]] = []
        letters: list[Reply] = []
        for claimed, letter in composed:
            reads = language(negotiate(claimed.language))
            merged = digest.merge(reads, [*letters, letter]) if letters else None
            if merged is None:
                letters = []
                bundles.append(((claimed,), letter))
            else:
                before, _ = bundles.pop()
                bundles.append(((*before, claimed), merged))
            letters.append(letter)
        return bundles

    async def recompose_digest(self, db: Db, spoken: Language, reader: Actor, message: int) -> Reply | None:
        """The current state of a digest in a reader's chat; None when the message is no digest.

        The text is empty when none of its letters has anything left to say.
        """
        parts = await deliveries.parts(db, reader.school.id, reader.membership_id, message)
        if len(parts) < 2:
            return None
        letters = [
            (part.delivery_id, letter)
            for part in parts
            if (letter := await recompose(self._features, db, spoken, reader, part)) is not None
        ]
        return digest.redraw(spoken, letters) or Reply()

    async def _redraw_digest(self, letter: Letter, reply: Reply, message: int) -> Reply:
        """A correction of a letter in a digest edits the whole digest."""
        whole = await self.recompose_digest(letter.db, letter.language, letter.reader, message)
        if whole is None:
            return reply
        return replace(whole, onto=Onto(message, removes=not whole.text))


def letter_for(db: Db, features: FeatureSet, claimed: Claimed, now: datetime) -> Letter:
    """The input of a conversation's letter function."""
    reader = actor_of(claimed)
    assert reader is not None  # noqa: S101 - only members with a role have deliveries
    return Letter(
        db=db,
        now=now,
        language=language(negotiate(claimed.language)),
        features=features,
        reader=reader,
        kind=claimed.kind,
        ref=claimed.ref,
        slot=claimed.slot,
    )
