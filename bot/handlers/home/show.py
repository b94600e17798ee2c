"""Home for whoever asks: the card of their role, the news that they wait for a yes, or who the bot is."""

from dataclasses import dataclass

from bot.handlers.button_rows import in_rows
from bot.handlers.command_button import RunCommand
from bot.handlers.home.card import card
from bot.i18n import CODES, Language, language
from bot.press import Press
from bot.turn import Button, Reply, Turn
from storage import people
from storage.tables import Standing


@dataclass(frozen=True)
class Introduce(Press, tag="oi"):
    code: str


async def show_home(turn: Turn) -> Reply:
    """The home card; for somebody the bot does not know, who it is."""
    if turn.maybe_actor is None:
        return await _outside(turn)
    return await card(turn, turn.actor)


async def _outside(turn: Turn) -> Reply:
    own = await people.memberships(turn.db, turn.person_id) if turn.person_id is not None else []
    asked = next((m for m in own if m.standing is Standing.PENDING), None)
    if asked is not None:
        return Reply(
            turn.t(
                "⏳ You have asked to join <b>{school}</b>. As soon as a leader there has said yes, "
                "I write to you here.",
                school=asked.school_name,
            ),
            [[Button(turn.t("☰ More"), RunCommand("mer"))]],
        )
    return introduction(turn.language)


def introduction(speaks: Language) -> Reply:
    """Who the bot is and how to get in, in the phone's language; nothing is stored by reading it."""
    others = [Button(language(code).name, Introduce(code)) for code in CODES if code != speaks.code]
    return Reply(
        speaks.t(
            "👋 I am the PALS assistant of schools that work with a safe and good school environment. "
            "I remind the adults there of what they practise together, and tell families about it once a month. "
            "To take part you need a link or a QR code from your school: open it on this phone, and I will "
            "explain what it means before you say yes."
        ),
        in_rows(others, 2),
    )


async def introduce(turn: Turn, press: Introduce) -> Reply:
    if turn.maybe_actor is not None or press.code not in CODES:
        return await show_home(turn)
    return introduction(language(press.code))
