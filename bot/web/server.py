"""The web pages: one aiohttp application, put together from what it is given, and its listening socket.

    app = web_app({"database": database(db.ping), …}, routes=[web.post(webhook.PATH, handler)])
    async with serving(app, *settings.listen_address) as address:
        log.info("web pages are served", address=address)

Handlers are passed in, so that this module knows no channel: the webhook is a plain aiohttp handler.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from bot.web.health import Check, healthz, readyz

LARGEST_BODY: Final = 2**20

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # a join link's address must not reach other sites
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}


class CannotListen(Exception):  # noqa: N818 - it says what is wrong
    """Binding the address failed; the message tells the operator why."""


def web_app(checks: Mapping[str, Check], *, routes: Iterable[web.AbstractRouteDef] = ()) -> web.Application:
    """The application with `/healthz`, `/readyz` on `checks`, and the `routes` it is given.

    Every response gets the security headers that it has not set itself.
    """
    app = web.Application(client_max_size=LARGEST_BODY)
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz(checks)), *routes])
    app.on_response_prepare.append(_add_headers)
    return app


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve `app` for as long as the context lasts, and yield its address; port 0 is any free one.

    Requests that are being answered when it ends get five seconds.

    Raises:
        CannotListen: the port is taken or may not be used, or the host is not of this machine.
    """
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=5.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            why = error.strerror or str(error)
            raise CannotListen(
                f"{host}:{port} cannot be listened on: {why}. Choose another PALSBOT_LISTEN."
            ) from error
        bound_host, bound_port = runner.addresses[0][:2]
        bound_host = f"[{bound_host}]" if ":" in bound_host else bound_host
        yield f"http://{bound_host}:{bound_port}"
    finally:
        await runner.cleanup()


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "palsbot"
