"""How a bot gets its updates: by polling, or pushed to a webhook."""

from typing import Any

from localchat.accounts import Bot
from localchat.errors import bad_request
from localchat.exchange import Exchange
from localchat.params import Params

LONGEST_POLL = 50


async def get_updates(exchange: Exchange, bot: Bot, params: Params) -> list[dict[str, Any]]:
    """Long polling, as Telegram describes it."""
    bot.updates.allow(allowed(params))
    limit = params.integer("limit", 100)
    return await bot.updates.poll(
        params.integer("offset"),
        limit if 0 < limit <= 100 else 100,
        max(0, min(params.integer("timeout"), LONGEST_POLL)),
    )


def allowed(params: Params) -> list[str] | None:
    """The kinds of updates a bot asks for; None when it says nothing about it."""
    kinds = params.array("allowed_updates", "allowed_updates")
    if kinds is not None and not all(isinstance(kind, str) for kind in kinds):
        raise bad_request("can't parse allowed_updates: Expected a String")
    return kinds
