"""Bot API over HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

import asyncio
import inspect
import json
from datetime import UTC
from typing import Any

from aiohttp import web

from localchat.accounts import Bot
from localchat.errors import ApiError
from localchat.methods import METHODS, ApiCall, Description
from localchat.params import Params, parse_params
from localchat.state import ServerState


class BotApi:
    """The HTTP handlers of the Bot API. They raise ApiError for what is refused before a call begins."""

    def __init__(self, state: ServerState) -> None:
        self.state = state

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Handle one call of a method: authenticate, parse, apply a fault, execute."""
        bot = self.state.bots.get(request.match_info["token"])
        if bot is None:
            raise ApiError(401, "Unauthorized")
        params = await parse_params(request)
        known = METHODS.get(request.match_info["method"].lower())
        name = known[0] if known else request.match_info["method"]
        fault = self.state.faults.take(bot.username, name, params.values)
        if fault is None:
            return _response(await self.perform(bot, name, params))
        if fault.kind == "drop":
            if fault.after:
                await self.perform(bot, name, params)
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        await asyncio.sleep(fault.seconds)
        return _response(await self.perform(bot, name, params, fault.error))

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Download the file of a path from getFile."""
        if request.match_info["token"] not in self.state.bots:
            raise ApiError(401, "Unauthorized")
        file = self.state.files.by_path(request.match_info["path"])
        if file is None:
            raise ApiError(404, "Not Found")
        return web.Response(body=file.content, content_type="application/octet-stream")

    async def perform(
        self, bot: Bot, name: str, params: Params, fault: ApiError | None = None
    ) -> dict[str, Any]:
        """Execute a call, unless it meets a fault, and log it. Returns the whole JSON body, also of an error."""
        now = self.state.clock.now().astimezone(UTC).isoformat()
        logged = self.state.calls.add(now, bot.username, name, params.values)
        try:
            if fault is not None:
                raise fault
            known = METHODS.get(name.lower())
            if known is None:
                raise ApiError(404, "Not Found")
            result = known[1](ApiCall(self.state, bot, params))
            if inspect.isawaitable(result):
                result = await result
        except ApiError as error:
            logged.error_code, logged.description = error.code, error.description
            return error.body()
        if isinstance(result, Description):
            return {"ok": True, "result": True, "description": result}
        return {"ok": True, "result": result}


def _response(body: dict[str, Any]) -> web.Response:
    status = 200 if body["ok"] else body["error_code"]
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json")
