"""The Bot API over HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

import asyncio
import inspect
import json
from typing import Any

from aiohttp import web

from localchat.accounts import Bot
from localchat.errors import ApiError
from localchat.faults import Fault
from localchat.methods import METHODS, Remark
from localchat.params import Params, read
from localchat.state import ServerState

UNAUTHORIZED = ApiError(401, "Unauthorized")
NOT_FOUND = ApiError(404, "Not Found")


class BotApi:
    """The handlers, around one state."""

    def __init__(self, state: ServerState) -> None:
        self.state = state

    async def call(self, request: web.Request) -> web.StreamResponse:
        """One call of one method."""
        bot = self.state.bots.get(request.match_info["token"])
        if bot is None:
            return refused(UNAUTHORIZED)
        try:
            params = await read(request)
        except ApiError as error:
            return refused(error)
        known = METHODS.get(request.match_info["method"].lower())
        name = known[0] if known else request.match_info["method"]
        fault = self.state.faults.take(bot.username, name, params.values)
        if fault is not None:
            return await self._faulty(request, bot, name, params, fault)
        return answer(await self.perform(bot, name, params))

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The bytes of a file that getFile named."""
        if request.match_info["token"] not in self.state.bots:
            return refused(UNAUTHORIZED)
        file = self.state.files.at(request.match_info["path"])
        if file is None:
            return refused(NOT_FOUND)
        return web.Response(body=file.content, content_type="application/octet-stream")

    async def perform(self, bot: Bot, name: str, params: Params) -> dict[str, Any]:
        """Do what a call asks and remember it. Answers the whole JSON body."""
        call = self.state.calls.add(self.state.clock.now().timestamp(), bot.username, name, params.values)
        try:
            known = METHODS.get(name.lower())
            if known is None:
                raise NOT_FOUND
            result = known[1](self.state, bot, params)
            if inspect.isawaitable(result):
                result = await result
        except ApiError as error:
            call.error_code, call.description = error.code, error.description
            return error.body()
        if isinstance(result, Remark):
            return {"ok": True, "result": True, "description": result}
        return {"ok": True, "result": result}

    async def _faulty(
        self, request: web.Request, bot: Bot, name: str, params: Params, fault: Fault
    ) -> web.StreamResponse:
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            return answer(await self.perform(bot, name, params))
        if fault.kind == "drop":
            if fault.after:
                await self.perform(bot, name, params)
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        error = ApiError(
            fault.status,
            fault.description or "Internal Server Error",
            None if fault.retry_after is None else {"retry_after": fault.retry_after},
        )
        call = self.state.calls.add(self.state.clock.now().timestamp(), bot.username, name, params.values)
        call.error_code, call.description = error.code, error.description
        return refused(error)


def answer(body: dict[str, Any]) -> web.Response:
    """A call's JSON body with its status."""
    status = 200 if body["ok"] else body["error_code"]
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json")


def refused(error: ApiError) -> web.Response:
    """An error, in Telegram's form."""
    return answer(error.body())
