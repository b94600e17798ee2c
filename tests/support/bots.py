"""Bots on our transport, and everything that a failed call tells."""

import traceback
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from telegram.error import TelegramError

from bot.channels.telegram.client import BotClient
from bot.channels.telegram.transport import Timeouts, Transport
from tests.support.servers import Answer, serving

TOKEN = "123456789:AAE-a_token_of_the_right_shape_0000"
IMPATIENT = Timeouts(pool=0.05, connect=0.2, read=0.1, upload=0.1)
ME = {"id": 123456789, "is_bot": True, "first_name": "PALS", "username": "pals_bot"}
SENT = {"message_id": 7, "date": 1_790_000_000, "chat": {"id": 5, "type": "private"}, "text": "Hei"}


@asynccontextmanager
async def bot_at(address: str, **options: Any) -> AsyncIterator[BotClient]:
    async with Transport(**options) as transport:
        yield BotClient(
            TOKEN, base_url=f"{address}/bot", base_file_url=f"{address}/file/bot", transport=transport
        )


@asynccontextmanager
async def bot_with(answer: Answer, **options: Any) -> AsyncIterator[BotClient]:
    async with serving(answer) as address, bot_at(address, **options) as bot:
        yield bot


async def failure_of(call: Awaitable[object]) -> TelegramError:
    with pytest.raises(TelegramError) as caught:
        await call
    return caught.value


def told(failure: BaseException) -> str:
    """Everything that a log, a traceback or a curious debugger could show of a failure."""
    parts = ["".join(traceback.TracebackException.from_exception(failure, capture_locals=False).format())]
    seen: BaseException | None = failure
    while seen is not None:
        parts += [repr(seen), str(seen), repr(vars(seen) if hasattr(seen, "__dict__") else "")]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts)
