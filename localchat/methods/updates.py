"""Receive updates: long polling with getUpdates, or webhook delivery."""

import re
from typing import Any
from urllib.parse import urlsplit

from localchat.errors import ApiError, bad_request
from localchat.methods.call import ApiCall, Description
from localchat.params import Params
from localchat.webhooks import Webhook

MAX_POLL_SECONDS = 50
SECRET = re.compile(r"[A-Za-z0-9_-]*")

WEBHOOK_IS_SET = (
    "Conflict: can't use getUpdates method while webhook is active;"
    " use deleteWebhook to delete the webhook first"
)


async def get_updates(call: ApiCall) -> list[dict[str, Any]]:
    params = call.params
    if call.state.webhooks.get(call.bot) is not None:
        raise ApiError(409, WEBHOOK_IS_SET)
    call.bot.updates.allow(_allowed_updates(params))
    limit = params.integer("limit", 100)
    return await call.bot.updates.poll(
        params.integer("offset"),
        limit if 0 < limit <= 100 else 100,
        max(0, min(params.integer("timeout"), MAX_POLL_SECONDS)),
    )


def _allowed_updates(params: Params) -> list[str] | None:
    """The update types a bot asks for; None when it sends no filter."""
    kinds = params.array("allowed_updates", "allowed_updates")
    if kinds is not None and not all(isinstance(kind, str) for kind in kinds):
        raise bad_request("can't parse allowed_updates: Expected a String")
    return kinds


def set_webhook(call: ApiCall) -> Description:
    """Set the webhook; an empty URL deletes it.

    Unlike Telegram it accepts plain HTTP and any port, because server and bot run on one machine.
    """
    bot, params, webhooks = call.bot, call.params, call.state.webhooks
    url = params.text("url").strip()
    if not url:
        return delete_webhook(call)
    _check_url(url)
    secret = params.text("secret_token")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    bot.updates.allow(_allowed_updates(params))
    if params.boolean("drop_pending_updates"):
        bot.updates.pending.clear()
    connections = max(1, min(params.integer("max_connections", 40), 100))
    before = webhooks.get(bot)
    if before and (before.url, before.secret, before.max_connections) == (url, secret, connections):
        return Description("Webhook is already set")
    bot.updates.end_poll(ApiError(409, "Conflict: terminated by setWebhook request"))
    webhooks.start(bot, Webhook(url, secret, connections, params.text("ip_address")))
    return Description("Webhook was set")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise bad_request("bad webhook: invalid URL specified") from None
    if parts.scheme not in ("http", "https"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not host:
        raise bad_request("bad webhook: URL host is empty")


def delete_webhook(call: ApiCall) -> Description:
    """Delete the webhook and return to long polling; pending updates are kept unless they are dropped."""
    if call.params.boolean("drop_pending_updates"):
        call.bot.updates.pending.clear()
    was_set = call.state.webhooks.remove(call.bot)
    return Description("Webhook was deleted" if was_set else "Webhook is already deleted")


def get_webhook_info(call: ApiCall) -> dict[str, Any]:
    """The WebhookInfo object: configuration, pending updates and last error."""
    bot = call.bot
    webhook = call.state.webhooks.get(bot)
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
