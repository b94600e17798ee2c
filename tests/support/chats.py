"""A chat without a network: commands and presses are routed as by the dispatcher."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Refusal
from bot.feature import FeatureSet
from bot.handlers import joining
from bot.messages.compose import Composer
from bot.turn import Reply, Turn
from storage.delivery import claims, outcomes
from storage.delivery.claims import Claimed
from storage.tables import DeliveryStatus
from tests.support.features import FEATURES
from tests.support.turns import MONDAY, press, turn

COMPOSED = frozenset(kind.name for kind in joining.FEATURE.messages)


@dataclass
class Chat:
    """One person's chat. `now` may be moved; `phone` is the language of the phone."""

    db: AsyncSession
    telegram_id: int
    now: datetime = MONDAY
    phone: str = "nb"
    name: str = "Somebody"
    features: FeatureSet = FEATURES

    async def write(self, text: str) -> Reply:
        """A command with what follows it."""
        command, _, rest = text.removeprefix("/").partition(" ")
        return await self.features.commands[command].handler(await self._turn(rest))

    async def tap(self, reply: Reply, label: str) -> Reply:
        """The button whose label contains `label`."""
        pressed = press(reply, label)
        return await self.features.presses[type(pressed)](await self._turn(""), pressed)

    async def refused(self, reply: Reply, label: str) -> str:
        """The sentence of the refusal, which is required."""
        try:
            await self.tap(reply, label)
        except Refusal as refusal:
            return str(refusal.said((await self._turn("")).language))
        raise AssertionError(f"{label} was not refused")

    async def write_refused(self, text: str) -> str:
        try:
            await self.write(text)
        except Refusal as refusal:
            return str(refusal.said((await self._turn("")).language))
        raise AssertionError(f"{text} was not refused")

    async def _turn(self, text: str) -> Turn:
        made = await turn(
            self.db, self.telegram_id, now=self.now, text=text, phone_language=self.phone, name=self.name
        )
        return replace(made, join_link=lambda token: f"https://chat.example/pals?start={token}")


@dataclass(frozen=True)
class Arrived:
    """A delivered message; `reply` only of the kinds that joining composes."""

    telegram_id: int
    kind: str
    ref: str
    reply: Reply | None = None


async def arrivals(db: AsyncSession, now: datetime = MONDAY) -> list[Arrived]:
    """Composes all deliveries that are due, and records them as sent."""
    found = []
    while batch := await claims.claim(db, "test", now, now + timedelta(minutes=5), 100):
        found += [await _arrived(db, claimed, now) for claimed in batch]
        await outcomes.record(
            db,
            "test",
            [outcomes.Outcome(c.id, DeliveryStatus.SENT, message_id=1, sent_at=now) for c in batch],
        )
    return found


async def _arrived(db: AsyncSession, claimed: Claimed, now: datetime) -> Arrived:
    reply = await Composer(FEATURES).compose(db, claimed, now) if claimed.kind in COMPOSED else None
    return Arrived(claimed.telegram_id, claimed.kind, claimed.ref, reply)
