"""One delivery becomes one Reply, in its reader's language. The conversation it belongs to writes the words.

Several that have waited for one reader until it was no longer quiet become one together (`digest`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.feature import FeatureSet
from bot.handlers.show_folded import recompose
from bot.i18n import Language, language, negotiate
from bot.messages import digest
from bot.turn import Actor, Letter, Onto, Reply, SchoolRef
from scheduler.delivery.types import Bundle
from storage.delivery import digests
from storage.delivery.claims import Claimed


class Composer:
    """Composes what the scheduler delivers."""

    def __init__(self, features: FeatureSet) -> None:
        self._features = features

    async def compose(self, db: AsyncSession, claimed: Claimed, now: datetime) -> Reply | None:
        """The message, or None when there is nothing to say any more. Raises KeyError for an unknown kind.

        What reads alike to many is written once for all of them that are composed in one transaction.
        """
        write = self._features.composers[claimed.kind]
        if self._features.kinds.by_name[claimed.kind].same_for_all:
            written: dict[tuple[object, ...], Reply | None] = db.info.setdefault("written", {})
            same = (claimed.occurrence_id, claimed.role, claimed.language)
            if same not in written:
                written[same] = await write(letter_for(db, self._features, claimed, now))
            return written[same]
        letter = letter_for(db, self._features, claimed, now)
        reply = await write(letter)
        if reply is None or reply.onto is None or reply.onto.message is None:
            return reply
        return await self._redraw_digest(letter, reply, reply.onto.message)

    def join(self, composed: Sequence[tuple[Claimed, Reply]]) -> list[tuple[Bundle, Reply]]:
        """What has waited for one reader, in as few messages as hold it; the order stays."""
        bundles: list[tuple[Bundle, Reply]] = []
        letters: list[Reply] = []
        for claimed, letter in composed:
            together = (
                digest.merge(language(negotiate(claimed.language)), [*letters, letter]) if letters else None
            )
            if together is None:
                letters = []
                bundles.append(((claimed,), letter))
            else:
                before, _ = bundles.pop()
                bundles.append(((*before, claimed), together))
            letters.append(letter)
        return bundles

    async def standing(
        self, db: AsyncSession, said_in: Language, reader: Actor, message: int
    ) -> Reply | None:
        """The letters that share this message of the reader's as they are now; None when no other letter shares it.

        Without a text there is nothing left of them.
        """
        parts = await digests.parts(db, reader.school.id, reader.membership_id, message)
        if len(parts) < 2:
            return None
        letters = [
            (part.delivery_id, letter)
            for part in parts
            if (letter := await recompose(self._features, db, said_in, reader, part)) is not None
        ]
        return digest.redraw(said_in, letters) or Reply()

    async def _redraw_digest(self, letter: Letter, reply: Reply, message: int) -> Reply:
        """What changes a letter changes its message, in which others may stand."""
        whole = await self.standing(letter.db, letter.language, letter.reader, message)
        if whole is None:
            return reply
        return replace(whole, onto=Onto(message, removes=not whole.text))


def letter_for(db: AsyncSession, features: FeatureSet, claimed: Claimed, now: datetime) -> Letter:
    """A claimed delivery as its conversation gets it."""
    zone = ZoneInfo(claimed.timezone)
    here = SchoolRef(claimed.school_id, claimed.slug, claimed.school_name, zone, tuple(claimed.languages))
    return Letter(
        db=db,
        now=now,
        language=language(negotiate(claimed.language)),
        features=features,
        reader=Actor(claimed.person_id, claimed.telegram_id, claimed.membership_id, claimed.role, here),
        kind=claimed.kind,
        ref=claimed.ref,
        slot=claimed.slot,
    )
