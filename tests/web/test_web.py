"""The web application: health checks, security headers, and binding its port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web

from bot.web.health import Check, PartState, database, recent
from bot.web.server import CannotListen, serving, web_app


async def well() -> None:
    """A database check that succeeds."""


async def broken() -> None:
    """A database check that fails with a message that must not be shown."""
    raise ConnectionError("password=hush")


@asynccontextmanager
async def browsing(app: web.Application) -> AsyncIterator[tuple[ClientSession, str]]:
    async with serving(app, "127.0.0.1", 0) as address, ClientSession() as browser:
        yield browser, address


async def asked(parts: dict[str, Check], path: str = "/readyz") -> tuple[int, object]:
    async with browsing(web_app(parts)) as (browser, address), browser.get(address + path) as answer:
        return answer.status, await answer.json()


async def test_readyz_is_200_when_every_part_is_ready() -> None:
    parts = {
        "database": database(well),
        "scheduler": recent("The scheduler", "ticked", lambda: 95.0, 30, clock=lambda: 100.0),
        "telegram": recent("Telegram", "answered", lambda: 40.0, 60, clock=lambda: 100.0),
    }
    states = {
        "database": {"ok": True, "says": "The database answers."},
        "scheduler": {"ok": True, "says": "The scheduler last ticked 5 seconds ago."},
        "telegram": {"ok": True, "says": "Telegram last answered 60 seconds ago."},
    }
    assert await asked(parts) == (200, {"ready": True, "parts": states})


async def test_readyz_describes_every_part_that_is_not_ready() -> None:
    parts = {
        "database": database(broken),
        "scheduler": recent("The scheduler", "ticked", lambda: None, 30, clock=lambda: 100.0),
        "telegram": recent("Telegram", "answered", lambda: 0.0, 60, clock=lambda: 100.0),
    }
    states = {
        "database": {"ok": False, "says": "The database cannot be used (ConnectionError)."},
        "scheduler": {"ok": False, "says": "The scheduler has not ticked yet."},
        "telegram": {
            "ok": False,
            "says": "Telegram last answered 100 seconds ago; 60 is the most that is well.",
        },
    }
    assert await asked(parts) == (503, {"ready": False, "parts": states})


async def test_readyz_is_503_when_one_part_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.health._TIMEOUT", 0.05)
    status, body = await asked({"database": database(asyncio.Event().wait), "other": database(well)})
    assert status == 503
    assert body == {
        "ready": False,
        "parts": {
            "database": {"ok": False, "says": "The database has not answered within 0.05 seconds."},
            "other": {"ok": True, "says": "The database answers."},
        },
    }


async def test_healthz_is_200_whatever_the_parts_report() -> None:
    async def never() -> PartState:
        return PartState(False, "No.")

    assert await asked({"part": never}, "/healthz") == (200, {"alive": True})


async def test_security_headers_are_added_where_a_response_has_not_set_them() -> None:
    async def calendar(_: web.Request) -> web.Response:
        return web.Response(text="BEGIN:VCALENDAR", headers={"Cache-Control": "max-age=600"})

    async with browsing(web_app({}, routes=[web.get("/calendar", calendar)])) as (browser, address):
        for path, cached in (
            ("/calendar", "max-age=600"),
            ("/healthz", "no-store"),
            ("/nowhere", "no-store"),
        ):
            async with browser.get(address + path) as answer:
                got = {
                    name: answer.headers.get(name) for name in ("X-Frame-Options", "Cache-Control", "Server")
                }
            assert got == {"X-Frame-Options": "DENY", "Cache-Control": cached, "Server": "palsbot"}


async def test_a_handlers_exception_is_not_shown() -> None:
    async def fails(_: web.Request) -> web.Response:
        raise LookupError("what somebody wrote")

    app = web_app({}, routes=[web.get("/fails", fails)])
    async with browsing(app) as (browser, address), browser.get(f"{address}/fails") as answer:
        assert answer.status == 500
        assert "wrote" not in await answer.text()


async def test_a_taken_port_raises_with_a_sentence() -> None:
    async with serving(web_app({}), "127.0.0.1", 0) as address:
        port = int(address.rpartition(":")[2])
        with pytest.raises(
            CannotListen, match=rf"127\.0\.0\.1:{port} cannot be listened on: .* PALSBOT_LISTEN\."
        ):
            async with serving(web_app({}), "127.0.0.1", port):
                pass
