"""Webhook: updates that Telegram pushes are authenticated, validated, queued and acknowledged at once with 200.

    handler = webhook_handler(client, application.update_queue, settings.secret_for_webhook(), order)
    app = web_app(parts, routes=[web.post(PATH, handler)])
    watch = asyncio.create_task(keep_webhook(client, settings.public_url, secret))

A request without the secret gets 403 before its body is read. Backpressure: when the queue is full the response is
503, and Telegram redelivers the update later.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from telegram.error import TelegramError

from bot.channels.per_chat import PerChatQueue
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.transport import json_object
from bot.channels.telegram.updates import KINDS, parse_update
from bot.log import get_log

PATH: Final = "/telegram"
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not a secret
LARGEST: Final = 2**20
READ_TIMEOUT: Final = 10.0

_log = get_log("webhook")


async def set_webhook(client: BotClient, public_url: str, secret: str) -> None:
    """Sets the webhook to `public_url`. Idempotent.

    Raises:
        TelegramError: Telegram did not accept the URL, or could not be reached.
    """
    await client.call(
        "setWebhook",
        url=public_url + PATH,
        secret_token=secret,
        allowed_updates=list(KINDS),
        max_connections=40,
    )


async def keep_webhook(
    client: BotClient,
    public_url: str,
    secret: str,
    *,
    every: float = 60.0,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Watchdog: checks the webhook every so many seconds and sets it again, until cancelled.

    A webhook that another program has changed or removed is logged and set again; Telegram's delivery errors are
    logged. The check also keeps `Transport.last_answer_at` fresh when there is no traffic.
    """
    expected, reported = public_url + PATH, None
    while True:
        try:
            info = await client.call("getWebhookInfo")
            if info.get("url") != expected:
                if reported is not None:
                    _log.error(
                        "Another program has changed the webhook of this bot token.", action="webhook.changed"
                    )
                await set_webhook(client, public_url, secret)
            failed_at = info.get("last_error_date", 0)
            if reported is not None and failed_at > reported:
                reason = str(info.get("last_error_message", ""))
                _log.warning("Telegram could not deliver an update.", action="webhook.failed", reason=reason)
            reported = max(failed_at, reported or 0)
        except TelegramError as error:
            _log.warning("The webhook could not be checked.", action="webhook.unknown", reason=error.message)
        await sleep(every)


def webhook_handler(
    client: BotClient,
    queue: "asyncio.Queue[object]",
    secret: str,
    order: PerChatQueue,
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Returns the aiohttp handler for POST on `PATH`.

    Raises:
        ValueError: the secret is empty, so updates could be forged.
    """
    if not secret:
        raise ValueError("a webhook needs a secret")
    expected = secret.encode()

    async def handle(request: web.Request) -> web.StreamResponse:
        secret_shown = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(secret_shown, expected):
            return _refused(403, "The secret is wrong.")
        if order.is_full:
            return _refused(503, "Too many updates are queued. Retry later.")
        body = await _body(request)
        if body is None:
            return _refused(413, "The update is larger than any that Telegram sends.")
        data = json_object(body)
        if data is None or not isinstance(data.get("update_id"), int):
            return _refused(400, "The body is not an update.")
        update = parse_update(data, client)
        if update is not None:
            queue.put_nowait(update)
        return web.Response()

    return handle


async def _body(request: web.Request) -> bytes | None:
    """The body: empty when reading it fails or times out; None when it is too large."""
    if (request.content_length or 0) > LARGEST:
        return None
    body = bytearray()
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > LARGEST:
                    return None
    except (TimeoutError, ConnectionError):
        return b""
    return bytes(body)


def _refused(status: int, sentence: str) -> web.Response:
    _log.warning(sentence, action="webhook.refused", status=status)
    return web.Response(status=status, text=sentence + "\n")
