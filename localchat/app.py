"""The composition root: an state, the Bot API, the control interface and the pages, as one application."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from pathlib import Path

from aiohttp import web

from localchat import sim
from localchat.bot_api import BotApi
from localchat.clock import Ticks, monotonic
from localchat.limits import OVERALL_PER_SECOND
from localchat.params import LARGEST_BODY
from localchat.sim.origin_guard import add_cors_headers, origin_guard
from localchat.state import ServerState
from localchat.webhooks import FIRST_WAIT

STATIC = Path(__file__).parent / "static"

STATE: web.AppKey[ServerState] = web.AppKey("state", ServerState)


def create(
    *,
    limits: bool = True,
    clock: Callable[[], datetime] | None = None,
    ticks: Ticks = monotonic,
    webhook_wait: float = FIRST_WAIT,
    routes: Iterable[web.AbstractRouteDef] = (),
    rate: int = OVERALL_PER_SECOND,
) -> web.Application:
    """A chat server with nobody in it.

    `limits` switches Telegram's rate limits and `rate` is the overall one, in messages a second; `clock` gives the
    time that messages carry (aware), `ticks` the seconds that limits and waits are measured on, `webhook_wait` the
    seconds before a refused delivery to a webhook is first tried again. `routes` are pages of the caller's own beside
    localchat's.
    """
    state = ServerState(limits=limits, clock=clock, ticks=ticks, webhook_wait=webhook_wait, rate=rate)
    api = BotApi(state)
    state.webhooks.perform = api.perform
    app = web.Application(middlewares=[origin_guard], client_max_size=LARGEST_BODY)
    app[STATE] = state
    app.router.add_route("*", "/bot{token}/{method}", api.call)
    app.router.add_get("/file/bot{token}/{path:.+}", api.download)
    app.add_routes(sim.routes(state))
    app.add_routes(routes)
    app.router.add_get("/", _page("index.html"))
    app.router.add_get("/t/{username}", _page("join.html"))
    if STATIC.is_dir():
        app.router.add_static("/static/", STATIC)

    async def end(_: web.Application) -> None:
        await state.end()

    app.on_response_prepare.append(add_cors_headers)
    app.on_shutdown.append(end)
    return app


def _page(name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def page(_: web.Request) -> web.StreamResponse:
        if not (STATIC / name).is_file():
            return web.Response(status=404, text="This page is not part of the installation.")
        return web.FileResponse(STATIC / name, headers={"Cache-Control": "no-cache"})

    return page
