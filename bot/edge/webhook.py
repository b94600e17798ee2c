"""Updates that Telegram brings: checked, queued and answered with 200 at once.

    handler = webhook_handler(line, application.update_queue, settings.secret_for_webhook(), order)
    web_app(..., routes={PATH: handler})
    await set_webhook(line, settings.public_url, secret)

Whoever does not show the secret gets 403 before a byte of the body is read. When too much waits already
the answer is 503, and Telegram brings the update again later.
"""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from bot.edge.line import Line
from bot.edge.order import ChatOrder
from bot.edge.updates import KINDS, read_update
from bot.log import get_log

PATH: Final = "/telegram"
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not a secret
LARGEST: Final = 2**20
READ_SECONDS: Final = 10.0

_log = get_log("webhook")


async def set_webhook(line: Line, public_url: str, secret: str) -> None:
    """Ask Telegram to bring updates to `public_url`; setting the same again changes nothing.

    Raises:
        TelegramError: Telegram did not accept the address, or could not be reached.
    """
    await line.call(
        "setWebhook",
        url=public_url + PATH,
        secret_token=secret,
        allowed_updates=list(KINDS),
        max_connections=40,
    )


def webhook_handler(
    line: Line,
    queue: "asyncio.Queue[object]",
    secret: str,
    order: ChatOrder,
    *,
    on_update: Callable[[], None] = lambda: None,
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """An aiohttp handler for POST on `PATH`. `on_update` is called for every update that is taken in.

    Raises:
        ValueError: the secret is empty, so anybody could bring updates.
    """
    if not secret:
        raise ValueError("a webhook needs a secret")
    expected = secret.encode()

    async def handle(request: web.Request) -> web.StreamResponse:
        shown = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(shown, expected):
            return _refused(403, "The secret is not the one that was agreed on.")
        if order.is_full:
            return _refused(503, "Too many updates are waiting. Bring this one again later.")
        body = await _body(request)
        if body is None:
            return _refused(413, "The update is larger than any that Telegram sends.")
        data = _json_object(body)
        if data is None or not isinstance(data.get("update_id"), int):
            return _refused(400, "The body is not an update.")
        update = read_update(data, line)
        if update is not None:
            queue.put_nowait(update)
            on_update()
        return web.Response()

    return handle


async def _body(request: web.Request) -> bytes | None:
    """The body, or None when it is too large or does not arrive."""
    if (request.content_length or 0) > LARGEST:
        return None
    parts = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for part in request.content.iter_any():
                parts += part
                if len(parts) > LARGEST:
                    return None
    except TimeoutError:
        return b""
    return bytes(parts)


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _refused(status: int, sentence: str) -> web.Response:
    _log.warning(sentence, action="webhook.refused", status=status)
    return web.Response(status=status, text=sentence + "\n")
