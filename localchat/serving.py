"""Serving: localchat on a port, for as long as a block of code runs."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from localchat.app import STATE, create
from localchat.clock import Ticks, monotonic
from localchat.limits import OVERALL_PER_SECOND
from localchat.state import ServerState
from localchat.webhooks import FIRST_WAIT


@dataclass(slots=True)
class Server:
    """A running localchat. `url` has no slash at its end."""

    url: str
    app: web.Application
    runner: web.AppRunner

    @property
    def state(self) -> ServerState:
        """Its state."""
        return self.app[STATE]

    async def stop(self) -> None:
        """End every poll and stream and free the port; stopping twice does nothing."""
        await self.runner.cleanup()


async def begin(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    limits: bool = True,
    clock: Callable[[], datetime] | None = None,
    ticks: Ticks = monotonic,
    webhook_wait: float = FIRST_WAIT,
    routes: Iterable[web.AbstractRouteDef] = (),
    rate: int = OVERALL_PER_SECOND,
) -> Server:
    """Start serving; port 0 takes a free one. Raises OSError when the port is taken.

    There are no passwords: whoever reaches the port may be anybody. Leave it on loopback or in a network
    you trust.
    """
    app = create(limits=limits, clock=clock, ticks=ticks, webhook_wait=webhook_wait, routes=routes, rate=rate)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
    except OSError:
        await runner.cleanup()
        raise
    bound = runner.addresses[0][1]
    name = f"[{host}]" if ":" in host else host
    return Server(f"http://{name}:{bound}", app, runner)


@asynccontextmanager
async def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    limits: bool = True,
    clock: Callable[[], datetime] | None = None,
    ticks: Ticks = monotonic,
    webhook_wait: float = FIRST_WAIT,
    routes: Iterable[web.AbstractRouteDef] = (),
    rate: int = OVERALL_PER_SECOND,
) -> AsyncIterator[Server]:
    """Like `begin`, and stops when the block ends."""
    server = await begin(
        host=host,
        port=port,
        limits=limits,
        clock=clock,
        ticks=ticks,
        webhook_wait=webhook_wait,
        routes=routes,
        rate=rate,
    )
    try:
        yield server
    finally:
        await server.stop()
