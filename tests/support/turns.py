"""Turns and letters as the channels make them, for tests without a network."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.channels.turns import turn_of
from bot.messages.compose import letter_for
from bot.press import Press
from bot.turn import Button, Letter, Reply, Turn, Visitor
from storage.delivery.claims import Claimed
from tests.support.features import FEATURES

MONDAY = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)  # 09:00 in Oslo, the first school day of November


async def turn(
    db: AsyncSession,
    telegram_id: int,
    *,
    now: datetime = MONDAY,
    text: str = "",
    message: int = 1,
    phone_language: str = "nb",
    name: str = "Somebody",
) -> Turn:
    """What a handler gets when this person taps a button of `message`, or writes it."""
    visitor = Visitor(telegram_id, name, phone_language)
    return await turn_of(db, now, FEATURES, visitor, message, MONDAY, text)


def letter(db: AsyncSession, claimed: Claimed, now: datetime = MONDAY) -> Letter:
    """The letter of this delivery, to be composed."""
    return letter_for(db, FEATURES, claimed, now)


def labels(reply: Reply) -> list[list[str]]:
    return [[str(b.label) for b in row] for row in reply.buttons]


def button(reply: Reply, label: str) -> Button:
    """The button whose label contains `label`; there must be exactly one."""
    (found,) = [b for row in reply.buttons for b in row if label in b.label]
    return found


def press(reply: Reply, label: str) -> Press:
    """The press of that button, after a round trip through its callback data."""
    pressed = button(reply, label).press
    assert pressed is not None
    again = Press.unpack(pressed.pack())
    assert again == pressed
    return again


def presses(buttons: Sequence[Sequence[Button]]) -> list[Press | None]:
    return [b.press for row in buttons for b in row]
