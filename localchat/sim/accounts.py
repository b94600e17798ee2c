"""`/sim/bots` and `/sim/people`: who there is, and new ones."""

import re
from typing import Any

from aiohttp import web

from localchat.accounts import Bot
from localchat.errors import SimError
from localchat.sim.requests import asked, ok
from localchat.state import ServerState

USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,31}")
TOKEN = re.compile(r"[A-Za-z0-9:_-]{3,128}")


def routes(state: ServerState) -> list[web.RouteDef]:
    """The routes of this room."""

    async def bots(_: web.Request) -> web.Response:
        return ok([described(bot) for bot in state.bots.values()])

    async def add_bot(request: web.Request) -> web.Response:
        body = await asked(request)
        username = body.needed_text("username").removeprefix("@")
        token = body.text("token")
        if not USERNAME.fullmatch(username):
            raise SimError("A username has 3 to 32 letters, digits and underscores and begins with a letter.")
        if token is not None and not TOKEN.fullmatch(token):
            raise SimError("A token has letters, digits, a colon, hyphens and underscores.")
        return ok(described(state.add_bot(username, body.text("name") or username, token)))

    async def people(_: web.Request) -> web.Response:
        return ok([person.described() for person in state.people.values()])

    async def add_person(request: web.Request) -> web.Response:
        body = await asked(request)
        number = body.number("id")
        if number is not None and not 0 < number < 2**52:
            raise SimError("A person's number is positive and below 2⁵².")
        person = state.add_person(
            id=number,
            first_name=body.needed_text("first_name"),
            last_name=body.text("last_name"),
            username=body.text("username"),
            language_code=body.text("language_code"),
        )
        return ok(person.described())

    return [
        web.get("/sim/bots", bots),
        web.post("/sim/bots", add_bot),
        web.get("/sim/people", people),
        web.post("/sim/people", add_person),
    ]


def described(bot: Bot) -> dict[str, Any]:
    """The bot as programs see it, with its token."""
    return {"id": bot.id, "token": bot.token, "username": bot.username, "name": bot.name}
