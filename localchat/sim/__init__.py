"""The control interface under `/sim/`: JSON in, JSON out, for tests, the phone page and other programs."""

from aiohttp import web

from localchat.exchange import Exchange
from localchat.sim import accounts, controls, groups, people, stream


def routes(exchange: Exchange) -> list[web.RouteDef]:
    """Every route of the control interface."""
    return [
        *accounts.routes(exchange),
        *people.routes(exchange),
        *groups.routes(exchange),
        *controls.routes(exchange),
        *stream.routes(exchange),
    ]
