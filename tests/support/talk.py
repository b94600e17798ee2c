"""One conversation without a network: its commands and presses, and the messages it composes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from gettext import NullTranslations
from types import ModuleType
from zoneinfo import ZoneInfo

from babel import Locale
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.i18n import SOURCE, Language, language
from bot.press import Press
from bot.turn import Actor, Letter, Reply, SchoolRef, Turn
from tests.support.features import FEATURES
from tests.support.people import MadePerson, MadeSchool
from tests.support.turns import MONDAY, turn


def oslo(day: str, clock: str = "09:00") -> datetime:
    """This Oslo wall time, in UTC."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo("Europe/Oslo")).astimezone(UTC)


def untranslated(code: str) -> Language:
    """A language with English sentences and its own dates, direction and school texts."""
    return language(SOURCE) if code == SOURCE else Language(code, NullTranslations(), Locale.parse(code))


@dataclass(frozen=True)
class Talk:
    """One person's chat with one conversation."""

    db: AsyncSession
    conversation: ModuleType
    who: MadePerson

    async def command(self, name: str, *, now: datetime = MONDAY) -> Reply:
        return await FEATURES.commands[name].handler(await self._turn(now))

    async def press(self, press: Press, *, now: datetime = MONDAY) -> Reply:
        return await FEATURES.presses[type(press)](await self._turn(now), press)

    async def letter(
        self,
        school: MadeSchool,
        kind: str,
        ref: str,
        slot: str = "",
        *,
        now: datetime = MONDAY,
        code: str = SOURCE,
    ) -> Reply | None:
        """What this person is sent, in a language."""
        here = SchoolRef(
            school.id, school.slug, school.name, ZoneInfo("Europe/Oslo"), ("nb", "nn", "en", "ar")
        )
        reader = Actor(self.who.id, self.who.telegram_id, self.who.membership_id, self.who.role, here)
        letter = Letter(self.db, now, untranslated(code), FEATURES, reader, kind, ref, slot)
        return await FEATURES.composers[kind](letter)

    async def _turn(self, now: datetime) -> Turn:
        return await turn(self.db, self.who.telegram_id, now=now)
