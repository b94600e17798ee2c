"""Control interface under `/sim/`: JSON over HTTP for tests, the phone page and other programs."""

from aiohttp import web

from localchat.sim import accounts, chats, controls
from localchat.state import ServerState


def routes(state: ServerState) -> list[web.RouteDef]:
    return [*accounts.routes(state), *chats.routes(state), *controls.routes(state)]
