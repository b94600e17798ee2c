"""One delivery becomes one Reply, in its reader's language. The conversation it belongs to writes the words."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.handlers.routes import Routes
from bot.language import known, language
from bot.turn import Actor, Here, Letter, Reply
from storage.claims import Claimed


class Outgoing:
    """Composes what the scheduler delivers."""

    def __init__(self, routes: Routes) -> None:
        self._letters = routes.letters

    async def compose(self, db: AsyncSession, claimed: Claimed, now: datetime) -> Reply | None:
        """The message, or None when there is nothing to say any more. Raises KeyError for an unknown kind."""
        return await self._letters[claimed.kind](letter_of(db, claimed, now))


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
