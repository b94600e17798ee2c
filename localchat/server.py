"""HTTP server: the composition root of localchat, and serving it on a port while a block of code runs."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Unpack

from aiohttp import web

from localchat import sim
from localchat.bot_api import BotApi
from localchat.params import MAX_BODY_BYTES
from localchat.sim.origin_guard import add_cors_headers, origin_guard
from localchat.state import Options, ServerState

STATIC = Path(__file__).parent / "static"

STATE: web.AppKey[ServerState] = web.AppKey("state", ServerState)


def create(*, routes: Iterable[web.AbstractRouteDef] = (), **options: Unpack[Options]) -> web.Application:
    """The aiohttp application, with no accounts in it. `routes` are the caller's own pages beside localchat's."""
    state = ServerState(**options)
    api = BotApi(state)
    state.webhooks.perform = api.perform
    app = web.Application(middlewares=[origin_guard], client_max_size=MAX_BODY_BYTES)
    app[STATE] = state
    app.router.add_route("*", "/bot{token}/{method}", api.call)
    app.router.add_get("/file/bot{token}/{path:.+}", api.download)
    app.add_routes(sim.routes(state))
    app.add_routes(routes)
    app.router.add_get("/", partial(_page, "index.html"))
    app.router.add_get("/t/{username}", partial(_page, "join.html"))
    app.router.add_static("/static/", STATIC)

    async def close(_: web.Application) -> None:
        await state.close()

    app.on_response_prepare.append(add_cors_headers)
    app.on_shutdown.append(close)
    return app


async def _page(name: str, _: web.Request) -> web.StreamResponse:
    return web.FileResponse(STATIC / name, headers={"Cache-Control": "no-cache"})


@dataclass(slots=True)
class Server:
    """A running HTTP server; `state` is what it serves, without HTTP. `url` has no trailing slash."""

    url: str
    state: ServerState
    runner: web.AppRunner

    async def stop(self) -> None:
        """Graceful shutdown: end every long poll and event stream and free the port. Idempotent."""
        await self.runner.cleanup()


async def begin(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    routes: Iterable[web.AbstractRouteDef] = (),
    **options: Unpack[Options],
) -> Server:
    """Start serving; port 0 binds a free one. Raises OSError when the port is in use.

    There is no authentication: any client that reaches the port can act as any person or bot. Bind to loopback or
    a trusted network.
    """
    runner = web.AppRunner(create(routes=routes, **options), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    bound = runner.addresses[0][1]
    name = f"[{host}]" if ":" in host else host
    return Server(f"http://{name}:{bound}", runner.app[STATE], runner)


@asynccontextmanager
async def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    routes: Iterable[web.AbstractRouteDef] = (),
    **options: Unpack[Options],
) -> AsyncIterator[Server]:
    """Like `begin`, as a context manager that stops the server when the block ends."""
    server = await begin(host=host, port=port, routes=routes, **options)
    try:
        yield server
    finally:
        await server.stop()
