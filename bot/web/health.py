"""Whether the program is alive, and whether it can do its work: two questions that machines ask it.

`/healthz` is 200 as long as the process answers at all; who restarts processes asks it. `/readyz` asks
every part and says the truth about each in a sentence; who sends traffic or wakes the operator asks that.
A part is a function that returns its `State`, so this room needs to know nothing of databases, schedulers
or Telegram.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from aiohttp import web

from bot.log import get_log

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PATIENCE: Final = 3.0
_log = get_log("web")


@dataclass(frozen=True, slots=True)
class State:
    """Whether a part can do its work, and a sentence about it for a person."""

    ok: bool
    says: str


Part = Callable[[], Awaitable[State]]


def database(check: Callable[[], Awaitable[object]]) -> Part:
    """The database, ready when `check` (a small query) ends without an error within three seconds."""

    async def ask() -> State:
        try:
            async with asyncio.timeout(_PATIENCE):
                await check()
        except TimeoutError:
            return State(False, f"The database has not answered within {_PATIENCE:g} seconds.")
        except Exception as error:  # a readiness check tells of every failure and passes none on
            _log.warning("The database check failed.", action="ready.database", error=type(error).__name__)
            return State(False, f"The database cannot be used ({type(error).__name__}).")
        return State(True, "The database answers.")

    return ask


def scheduler(
    last_tick_at: Callable[[], float | None], at_most: float, clock: Callable[[], float] = time.monotonic
) -> Part:
    """The scheduler, ready when its last tick is at most that many seconds old on `clock`."""
    return _recent("The scheduler", "ticked", last_tick_at, at_most, clock)


def telegram(
    last_answer_at: Callable[[], float | None], at_most: float, clock: Callable[[], float] = time.monotonic
) -> Part:
    """Telegram, ready when its last answer is at most that many seconds old on `clock`."""
    return _recent("Telegram", "answered", last_answer_at, at_most, clock)


def _recent(
    who: str, did: str, last_at: Callable[[], float | None], at_most: float, clock: Callable[[], float]
) -> Part:
    async def ask() -> State:
        last = last_at()
        if last is None:
            return State(False, f"{who} has not {did} yet.")
        age = max(0.0, clock() - last)
        if age > at_most:
            return State(
                False, f"{who} last {did} {age:.0f} seconds ago; {at_most:.0f} is the most that is well."
            )
        return State(True, f"{who} last {did} {age:.0f} seconds ago.")

    return ask


async def healthz(_: web.Request) -> web.Response:
    """200, because the process answers."""
    return web.json_response({"alive": True})


def readyz(parts: Mapping[str, Part]) -> Handler:
    """200 when every part is ready, 503 otherwise, with each part's state."""

    async def answer(_: web.Request) -> web.Response:
        states = dict(zip(parts, await asyncio.gather(*(ask() for ask in parts.values())), strict=True))
        ready = all(state.ok for state in states.values())
        body = {"ready": ready, "parts": {name: asdict(state) for name, state in states.items()}}
        return web.json_response(body, status=200 if ready else 503)

    return answer
