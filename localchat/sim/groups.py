"""`/sim/groups`: group chats with a bot in them. The bot sees commands, mentions of it and replies to it."""

from typing import Any

from aiohttp import web

from localchat import actions, commands
from localchat.chats import Chat, seen
from localchat.errors import SimError
from localchat.sim.requests import asked, number_in, ok
from localchat.state import ServerState


def described(chat: Chat) -> dict[str, Any]:
    """The group as programs see it."""
    return {
        "id": chat.id,
        "title": chat.title,
        "people": [person.id for person in chat.people],
        "bot": chat.bot.username,
    }


def routes(state: ServerState) -> list[web.RouteDef]:
    """The routes of this room."""

    async def groups(_: web.Request) -> web.Response:
        return ok([described(chat) for chat in state.chats.values() if not chat.private])

    async def add(request: web.Request) -> web.Response:
        body = await asked(request)
        people = [state.person(number) for number in body.numbers("people")]
        if not people:
            raise SimError("A group has at least one person.")
        bot = state.bot(body.text("bot"))
        return ok(described(actions.gather(state, bot, body.needed_text("title"), people)))

    async def text(request: web.Request) -> web.Response:
        group = state.group(number_in(request))
        body = await asked(request)
        person = state.person(body.needed_number("person"))
        if person not in group.people:
            raise SimError("The person is not in this group.", 409)
        written = body.needed_text("text")
        message = actions.write_in_group(state, group, person, written, body.number("reply_to"))
        return ok(seen(message))

    async def chat(request: web.Request) -> web.Response:
        group = state.group(number_in(request))
        return ok(
            {
                **described(group),
                "messages": [seen(message) for message in group.messages.values()],
                "commands": commands.menu(group),
                "pinned": group.pinned,
                "left": group.left,
            }
        )

    return [
        web.get("/sim/groups", groups),
        web.post("/sim/groups", add),
        web.post("/sim/groups/{id}/text", text),
        web.get("/sim/groups/{id}/chat", chat),
    ]
