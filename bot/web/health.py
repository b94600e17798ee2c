"""Health checks: `/healthz` (liveness) and `/readyz` (readiness).

`/healthz` is 200 as long as the process responds; a supervisor restarts it otherwise. `/readyz` checks every part
and describes each in a sentence; a load balancer or an alert reads it. A part is a function that returns its
`PartState`, so this module knows nothing of databases, schedulers or Telegram.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from aiohttp import web

from bot.log import get_log

_TIMEOUT: Final = 3.0
_log = get_log("web")


@dataclass(frozen=True, slots=True)
class PartState:
    """Whether a part is ready, and a sentence about it for a person."""

    ok: bool
    says: str


Check = Callable[[], Awaitable[PartState]]


def database(check: Callable[[], Awaitable[object]]) -> Check:
    """The database is ready when `check` (a small query) succeeds within three seconds."""

    async def check_part() -> PartState:
        try:
            async with asyncio.timeout(_TIMEOUT):
                await check()
        except TimeoutError:
            return PartState(False, f"The database has not answered within {_TIMEOUT:g} seconds.")
        except Exception as error:  # a readiness check reports every failure and raises none
            _log.warning("The database check failed.", action="ready.database", error=type(error).__name__)
            return PartState(False, f"The database cannot be used ({type(error).__name__}).")
        return PartState(True, "The database answers.")

    return check_part


def recent(
    part: str,
    verb: str,
    last_at: Callable[[], float | None],
    at_most: float,
    clock: Callable[[], float] = time.monotonic,
) -> Check:
    """The part is ready when it has `verb` (ticked, answered) at most `at_most` seconds ago on `clock`."""

    async def check_part() -> PartState:
        last = last_at()
        if last is None:
            return PartState(False, f"{part} has not {verb} yet.")
        age = max(0.0, clock() - last)
        if age > at_most:
            return PartState(
                False, f"{part} last {verb} {age:.0f} seconds ago; {at_most:.0f} is the most that is well."
            )
        return PartState(True, f"{part} last {verb} {age:.0f} seconds ago.")

    return check_part


async def healthz(_: web.Request) -> web.Response:
    """Liveness: 200, because the process responds."""
    return web.json_response({"alive": True})


def readyz(
    checks: Mapping[str, Check],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Readiness: 200 when every part is ready, 503 otherwise, with each part's state."""

    async def answer(_: web.Request) -> web.Response:
        states = dict(zip(checks, await asyncio.gather(*(check() for check in checks.values())), strict=True))
        ready = all(state.ok for state in states.values())
        body = {"ready": ready, "parts": {name: asdict(state) for name, state in states.items()}}
        return web.json_response(body, status=200 if ready else 503)

    return answer
