"""Who the bot is: getMe, and what it tells people about itself."""

from typing import Any

from localchat.accounts import Bot
from localchat.params import Params
from localchat.state import ServerState


def get_me(state: ServerState, bot: Bot, params: Params) -> dict[str, Any]:
    """The bot's own User object."""
    return {
        **bot.face,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }
