"""The control interface under `/sim/`: JSON in, JSON out, for tests, the phone page and other programs."""

from aiohttp import web

from localchat.sim import accounts, controls, groups, people, stream
from localchat.state import ServerState


def routes(state: ServerState) -> list[web.RouteDef]:
    """Every route of the control interface."""
    return [
        *accounts.routes(state),
        *people.routes(state),
        *groups.routes(state),
        *controls.routes(state),
        *stream.routes(state),
    ]
