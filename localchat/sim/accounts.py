"""`/sim/bots`, `/sim/people` and `/sim/groups`: list and create accounts and groups."""

from typing import Any

from aiohttp import web

from localchat import actions
from localchat.chats import Chat
from localchat.sim.requests import NewBot, NewGroup, NewPerson, SimRequest, endpoint
from localchat.state import ServerState


def routes(state: ServerState) -> list[web.RouteDef]:
    def bots(_: SimRequest) -> Any:
        return [bot.serialize() for bot in state.bots.values()]

    def add_bot(body: NewBot) -> Any:
        return state.add_bot(body.username, body.name or body.username, body.token).serialize()

    def people(_: SimRequest) -> Any:
        return [person.serialize() for person in state.people.values()]

    def add_person(body: NewPerson) -> Any:
        return state.add_person(**body.model_dump()).serialize()

    def groups(_: SimRequest) -> Any:
        return [serialize_group(group) for group in state.groups]

    def add_group(body: NewGroup) -> Any:
        people = [state.person(number) for number in body.people]
        return serialize_group(actions.create_group(state, state.bot(body.bot), body.title, people))

    return [
        web.get("/sim/bots", endpoint(SimRequest, bots)),
        web.post("/sim/bots", endpoint(NewBot, add_bot)),
        web.get("/sim/people", endpoint(SimRequest, people)),
        web.post("/sim/people", endpoint(NewPerson, add_person)),
        web.get("/sim/groups", endpoint(SimRequest, groups)),
        web.post("/sim/groups", endpoint(NewGroup, add_group)),
    ]


def serialize_group(chat: Chat) -> dict[str, Any]:
    """The JSON object of `/sim/groups`."""
    return {
        "id": chat.id,
        "title": chat.title,
        "people": [person.id for person in chat.people],
        "bot": chat.bot.username,
    }
