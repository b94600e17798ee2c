"""Stub Bot API server for the benchmarks: as little work as possible.

It parses the body (JSON or form), answers sendMessage and editMessageText with a whole `Message`, and prints its port
when it listens. It runs in a process of its own, so that its CPU is not counted; `stub_server()` starts it.
"""

import asyncio
import itertools
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

BOT = {"id": 1000001, "is_bot": True, "first_name": "Stub", "username": "stub_bot"}
WHEN = 1_790_000_000
_numbers = itertools.count(1)


@asynccontextmanager
async def stub_server() -> AsyncIterator[str]:
    """Runs the stub for the lifetime of the context; yields its URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.stdin.close()
        await process.wait()


async def answer(request: web.Request) -> web.Response:
    """Handles one call; unknown methods return getMe's result."""
    fields = await _fields(request)
    match request.match_info["method"]:
        case "sendMessage":
            result: Any = _message(fields, next(_numbers))
        case "editMessageText":
            result = {**_message(fields, int(fields["message_id"])), "edit_date": WHEN}
        case "answerCallbackQuery":
            result = True
        case _:
            result = BOT
    return web.Response(text=json.dumps({"ok": True, "result": result}), content_type="application/json")


async def _fields(request: web.Request) -> dict[str, Any]:
    body = await request.read()
    if request.content_type == "application/json":
        fields: dict[str, Any] = json.loads(body)
    elif request.content_type == "application/x-www-form-urlencoded":
        fields = dict(parse_qsl(body.decode()))
    else:
        fields = dict(await request.post())
    return fields


def _message(fields: dict[str, Any], number: int) -> dict[str, Any]:
    message = {
        "message_id": number,
        "from": BOT,
        "chat": {"id": int(fields["chat_id"]), "type": "private", "first_name": "Reader"},
        "date": WHEN,
        "text": fields["text"],
    }
    if markup := fields.get("reply_markup"):
        message["reply_markup"] = json.loads(markup) if isinstance(markup, str) else markup
    return message


async def serve() -> None:
    """Listens on a free loopback port, prints it, and runs until standard input closes."""
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{method}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve())
