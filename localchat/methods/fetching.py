"""How a bot gets its updates: by polling, or pushed to a webhook."""

import re
from typing import Any
from urllib.parse import urlsplit

from localchat.accounts import Bot
from localchat.errors import ApiError, bad_request
from localchat.params import Params
from localchat.state import ServerState
from localchat.webhooks import Webhook

LONGEST_POLL = 50
SECRET = re.compile(r"[A-Za-z0-9_-]*")

WEBHOOK_IS_SET = (
    "Conflict: can't use getUpdates method while webhook is active;"
    " use deleteWebhook to delete the webhook first"
)


class Remark(str):
    """A description that goes with a successful answer."""

    __slots__ = ()


async def get_updates(state: ServerState, bot: Bot, params: Params) -> list[dict[str, Any]]:
    """Long polling, as Telegram describes it."""
    if state.webhooks.of(bot) is not None:
        raise ApiError(409, WEBHOOK_IS_SET)
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


def set_webhook(state: ServerState, bot: Bot, params: Params) -> Remark:
    """Have updates pushed to an address; without one, the same as deleteWebhook.

    Unlike Telegram it takes plain HTTP and any port, because it is meant for one machine.
    """
    url = params.text("url").strip()
    if not url:
        return delete_webhook(state, bot, params)
    _check(url)
    secret = params.text("secret_token")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    bot.updates.allow(allowed(params))
    if params.truth("drop_pending_updates"):
        bot.updates.drop()
    connections = max(1, min(params.integer("max_connections", 40), 100))
    before = state.webhooks.of(bot)
    if before and (before.url, before.secret, before.max_connections) == (url, secret, connections):
        return Remark("Webhook is already set")
    bot.updates.end_poll(ApiError(409, "Conflict: terminated by setWebhook request"))
    state.webhooks.begin(bot, Webhook(url, secret, connections, params.text("ip_address")))
    return Remark("Webhook was set")


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise bad_request("bad webhook: invalid URL specified") from None
    if parts.scheme not in ("http", "https"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not host:
        raise bad_request("bad webhook: URL host is empty")


def delete_webhook(state: ServerState, bot: Bot, params: Params) -> Remark:
    """Back to polling; what waits stays unless it is dropped."""
    if params.truth("drop_pending_updates"):
        bot.updates.drop()
    was_set = state.webhooks.remove(bot)
    return Remark("Webhook was deleted" if was_set else "Webhook is already deleted")


def get_webhook_info(state: ServerState, bot: Bot, params: Params) -> dict[str, Any]:
    """What is set, what waits, and the last thing that went wrong."""
    webhook = state.webhooks.of(bot)
    found: dict[str, Any] = {
        "url": webhook.url if webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(bot.updates.pending),
    }
    if webhook is not None:
        found["max_connections"] = webhook.max_connections
        if webhook.ip_address:
            found["ip_address"] = webhook.ip_address
        if webhook.last_error_date:
            found["last_error_date"] = webhook.last_error_date
            found["last_error_message"] = webhook.last_error_message
    if bot.updates.allowed is not None:
        found["allowed_updates"] = sorted(bot.updates.allowed)
    return found
