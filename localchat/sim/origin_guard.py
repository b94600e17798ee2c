"""The door: who may come in from a web page, and errors in a form that the other side can read.

Pages of the same machine may use the control interface from another port, as a demo's page does that shows
phones. A page from anywhere else may not: without passwords that is all that stands between a stranger's page
in the same browser and the people here.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from localchat.errors import ApiError, SimError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SENTENCES = {
    404: "There is no such address.",
    405: "This address does not take that method.",
    413: "The body is too big.",
}
CORS_PATHS = ("/sim/", "/static/")


def local_origin(request: web.Request) -> str | None:
    """The origin of the page that asks, when it is of this machine; None when it is not or no page asks."""
    origin = request.headers.get("Origin")
    if origin is None:
        return None
    try:
        host = urlsplit(origin).hostname
        own = urlsplit(f"//{request.host}").hostname
    except ValueError:
        return None
    return origin if host is not None and (host == own or {host, own} <= LOOPBACK) else None


@web.middleware
async def origin_guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse strangers' pages, answer their browsers' questions, and put refusals into JSON."""
    if not request.path.startswith("/sim/"):
        return await _other(request, handler)
    if "Origin" in request.headers and local_origin(request) is None:
        return refusal("Pages from elsewhere may not use this server.", 403)
    if request.method == "OPTIONS":
        return web.Response(
            status=204,
            headers={
                "Access-Control-Allow-Methods": "GET, POST, DELETE",
                "Access-Control-Allow-Headers": "Content-Type",
                "Access-Control-Max-Age": "600",
            },
        )
    try:
        return await handler(request)
    except SimError as error:
        return refusal(str(error), error.status)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return refusal(SENTENCES.get(error.status, "The request cannot be read."), error.status)


async def _other(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPNotFound:
        if request.path.startswith(("/bot", "/file/")):
            return web.json_response(ApiError(404, "Not Found").body(), status=404)
        raise


def refusal(sentence: str, status: int) -> web.Response:
    """A refusal of the control interface."""
    return web.json_response({"ok": False, "description": sentence}, status=status)


async def add_cors_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Let a page of the same machine read the answer."""
    if "Origin" not in request.headers or not request.path.startswith(CORS_PATHS):
        return
    response.headers["Vary"] = "Origin"
    if (origin := local_origin(request)) is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
