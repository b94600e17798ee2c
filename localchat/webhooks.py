"""Webhooks: a bot's updates pushed to its own address.

Updates of one chat go one after another, different chats beside each other up to `max_connections`. An update
that the address does not take (any answer but 2xx, or none) is sent again after waits that double up to a
minute; nothing is lost and nothing overtakes within a chat. A method call in the answer is carried out.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from localchat.accounts import Bot
from localchat.clock import Clock
from localchat.params import Params, from_json
from localchat.updates import Update

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
ANSWER_WITHIN = 60.0
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name

Perform = Callable[[Bot, str, Params], Awaitable[Any]]


@dataclass(slots=True)
class Webhook:
    """What setWebhook set, and how it has gone since."""

    url: str
    secret: str = ""
    max_connections: int = 40
    ip_address: str = ""
    last_error_date: int = 0
    last_error_message: str = ""
    busy: set[int] = field(default_factory=set)


class Webhooks:
    """Every bot's webhook, each pushed by a task of its own. `first_wait` is in seconds."""

    def __init__(self, clock: Clock, first_wait: float = FIRST_WAIT) -> None:
        self.perform: Perform | None = None
        self._clock = clock
        self._first_wait = first_wait
        self._of: dict[int, Webhook] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None

    def of(self, bot: Bot) -> Webhook | None:
        """The webhook of a bot, None while it polls."""
        return self._of.get(bot.id)

    def begin(self, bot: Bot, webhook: Webhook) -> None:
        """Push to this address from now on."""
        self.remove(bot)
        self._of[bot.id] = webhook
        self._tasks[bot.id] = asyncio.create_task(self._push(bot, webhook))

    def remove(self, bot: Bot) -> bool:
        """Stop pushing; whether there was anything to stop."""
        task = self._tasks.pop(bot.id, None)
        if task is not None:
            task.cancel()
        return self._of.pop(bot.id, None) is not None

    async def end(self) -> None:
        """Stop all pushing, when the server stops."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _push(self, bot: Bot, webhook: Webhook) -> None:
        queue = bot.updates
        on_the_way: set[int] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                queue.arrived.clear()
                for update in list(queue.pending):
                    if len(on_the_way) >= webhook.max_connections:
                        break
                    place = chat_of(update)
                    if update["update_id"] in on_the_way or place in webhook.busy:
                        continue
                    webhook.busy.add(place)
                    on_the_way.add(update["update_id"])
                    group.create_task(self._deliver(bot, webhook, update, place, on_the_way))
                await queue.arrived.wait()

    async def _deliver(
        self, bot: Bot, webhook: Webhook, update: Update, place: int, on_the_way: set[int]
    ) -> None:
        wait = self._first_wait
        while (error := await self._try(bot, webhook, update)) is not None:
            webhook.last_error_date = self._clock.unix()
            webhook.last_error_message = error
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
            if update not in bot.updates.pending:
                break
        if update in bot.updates.pending:
            bot.updates.pending.remove(update)
        webhook.busy.discard(place)
        on_the_way.discard(update["update_id"])
        bot.updates.arrived.set()

    async def _try(self, bot: Bot, webhook: Webhook, update: Update) -> str | None:
        """Send an update once. None when it was taken, otherwise Telegram's words for what went wrong."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN))
        headers = {SECRET_HEADER: webhook.secret} if webhook.secret else {}
        try:
            async with self._session.post(
                webhook.url, json=update, headers=headers, allow_redirects=False
            ) as answer:
                body = await answer.read()
                status, reason = answer.status, answer.reason
        except TimeoutError:
            return "Read timeout expired"
        except aiohttp.ClientConnectorError:
            return "Connection refused"
        except (aiohttp.ClientError, ConnectionError, ValueError):
            return "Connection closed"
        if not 200 <= status < 300:
            return f"Wrong response from the webhook: {status} {reason}"
        await self._reply(bot, body)
        return None

    async def _reply(self, bot: Bot, body: bytes) -> None:
        """Carry out the method call that an answer holds; a failure shows in the list of calls only."""
        if not body.strip() or self.perform is None:
            return
        try:
            values = from_json(body)
        except Exception:
            return
        method = values.pop("method", None)
        if isinstance(method, str) and method:
            await self.perform(bot, method, Params(values))


def chat_of(update: Update) -> int:
    """The chat an update belongs to, for its order; 0 when it belongs to none."""
    for value in update.values():
        if isinstance(value, dict):
            inner = value.get("message")
            chat = value.get("chat") or (inner.get("chat") if isinstance(inner, dict) else None)
            number = chat.get("id") if isinstance(chat, dict) else None
            return number if isinstance(number, int) else 0
    return 0
