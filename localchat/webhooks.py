"""Webhook delivery of updates, with retry and exponential backoff.

Updates of one chat are delivered in order, different chats concurrently up to `max_connections`. A failed delivery
(any response but 2xx, or none) is retried with a backoff that doubles up to a minute; no update is lost, and none
overtakes another of its chat. A method call in the response is executed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from localchat.accounts import Bot
from localchat.clock import Clock
from localchat.params import Params, parse_json_params
from localchat.updates import Update

FIRST_BACKOFF = 1.0
MAX_BACKOFF = 60.0
RESPONSE_TIMEOUT = 60.0
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name

Perform = Callable[[Bot, str, Params], Awaitable[Any]]


@dataclass(slots=True)
class Webhook:
    """A webhook as setWebhook configured it, its last error, and its chats with an update in flight (`busy`)."""

    url: str
    secret: str = ""
    max_connections: int = 40
    ip_address: str = ""
    last_error_date: int = 0
    last_error_message: str = ""
    busy: set[int] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


class Webhooks:
    """The webhooks of all bots, one asyncio task each. `first_backoff` is in seconds."""

    def __init__(self, clock: Clock, first_backoff: float = FIRST_BACKOFF) -> None:
        self.perform: Perform | None = None
        self._clock = clock
        self._first_backoff = first_backoff
        self._webhooks: dict[int, Webhook] = {}
        self._session: aiohttp.ClientSession | None = None

    def get(self, bot: Bot) -> Webhook | None:
        """The webhook of a bot, None while it uses long polling."""
        return self._webhooks.get(bot.id)

    def start(self, bot: Bot, webhook: Webhook) -> None:
        """Deliver a bot's updates to this webhook from now on."""
        self.remove(bot)
        self._webhooks[bot.id] = webhook
        webhook.task = asyncio.create_task(self._deliver_all(bot, webhook))

    def remove(self, bot: Bot) -> bool:
        """Stop delivering; returns whether a webhook was set."""
        webhook = self._webhooks.pop(bot.id, None)
        if webhook is not None and webhook.task is not None:
            webhook.task.cancel()
        return webhook is not None

    async def close(self) -> None:
        """Cancel all deliveries, on shutdown."""
        tasks = [webhook.task for webhook in self._webhooks.values() if webhook.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _deliver_all(self, bot: Bot, webhook: Webhook) -> None:
        queue = bot.updates
        async with asyncio.TaskGroup() as group:
            while True:
                queue.arrived.clear()
                for update in list(queue.pending):
                    if len(webhook.busy) >= webhook.max_connections:
                        break
                    chat_id = update_chat_id(update)
                    if chat_id not in webhook.busy:
                        webhook.busy.add(chat_id)
                        group.create_task(self._deliver(bot, webhook, update, chat_id))
                await queue.arrived.wait()

    async def _deliver(self, bot: Bot, webhook: Webhook, update: Update, chat_id: int) -> None:
        backoff = self._first_backoff
        while (error := await self._post(bot, webhook, update)) is not None:
            webhook.last_error_date = self._clock.unix()
            webhook.last_error_message = error
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, MAX_BACKOFF)
            if update not in bot.updates.pending:
                break
        if update in bot.updates.pending:
            bot.updates.pending.remove(update)
        webhook.busy.discard(chat_id)
        bot.updates.arrived.set()

    async def _post(self, bot: Bot, webhook: Webhook, update: Update) -> str | None:
        """Post an update once. Returns None on success, otherwise the error message in Telegram's wording."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=RESPONSE_TIMEOUT))
        headers = {SECRET_HEADER: webhook.secret} if webhook.secret else {}
        try:
            async with self._session.post(
                webhook.url, json=update, headers=headers, allow_redirects=False
            ) as response:
                body = await response.read()
                status, reason = response.status, response.reason
        except TimeoutError:
            return "Read timeout expired"
        except aiohttp.ClientConnectorError:
            return "Connection refused"
        except (aiohttp.ClientError, ConnectionError, ValueError):
            return "Connection closed"
        if not 200 <= status < 300:
            return f"Wrong response from the webhook: {status} {reason}"
        await self._execute(bot, body)
        return None

    async def _execute(self, bot: Bot, body: bytes) -> None:
        """Execute the method call in a webhook response; a failure is only in the call log."""
        if not body.strip() or self.perform is None:
            return
        try:
            values = parse_json_params(body)
        except Exception:
            return
        method = values.pop("method", None)
        if isinstance(method, str) and method:
            await self.perform(bot, method, Params(values))


def update_chat_id(update: Update) -> int:
    """The id of the chat an update belongs to, by which deliveries are ordered; 0 for none."""
    for value in update.values():
        if isinstance(value, dict):
            inner = value.get("message")
            chat = value.get("chat") or (inner.get("chat") if isinstance(inner, dict) else None)
            number = chat.get("id") if isinstance(chat, dict) else None
            return number if isinstance(number, int) else 0
    return 0
