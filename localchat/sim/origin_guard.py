"""Origin guard: CORS and CSRF protection of the control interface, and errors as JSON.

Pages of the same machine may use the control interface from another port, as the demo's page does. A page of any
other origin may not: without authentication, checking `Origin` is the only protection against a malicious page in the
same browser.
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
    """The `Origin` header when it is of this machine; None when it is not or there is none."""
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
    """Middleware: refuse cross-origin pages, answer CORS preflight requests, and turn errors into JSON."""
    if not request.path.startswith("/sim/"):
        return await _bot_api_or_page(request, handler)
    if "Origin" in request.headers and local_origin(request) is None:
        return _error_response("Pages from elsewhere may not use this server.", 403)
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
        return _error_response(str(error), error.status)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _error_response(SENTENCES.get(error.status, "The request cannot be read."), error.status)


async def _bot_api_or_page(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as error:
        return web.json_response(error.body(), status=error.code)
    except web.HTTPNotFound:
        if request.path.startswith(("/bot", "/file/")):
            return web.json_response(ApiError(404, "Not Found").body(), status=404)
        raise


def _error_response(sentence: str, status: int) -> web.Response:
    return web.json_response({"ok": False, "description": sentence}, status=status)


async def add_cors_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add CORS headers for pages of the same machine."""
    if "Origin" not in request.headers or not request.path.startswith(CORS_PATHS):
        return
    response.headers["Vary"] = "Origin"
    if (origin := local_origin(request)) is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
