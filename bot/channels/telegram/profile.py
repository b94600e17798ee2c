"""How the bot introduces itself before anybody has said a word: its description and its first commands.

Telegram keeps one of each for every language of a phone. They are set at start, and only where they differ, because
Telegram allows few such changes a day. Nothing waits for them: without them the bot answers all the same.
"""

from typing import Any

from telegram.error import TelegramError

from bot.channels.telegram.client import BotClient
from bot.feature import FeatureSet
from bot.i18n import CODES, SOURCE, Language, language
from bot.log import get_log

log = get_log("profile")


async def publish_profile(client: BotClient, features: FeatureSet) -> None:
    """Brings description, short description and first commands up to date. What fails is logged, not raised."""
    try:
        for code in ("", *CODES):
            await _in_language(client, features, code, language(code or SOURCE))
    except TelegramError as error:
        log.warning("The bot's profile was not set.", action="profile", error=type(error).__name__)


async def _in_language(client: BotClient, features: FeatureSet, code: str, speaks: Language) -> None:
    wanted: dict[str, tuple[str, Any]] = {
        "Description": (
            "description",
            str(
                speaks.t(
                    "I help a PALS school practise its expectations, see what goes well and know what is next. "
                    "Families get one message a month. No pupil is ever named. You need a link from your school."
                )
            ),
        ),
        "ShortDescription": (
            "short_description",
            str(speaks.t("For PALS schools: what we practise, and what we see. No pupil is ever named.")),
        ),
        "Commands": (
            "commands",
            [{"command": command, "description": does} for command, does in features.menu(None, speaks)],
        ),
    }
    for what, (field, value) in wanted.items():
        there = await client.call(f"getMy{what}", language_code=code or None)
        if (there if what == "Commands" else there.get(field)) != value:
            changed: dict[str, Any] = {field: value}
            await client.call(f"setMy{what}", language_code=code or None, **changed)
