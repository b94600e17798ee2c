"""`/sim/people/{id}/…`: what one person does, and what they see."""

import asyncio
from typing import Any

from aiohttp import web

from localchat import actions, commands
from localchat.chats import Chat, seen
from localchat.errors import SimError
from localchat.sim import attachments
from localchat.sim.requests import Asked, asked, number_in, ok
from localchat.state import ServerState

WAIT_FOR_ANSWER = 5.0


def chat_of(state: ServerState, request: web.Request, bot: str | None) -> Chat:
    """The chat of the person in the address with the bot that is meant."""
    person = state.person(number_in(request))
    return state.private_chat(state.bot(bot), person)


def as_seen(state: ServerState, chat: Chat) -> dict[str, Any]:
    """All that a phone shows of a chat."""
    return {
        "messages": [seen(message) for message in chat.messages.values()],
        "keyboard": chat.keyboard,
        "commands": commands.menu(chat),
        "pinned": chat.pinned,
        "blocked": chat.blocked,
        "started": chat.started,
        "menu_button": commands.menu_button(chat),
        "typing": chat.typing_until > state.ticks(),
    }


def routes(state: ServerState) -> list[web.RouteDef]:
    """The routes of this room."""

    async def taken(request: web.Request) -> tuple[Chat, Asked]:
        body = await asked(request)
        return chat_of(state, request, body.text("bot")), body

    async def text(request: web.Request) -> web.Response:
        chat, body = await taken(request)
        message = actions.write(state, chat, body.needed_text("text"), body.number("reply_to"))
        return ok(seen(message))

    async def start(request: web.Request) -> web.Response:
        chat, body = await taken(request)
        return ok(seen(actions.start(state, chat, body.text("parameter"))))

    async def press(request: web.Request) -> web.Response:
        chat, body = await taken(request)
        label, data = body.text("label"), body.text("data")
        if (label is None) == (data is None):
            raise SimError("Name the button by “label” or by “data”.")
        wait = body.amount("wait", WAIT_FOR_ANSWER)
        query = actions.press(state, chat, label, data, body.number("message_id"))
        if wait > 0:
            await asyncio.wait({query.answered}, timeout=wait)
        done = query.answered.done() and not query.answered.cancelled()
        answer = query.answered.result() if done else None
        return ok({"answer": answer})

    async def edit(request: web.Request) -> web.Response:
        chat, body = await taken(request)
        number = body.needed_number("message_id")
        return ok(seen(actions.edit(state, chat, number, body.needed_text("text"))))

    async def send(request: web.Request) -> web.Response:
        chat, body = await taken(request)
        made = attachments.content(state.files, chat, body.needed_text("kind"), body)
        return ok(seen(actions.say(state, chat, made, body.number("reply_to"))))

    async def block(request: web.Request) -> web.Response:
        chat, _ = await taken(request)
        actions.block(state, chat, request.path.endswith("/block"))
        return ok()

    async def chat(request: web.Request) -> web.Response:
        return ok(as_seen(state, chat_of(state, request, request.query.get("bot"))))

    person = "/sim/people/{id}"
    return [
        web.post(person + "/text", text),
        web.post(person + "/start", start),
        web.post(person + "/press", press),
        web.post(person + "/edit", edit),
        web.post(person + "/send", send),
        web.post(person + "/block", block),
        web.post(person + "/unblock", block),
        web.get(person + "/chat", chat),
    ]
