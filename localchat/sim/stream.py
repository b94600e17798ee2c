"""`…/events`: a chat as it happens, as server-sent events; and the files that the page shows."""

import asyncio
from urllib.parse import quote

from aiohttp import web

from localchat.chats import Chat
from localchat.errors import SimError
from localchat.sim.people import chat_of
from localchat.sim.requests import number_in
from localchat.state import ServerState

KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment tells the reader that the stream is alive."""


async def watch(request: web.Request, chat: Chat) -> web.StreamResponse:
    """Send the events of a chat until either side ends it. Nothing after the headers is missed."""
    watcher = chat.watchers.join()
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
    )
    try:
        await response.prepare(request)
        await response.write(b": watching\n\n")
        while True:
            try:
                event = await asyncio.wait_for(watcher.next(), KEEP_ALIVE)
            except TimeoutError:
                event = b": still here\n\n"
            if event is None:
                break
            await response.write(event)
    except ConnectionError:
        pass
    finally:
        chat.watchers.leave(watcher)
    return response


def routes(state: ServerState) -> list[web.RouteDef]:
    """The routes of this room."""

    async def person_events(request: web.Request) -> web.StreamResponse:
        return await watch(request, chat_of(state, request, request.query.get("bot")))

    async def group_events(request: web.Request) -> web.StreamResponse:
        return await watch(request, state.group(number_in(request)))

    async def file(request: web.Request) -> web.Response:
        found = state.files.get(request.match_info["file_id"])
        if found is None:
            raise SimError("There is no such file.", 404)
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        if found.kind != "photo":
            # A file from anybody must never run as a page of this server.
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
        return web.Response(body=found.content, content_type=found.mime, headers=headers)

    return [
        web.get("/sim/people/{id}/events", person_events),
        web.get("/sim/groups/{id}/events", group_events),
        web.get("/sim/files/{file_id}", file),
    ]
