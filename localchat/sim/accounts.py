"""`/sim/bots`, `/sim/people` and `/sim/groups`: list and create accounts and groups."""

from typing import Any

from aiohttp import web

from localchat import actions
from localchat.chats import Chat
from localchat.sim.requests import NewBot, NewGroup, NewPerson, json_response, parse_body
from localchat.state import ServerState


def routes(state: ServerState) -> list[web.RouteDef]:
    """The routes of accounts and groups."""

    async def bots(_: web.Request) -> web.Response:
        return json_response([bot.serialize() for bot in state.bots.values()])

    async def add_bot(request: web.Request) -> web.Response:
        body = await parse_body(request, NewBot)
        return json_response(state.add_bot(body.username, body.name or body.username, body.token).serialize())

    async def people(_: web.Request) -> web.Response:
        return json_response([person.serialize() for person in state.people.values()])

    async def add_person(request: web.Request) -> web.Response:
        body = await parse_body(request, NewPerson)
        return json_response(state.add_person(**body.model_dump()).serialize())

    async def groups(_: web.Request) -> web.Response:
        return json_response([serialize_group(chat) for chat in state.chats.values() if not chat.private])

    async def add_group(request: web.Request) -> web.Response:
        body = await parse_body(request, NewGroup)
        people = [state.person(number) for number in body.people]
        group = actions.create_group(state, state.bot(body.bot), body.title, people)
        return json_response(serialize_group(group))

    return [
        web.get("/sim/bots", bots),
        web.post("/sim/bots", add_bot),
        web.get("/sim/people", people),
        web.post("/sim/people", add_person),
        web.get("/sim/groups", groups),
        web.post("/sim/groups", add_group),
    ]


def serialize_group(chat: Chat) -> dict[str, Any]:
    """The JSON object of `/sim/groups`."""
    return {
        "id": chat.id,
        "title": chat.title,
        "people": [person.id for person in chat.people],
        "bot": chat.bot.username,
    }
