"""The demo's page and its JSON API: the state of the stage, and fast-forwarding its clock.

    GET  /demo               the page (in bokmål or English, by the browser's language)
    GET  /demo/state         {"school", "zone", "now", "busy", "phones": […], "next": […], "jumps": […], "log": […]}
    POST /demo/go            {"until": "2026-11-02T16:30:00+01:00"} or {"next": 1}; answers when all that was due
                             until then has happened: the state, with "happened", its part of the log

`next` are the next things due, first things first: `{"at", "kind", "readers"}`; `{"next": n}` goes to the n-th of
them. `jumps` are `{"to", "at"}`, where `to` is `day` (the next school day), `week` (the next practice of a week) or
`month` (the first school day of the next month, when families have their message). What is refused is answered
`{"ok": false, "code", "description"}` with 400 for what cannot be done, 403 for a page from elsewhere and 409 while
another fast-forward is running.

Local only: requests from other machines, and cross-origin requests, are refused.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from aiohttp import web

STATIC: Final = Path(__file__).parent / "static"
LARGEST_BODY: Final = 1000

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):  # noqa: N818 - it says what is wrong
    """A request is refused; the message says why, and `code` says it to a program."""

    def __init__(self, code: str, says: str, status: int = 400) -> None:
        super().__init__(says)
        self.code = code
        self.status = status


class DemoControl(Protocol):
    """The demo, as the page controls it."""

    async def state(self) -> dict[str, Any]:
        """The current state, ready for JSON."""
        ...

    async def go(self, until: datetime) -> list[dict[str, Any]]:
        """Fast-forwards to `until` and returns the log of what happened. Raises Refused."""
        ...

    async def due(self, number: int) -> datetime:
        """When the entry of `next` with this position, from 1, is due. Raises Refused when there is none."""
        ...


def routes(stage: DemoControl) -> list[web.AbstractRouteDef]:
    """The page, its static files, and the API."""

    async def page(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "demo.html", headers={"Cache-Control": "no-cache"})

    async def state(_: web.Request) -> web.StreamResponse:
        return _answer(await stage.state())

    async def go(request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        if "next" in body:
            until = await stage.due(_number(body["next"]))
        else:
            until = _moment(body.get("until"))
        happened = await stage.go(until)
        return _answer({**await stage.state(), "happened": happened})

    return [
        web.get("/demo", _guarded(page)),
        web.get("/demo/state", _guarded(state)),
        web.post("/demo/go", _guarded(go)),
        web.static("/demo/static", STATIC),
    ]


def _guarded(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            if not _is_local(request):
                raise Refused("elsewhere", "The demo is for the machine that it runs on.", 403)
            return await handler(request)
        except Refused as refused:
            error = {"ok": False, "code": refused.code, "description": str(refused)}
            return _answer(error, status=refused.status)

    return guarded


def _answer(content: dict[str, Any], *, status: int = 200) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.json_response({"ok": True, **content}, status=status, headers=headers)


def _is_local(request: web.Request) -> bool:
    """Whether client, Host header and Origin header (if any) are loopback.

    Guards against cross-site requests, and against DNS rebinding: a site's name may resolve here.
    """
    addresses = [f"//{request.host}", request.headers.get("Origin", "//localhost")]
    try:
        return ip_address(request.remote or "").is_loopback and all(map(_loopback, addresses))
    except ValueError:
        return False


def _loopback(address: str) -> bool:
    name = urlsplit(address).hostname
    return name == "localhost" or (name is not None and ip_address(name).is_loopback)


async def _body(request: web.Request) -> dict[str, Any]:
    if (request.content_length or 0) > LARGEST_BODY:
        raise Refused("unclear", "That is more than a moment to go to.")
    try:
        body = json.loads(await request.text())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused("unclear", "Say where to go as JSON: an “until” or a “next”.")
    return body


def _number(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise Refused("unclear", "“next” is a place in the list of what comes next, from 1.")
    return given


def _moment(given: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refused(
            "unclear", "“until” is a moment in ISO form with its offset, such as 2026-11-02T07:15:00+01:00."
        )
    return moment
