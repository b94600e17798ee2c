"""A running demo in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import localchat
from bot import demo
from bot.content import schools
from localchat.client import Account, Sim

LITEN = Path(schools.__file__).parent / "liten.yaml"


@dataclass(frozen=True)
class Playing:
    """A running demo: its stage, and the chat server as the page sees it."""

    stage: demo.Stage
    sim: Sim

    async def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """The status and the JSON of an answer; a body makes it a POST."""
        method = "GET" if body is None else "POST"
        address = f"{self.sim.url}/demo/{path}"
        async with self.sim.session.request(method, address, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def go(self, until: str) -> Any:
        status, said = await self.ask("go", {"until": until})
        assert status == 200, said
        return said


@asynccontextmanager
async def on_stage(path: Path | None = None, at: str | None = None) -> AsyncIterator[Playing]:
    """The demo of a school file, from a local time on."""
    file = demo.school_file(path)
    stage = demo.Stage(file, demo.clock_of(file, at))
    async with (
        localchat.serve(limits=False, clock=stage.clock.now, routes=demo.routes(stage)) as server,
        Sim(server.url) as sim,
    ):
        account = await sim.bot(demo.username(file), "PALS")
        async with demo.playing(stage, server.url, account.token, sim):
            yield Playing(stage, sim)


@pytest.fixture
async def playing() -> AsyncIterator[Playing]:
    """Furulia skole, early on Monday 26 October 2026."""
    async with on_stage() as found:
        yield found


@pytest.fixture
async def small() -> AsyncIterator[Playing]:
    """Lillebekk skole, a small one, at the same time: quick to set up."""
    async with on_stage(LITEN, "2026-10-26T06:50") as found:
        yield found


@pytest.fixture
async def teacher(playing: Playing) -> Account:
    """The teacher, whose phone is in the middle of the page."""
    _, state = await playing.ask("state")
    person = next(phone["person"] for phone in state["phones"] if phone["role"] == "staff")
    return Account(person, "")
