"""The server that the sending benchmark talks to: as little work as an honest Bot API server can do.

It reads the body (JSON or form), answers `sendMessage` with a whole `Message` of its own number, and prints
its port when it listens. It runs in a process of its own, so that its work is not counted as the client's.
"""

import asyncio
import itertools
import json
import sys
from urllib.parse import parse_qsl

from aiohttp import web

BOT = {"id": 1000001, "is_bot": True, "first_name": "Stub", "username": "stub_bot"}
WHEN = 1_790_000_000
_numbers = itertools.count(1)


async def answer(request: web.Request) -> web.Response:
    """One call; anything but sendMessage gets the bot itself."""
    body = await request.read()
    if request.content_type == "application/json":
        fields = json.loads(body)
    elif request.content_type == "application/x-www-form-urlencoded":
        fields = dict(parse_qsl(body.decode()))
    else:
        form = await request.post()
        fields = dict(form)
    result: dict[str, object] = BOT
    if request.match_info["method"] == "sendMessage":
        result = {
            "message_id": next(_numbers),
            "from": BOT,
            "chat": {"id": int(fields["chat_id"]), "type": "private", "first_name": "Reader"},
            "date": WHEN,
            "text": fields["text"],
        }
    return web.Response(text=json.dumps({"ok": True, "result": result}), content_type="application/json")


async def serve() -> None:
    """Listen on a free port of the loopback, print it, and stay until standard input closes."""
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
