"""End to end through PTB, HTTP and localchat: polling and webhook, with a restart in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
import structlog
from aiohttp import web
from telegram import Update
from telegram.error import Forbidden
from telegram.ext import Application, ApplicationBuilder, TypeHandler

import localchat
from bot.channels.per_chat import PerChatQueue
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.polling import Polling
from bot.channels.telegram.priority import Priority
from bot.channels.telegram.rate_limiter import RateLimiter
from bot.channels.telegram.transport import Transport
from bot.channels.telegram.webhook import PATH, set_webhook, webhook_handler
from bot.web.server import serving, web_app
from localchat.client import Account, Sim, says

SECRET = "agreed-on"
Running = AbstractAsyncContextManager[BotClient]


async def repeat(update: Update, context: Any) -> None:
    """An echo bot that answers in capitals."""
    if update.message is not None and update.message.text is not None:
        client: BotClient = context.bot
        await client.call(
            "sendMessage",
            priority=Priority.INTERACTIVE,
            chat_id=update.message.chat.id,
            text=update.message.text.upper(),
        )


def application_on(
    address: str, bot: Account, order: PerChatQueue
) -> Application[Any, Any, Any, Any, Any, Any]:
    client = BotClient(
        bot.token,
        base_url=f"{address}/bot",
        base_file_url=f"{address}/file/bot",
        transport=Transport(),
        limits=RateLimiter(1000),
    )
    application = ApplicationBuilder().bot(client).updater(None).concurrent_updates(order).build()
    application.add_handler(TypeHandler(Update, repeat))
    return application


@asynccontextmanager
async def by_polling(address: str, bot: Account) -> AsyncIterator[BotClient]:
    order = PerChatQueue()
    async with application_on(address, bot, order) as application:
        await application.start()
        polling = Polling(application.bot, application.update_queue, order=order)
        polling.start()
        yield application.bot
        await polling.stop()
        await application.stop()


@asynccontextmanager
async def by_webhook(address: str, bot: Account) -> AsyncIterator[BotClient]:
    order = PerChatQueue()
    async with application_on(address, bot, order) as application:
        await application.start()
        handler = webhook_handler(application.bot, application.update_queue, SECRET, order)
        async with serving(web_app({}, routes=[web.post(PATH, handler)]), "127.0.0.1", 0) as own_address:
            await set_webhook(application.bot, own_address, SECRET)
            yield application.bot
        await application.stop()


@pytest.fixture
async def sim() -> AsyncIterator[Sim]:
    async with localchat.serve(limits=False, webhook_wait=0.05) as server, Sim(server.url) as sim:
        yield sim


@pytest.fixture
async def bot(sim: Sim) -> Account:
    return await sim.bot("pals_bot", "PALS")


@pytest.fixture
async def kari(sim: Sim, bot: Account) -> Account:
    """A teacher."""
    kari = await sim.person("Kari", language_code="nb")
    await sim.start(kari)
    return kari


@pytest.mark.parametrize("way", [by_polling, by_webhook])
async def test_messages_are_answered_in_order_across_a_restart(
    way: Any, sim: Sim, bot: Account, kari: Account
) -> None:
    async with way(sim.url, bot):
        for word in ("en", "to", "tre"):
            await sim.text(kari, word)
        await sim.until(kari, says("TRE"))
    await sim.text(kari, "mens ingen hørte")
    async with way(sim.url, bot):
        await sim.text(kari, "fire")
        chat = await sim.until(kari, says("FIRE"))
    assert [message["text"] for message in chat.received] == [
        "/START", "EN", "TO", "TRE", "MENS INGEN HØRTE", "FIRE"
    ]  # fmt: skip


async def test_polling_takes_over_from_a_webhook(sim: Sim, bot: Account, kari: Account) -> None:
    async with by_webhook(sim.url, bot):
        pass
    async with by_polling(sim.url, bot):
        await sim.text(kari, "hei")
        await sim.until(kari, says("HEI"))


async def test_a_second_poller_gets_a_conflict_and_takes_over_when_the_first_stops(
    sim: Sim, bot: Account, kari: Account
) -> None:
    with structlog.testing.capture_logs() as told:
        async with by_polling(sim.url, bot):
            async with by_polling(sim.url, bot):
                async with asyncio.timeout(2):
                    while not told:  # noqa: ASYNC110 - the log has no event to wait for
                        await asyncio.sleep(0.01)
            await sim.text(kari, "hei")
            await sim.until(kari, says("HEI"))
    assert told[0]["event"].startswith("Another program fetches updates with this bot token.")


async def test_sending_to_a_person_who_blocked_the_bot_raises_forbidden(
    sim: Sim, bot: Account, kari: Account
) -> None:
    async with by_polling(sim.url, bot) as client:
        await sim.until(kari, says("/START"))
        await sim.block(kari)
        with pytest.raises(Forbidden, match="blocked by the user"):
            await client.call("sendMessage", chat_id=kari.id, text="Hei")
