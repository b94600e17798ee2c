"""`/sim/people/{id}/…` and `/sim/groups/{id}/…`: people's actions, chat snapshots, and server-sent events."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import web

from localchat import actions
from localchat.chats import Chat, Message, page_message
from localchat.errors import SimError
from localchat.sim import requests
from localchat.sim.accounts import serialize_group
from localchat.sim.attachments import build_content
from localchat.sim.requests import ChatRequest, json_response, parse_request, path_id
from localchat.state import ServerState

KEEP_ALIVE = 15.0
"""Seconds without an event after which a comment is sent to keep the event stream alive."""

R = TypeVar("R", bound=ChatRequest)


def routes(state: ServerState) -> list[web.RouteDef]:
    async def parse(request: web.Request, model: type[R]) -> tuple[Chat, R]:
        body = await parse_request(request, model)
        person = state.person(path_id(request))
        return state.private_chat(state.bot(body.bot), person), body

    def message_route(path: str, model: type[R], action: Callable[..., Message]) -> web.RouteDef:
        """The route of an action that returns a message; the fields of the model are its parameters."""

        async def handle(request: web.Request) -> web.Response:
            chat, body = await parse(request, model)
            return json_response(page_message(action(state, chat, **body.model_dump(exclude={"bot"}))))

        return web.post(path, handle)

    async def send(request: web.Request) -> web.Response:
        chat, body = await parse(request, requests.SendContent)
        content = build_content(state.files, chat, body)
        return json_response(page_message(actions.send_content(state, chat, content, body.reply_to)))

    async def press(request: web.Request) -> web.Response:
        chat, body = await parse(request, requests.PressButton)
        query = actions.press_button(state, chat, body.label, body.data, body.message_id)
        if body.wait > 0:
            await asyncio.wait({query.answered}, timeout=body.wait)
        done = query.answered.done() and not query.answered.cancelled()
        return json_response({"answer": query.answered.result() if done else None})

    async def block(request: web.Request) -> web.Response:
        chat, _ = await parse(request, ChatRequest)
        actions.set_blocked(state, chat, request.path.endswith("/block"))
        return json_response()

    async def chat(request: web.Request) -> web.Response:
        chat, _ = await parse(request, ChatRequest)
        return json_response(
            {
                **_snapshot(chat),
                "keyboard": chat.keyboard,
                "blocked": chat.blocked,
                "started": chat.started,
                "menu_button": chat.menu_button(),
                "typing": chat.typing_until > state.ticks(),
            }
        )

    async def events(request: web.Request) -> web.StreamResponse:
        chat, _ = await parse(request, ChatRequest)
        return await _stream(request, chat)

    async def group_text(request: web.Request) -> web.Response:
        group = state.group(path_id(request))
        body = await parse_request(request, requests.SendGroupText)
        person = state.person(body.person)
        if person not in group.people:
            raise SimError("The person is not in this group.", 409)
        message = actions.send_group_text(state, group, person, body.text, body.reply_to)
        return json_response(page_message(message))

    async def group_chat(request: web.Request) -> web.Response:
        group = state.group(path_id(request))
        return json_response({**serialize_group(group), **_snapshot(group), "left": group.left})

    async def group_events(request: web.Request) -> web.StreamResponse:
        return await _stream(request, state.group(path_id(request)))

    async def file(request: web.Request) -> web.Response:
        stored = state.files.get(request.match_info["file_id"])
        if stored is None:
            raise SimError("There is no such file.", 404)
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        if stored.kind != "photo":
            # XSS: an uploaded file must never be rendered as a page of this origin.
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(stored.name, safe='')}"
        return web.Response(body=stored.content, content_type=stored.mime, headers=headers)

    person, group = "/sim/people/{id}", "/sim/groups/{id}"
    return [
        message_route(person + "/text", requests.SendText, actions.send_text),
        message_route(person + "/start", requests.Start, actions.start),
        message_route(person + "/edit", requests.EditText, actions.edit_text),
        web.post(person + "/send", send),
        web.post(person + "/press", press),
        web.post(person + "/block", block),
        web.post(person + "/unblock", block),
        web.get(person + "/chat", chat),
        web.get(person + "/events", events),
        web.post(group + "/text", group_text),
        web.get(group + "/chat", group_chat),
        web.get(group + "/events", group_events),
        web.get("/sim/files/{file_id}", file),
    ]


def _snapshot(chat: Chat) -> dict[str, Any]:
    messages = [page_message(message) for message in chat.messages.values()]
    return {"messages": messages, "commands": chat.commands(), "pinned": chat.pinned}


async def _stream(request: web.Request, chat: Chat) -> web.StreamResponse:
    """Send the server-sent events of a chat until either side disconnects; none after the headers is lost."""
    queue = chat.subscribers.subscribe()
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
    )
    try:
        await response.prepare(request)
        await response.write(b": watching\n\n")
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), KEEP_ALIVE)
            except TimeoutError:
                event = b": still here\n\n"
            if event is None:
                break
            await response.write(event)
    except ConnectionError:
        pass
    finally:
        chat.subscribers.unsubscribe(queue)
    return response
