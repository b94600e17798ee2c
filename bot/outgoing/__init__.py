"""One delivery becomes one Reply, in its reader's language. The conversation it belongs to writes the words."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.handlers.routes import Routes
from bot.language import known, language
from bot.services.outbox import Errand
from bot.turn import Actor, Here, Letter, Reply
from pals.yearwheel import Kind
from storage.claims import Claimed

ALIKE = frozenset({Errand.ANNOUNCEMENT, Kind.FOCUS_FAMILY, Kind.CAMPAIGN_FAMILY})
"""The letters that say the same to everybody who has the same role and reads the same language."""


class Outgoing:
    """Composes what the scheduler delivers."""

    def __init__(self, routes: Routes) -> None:
        self._letters = routes.letters

    async def compose(self, db: AsyncSession, claimed: Claimed, now: datetime) -> Reply | None:
        """The message, or None when there is nothing to say any more. Raises KeyError for an unknown kind.

        What reads alike to many is written once for all of them that are composed in one transaction.
        """
        write = self._letters[claimed.kind]
        if claimed.kind not in ALIKE:
            return await write(letter_of(db, claimed, now))
        written: dict[tuple[object, ...], Reply | None] = db.info.setdefault("written", {})
        same = (claimed.occurrence_id, claimed.role, claimed.language)
        if same not in written:
            written[same] = await write(letter_of(db, claimed, now))
        return written[same]


def letter_of(db: AsyncSession, claimed: Claimed, now: datetime) -> Letter:
    """A claimed delivery as its conversation gets it."""
    zone = ZoneInfo(claimed.timezone)
    here = Here(claimed.school_id, claimed.slug, claimed.school_name, zone, tuple(claimed.languages))
    return Letter(
        db=db,
        now=now,
        language=language(known(claimed.language)),
        reader=Actor(claimed.person_id, claimed.telegram_id, claimed.membership_id, claimed.role, here),
        kind=claimed.kind,
        ref=claimed.ref,
        slot=claimed.slot,
    )
