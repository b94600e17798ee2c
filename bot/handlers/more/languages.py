"""Language: one of the school's, each by its own name. The card, the keys and the menu change at once."""

from dataclasses import dataclass, replace

from bot.errors import Gone
from bot.handlers import home
from bot.handlers.button_rows import in_rows
from bot.handlers.command_button import RunCommand
from bot.i18n import CODES, language
from bot.press import Press
from bot.services import settings
from bot.turn import Button, Reply, Turn


@dataclass(frozen=True)
class SetLanguage(Press, tag="xl"):
    code: str


async def ask_language(turn: Turn) -> Reply:
    """Somebody unknown chooses on the card that says who the bot is: nothing is stored about them."""
    if turn.person_id is None:
        return home.introduction(turn.language)
    buttons = [
        Button(
            f"✓ {language(code).name}" if code == turn.language.code else language(code).name,
            SetLanguage(code),
        )
        for code in _offered(turn)
    ]
    return Reply(
        turn.t("🌍 Which language would you like?"),
        [*in_rows(buttons, 2), [Button(turn.t("◀ Back"), RunCommand("mer"))]],
    )


async def set_language(turn: Turn, press: SetLanguage) -> Reply:
    if turn.person_id is None:
        return home.introduction(language(press.code) if press.code in CODES else turn.language)
    if press.code not in _offered(turn):
        raise Gone
    await settings.choose_language(turn.db, turn.person_id, press.code)
    turn = replace(turn, language=language(press.code))
    role = turn.maybe_actor.role if turn.maybe_actor is not None else None
    keys = home.keys(turn, role, turn.t("From now on I write to you in this language."))
    return Reply(f"🌍 <b>{turn.language.name}</b>", then=(keys, await home.show_home(turn)))


def _offered(turn: Turn) -> list[str]:
    offered = turn.maybe_actor.school.languages if turn.maybe_actor is not None else CODES
    return [code for code in offered if code in CODES]
