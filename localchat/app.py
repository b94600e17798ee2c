"""The composition root: an exchange, the Bot API, the control interface and the pages, as one application."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from aiohttp import web

from localchat import sim
from localchat.bot_api import BotApi
from localchat.clock import Ticks, monotonic
from localchat.exchange import Exchange
from localchat.params import LARGEST_BODY
from localchat.sim.asked import in_words

STATIC = Path(__file__).parent / "static"

EXCHANGE: web.AppKey[Exchange] = web.AppKey("exchange", Exchange)


def create(
    *, limits: bool = True, clock: Callable[[], datetime] | None = None, ticks: Ticks = monotonic
) -> web.Application:
    """A chat server with nobody in it.

    `limits` switches Telegram's rate limits, `clock` gives the time that messages carry (aware), `ticks` the
    seconds that limits and waits are measured on.
    """
    exchange = Exchange(limits=limits, clock=clock, ticks=ticks)
    api = BotApi(exchange)
    app = web.Application(middlewares=[in_words], client_max_size=LARGEST_BODY)
    app[EXCHANGE] = exchange
    app.router.add_route("*", "/bot{token}/{method}", api.call)
    app.add_routes(sim.routes(exchange))
    app.router.add_get("/", _page("index.html"))
    app.router.add_get("/t/{username}", _page("join.html"))
    if STATIC.is_dir():
        app.router.add_static("/static/", STATIC)

    async def end(_: web.Application) -> None:
        exchange.end()

    app.on_shutdown.append(end)
    return app


def _page(name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def page(_: web.Request) -> web.StreamResponse:
        if not (STATIC / name).is_file():
            return web.Response(status=404, text="This page is not part of the installation.")
        return web.FileResponse(STATIC / name, headers={"Cache-Control": "no-cache"})

    return page
