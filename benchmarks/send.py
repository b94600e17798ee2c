"""Send throughput: 5 000 messages each, 30 in flight, to one loopback server, by our client and by peers.

Runs are short and interleaved, so that the machine's load affects all alike; figures are medians.

Each sender has `…_per_s` (messages a second) and `…_cpu_us` (CPU of this process a message):

| figure | what |
|---|---|
| `send` | `BotClient.call`, which is how the bot sends |
| `send_message` | PTB's `send_message` on our transport, with a whole `Message` back |
| `send_ptb` | PTB's `send_message` on its own transport (a fifth as many messages) |
| `send_aiogram` | aiogram's `send_message` |

`send_vs_ptb` and `send_vs_aiogram` are ratios of `send_per_s` to theirs; `send_message_vs_…` likewise.

Every sender checks the response. There is no rate limiter.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from aiogram import Bot as AiogramBot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from benchmarks.figures import Figures, Run, drive, median_run
from benchmarks.stub_server import stub_server
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.transport import Transport

TURNS: Final = 10
A_TURN: Final = 500
CONCURRENCY: Final = 30
TOKEN: Final = "1000001:an-unused-token-00000000000000000000"
TEXT: Final = "Ukas øving: vi går på høyre side i trappa. Øvd, delvis eller ikke ennå?"
READERS: Final = 500

Send = Callable[[int], Awaitable[object]]


async def measure() -> Figures:
    """Interleaves the senders' runs."""
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(stub_server())
        senders = {
            "send": (await stack.enter_async_context(_client_call(address)), A_TURN),
            "send_message": (await stack.enter_async_context(_client_send_message(address)), A_TURN),
            "send_ptb": (await stack.enter_async_context(_ptb(address)), A_TURN // 5),
            "send_aiogram": (await stack.enter_async_context(_aiogram(address)), A_TURN),
        }
        for send, _ in senders.values():
            await drive(send, 200, CONCURRENCY)  # warm-up: connections and caches
        runs: dict[str, list[Run]] = {name: [] for name in senders}
        for _ in range(TURNS):
            for name, (send, messages) in senders.items():
                runs[name].append(await drive(send, messages, CONCURRENCY))
    return _summarise({name: median_run(each) for name, each in runs.items()})


def _summarise(by_sender: dict[str, Run]) -> Figures:
    figures: Figures = {}
    for name, run in by_sender.items():
        figures[f"{name}_per_s"] = round(run.per_second)
        figures[f"{name}_cpu_us"] = round(run.cpu_us, 1)
    for ours in ("send", "send_message"):
        for peer in ("ptb", "aiogram"):
            ratio = by_sender[ours].per_second / by_sender[f"send_{peer}"].per_second
            figures[f"{ours}_vs_{peer}"] = round(ratio, 2)
    return figures


def _reader(number: int) -> int:
    return number % READERS + 1


@asynccontextmanager
async def _client(address: str) -> AsyncIterator[BotClient]:
    transport = Transport()
    client = BotClient(
        TOKEN, base_url=f"{address}/bot", base_file_url=f"{address}/file/bot", transport=transport
    )
    async with client:
        yield client


@asynccontextmanager
async def _client_call(address: str) -> AsyncIterator[Send]:
    async with _client(address) as client:

        async def send(number: int) -> None:
            sent = await client.call("sendMessage", chat_id=_reader(number), text=TEXT)
            assert sent["chat"]["id"] == _reader(number)

        yield send


@asynccontextmanager
async def _client_send_message(address: str) -> AsyncIterator[Send]:
    async with _client(address) as client:

        async def send(number: int) -> None:
            sent = await client.send_message(_reader(number), TEXT)
            assert sent.chat.id == _reader(number)

        yield send


@asynccontextmanager
async def _ptb(address: str) -> AsyncIterator[Send]:
    # With a connection pool of the size that its manual advises.
    bot = ExtBot(
        TOKEN,
        base_url=f"{address}/bot",
        base_file_url=f"{address}/file/bot",
        request=HTTPXRequest(connection_pool_size=256),
    )
    async with bot:

        async def send(number: int) -> None:
            sent = await bot.send_message(_reader(number), TEXT)
            assert sent.chat.id == _reader(number)

        yield send


@asynccontextmanager
async def _aiogram(address: str) -> AsyncIterator[Send]:
    async with AiogramBot(TOKEN, session=AiohttpSession(api=TelegramAPIServer.from_base(address))) as bot:

        async def send(number: int) -> None:
            sent = await bot.send_message(_reader(number), TEXT)
            assert sent.chat.id == _reader(number)

        yield send
