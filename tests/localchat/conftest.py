"""Fixtures: a running server with a bot and a person, and two Bot API clients, plain HTTP and PTB."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import telegram

import localchat
from localchat.client import Account, Sim

Answer = dict[str, Any]


class ManualClock:
    """A fake monotonic clock for rate limits and timeouts, advanced by the test."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Api:
    """The Bot API of one bot: `await api("sendMessage", chat_id=1, text="Hi")` is the whole JSON body."""

    session: aiohttp.ClientSession
    url: str

    async def __call__(self, method: str, **params: Any) -> Answer:
        async with self.session.post(f"{self.url}/{method}", json=params) as answer:
            body: Answer = await answer.json()
            assert answer.status == (200 if body["ok"] else body["error_code"])
            return body

    async def result(self, method: str, **params: Any) -> Any:
        body = await self(method, **params)
        assert body["ok"], body
        return body["result"]

    async def refusal(self, method: str, **params: Any) -> str:
        body = await self(method, **params)
        assert not body["ok"], body
        return str(body["description"])


@pytest.fixture
def ticks() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def server(ticks: ManualClock) -> AsyncIterator[localchat.Server]:
    async with localchat.serve(limits=False, ticks=ticks) as server:
        yield server


@pytest.fixture
async def sim(server: localchat.Server) -> AsyncIterator[Sim]:
    async with Sim(server.url) as sim:
        yield sim


@pytest.fixture
async def bot(sim: Sim) -> Account:
    return await sim.bot("pals_bot", "PALS")


@pytest.fixture
async def api(server: localchat.Server, sim: Sim, bot: Account) -> Api:
    return Api(sim.session, f"{server.url}/bot{bot.token}")


@pytest.fixture
async def ada(sim: Sim, bot: Account) -> Account:
    """A person who has started the bot."""
    ada = await sim.person("Ada", last_name="Vik", language_code="nb")
    await sim.start(ada)
    return ada


@pytest.fixture
async def fetched(api: Api, ada: Account) -> Callable[[], Awaitable[list[Answer]]]:
    """Fetches and confirms the new updates; Ada's start is already confirmed."""
    offset = 0

    async def fetch() -> list[Answer]:
        nonlocal offset
        found: list[Answer] = await api.result("getUpdates", offset=offset)
        if found:
            offset = found[-1]["update_id"] + 1
        return found

    await fetch()
    return fetch


@pytest.fixture
async def ptb(server: localchat.Server, bot: Account) -> AsyncIterator[telegram.Bot]:
    """PTB's own Bot on its default transport."""
    async with telegram.Bot(
        bot.token, base_url=f"{server.url}/bot", base_file_url=f"{server.url}/file/bot"
    ) as client:
        yield client
