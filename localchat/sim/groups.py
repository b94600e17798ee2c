"""`/sim/groups`: group chats with a bot in them."""

from aiohttp import web

from localchat.exchange import Exchange


def routes(exchange: Exchange) -> list[web.RouteDef]:
    """The routes of this room."""
    return []
