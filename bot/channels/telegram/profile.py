"""The bot's Telegram profile: its description and commands, in each language of a phone.

Set at start in the background, and only where they differ: Telegram rate limits such changes to few a day.
"""

from typing import Any

from telegram.error import TelegramError

from bot.channels.telegram.client import BotClient
from bot.feature import FeatureSet
from bot.i18n import CODES, SOURCE, Language, language
from bot.log import get_log

log = get_log("profile")


async def publish_profile(client: BotClient, features: FeatureSet) -> None:
    """Brings description, short description and commands up to date, idempotently. Errors are logged, not raised."""
    try:
        for code in ("", *CODES):
            await _publish(client, features, code, language(code or SOURCE))
    except TelegramError as error:
        log.warning("The bot's profile was not set.", action="profile", error=type(error).__name__)


async def _publish(client: BotClient, features: FeatureSet, code: str, spoken: Language) -> None:
    wanted: dict[str, tuple[str, Any]] = {
        "Description": (
            "description",
            str(
                spoken.t(
                    "I help a PALS school practise its expectations, see what goes well and know what is next. "
                    "Families get one message a month. No pupil is ever named. You need a link from your school."
                )
            ),
        ),
        "ShortDescription": (
            "short_description",
            str(spoken.t("For PALS schools: what we practise, and what we see. No pupil is ever named.")),
        ),
        "Commands": (
            "commands",
            [
                {"command": command, "description": description}
                for command, description in features.menu(None, spoken)
            ],
        ),
    }
    for what, (field, value) in wanted.items():
        current = await client.call(f"getMy{what}", language_code=code or None)
        if (current if what == "Commands" else current.get(field)) != value:
            changed: dict[str, Any] = {field: value}
            await client.call(f"setMy{what}", language_code=code or None, **changed)
