"""`/sim/calls`, `faults`, `limits`, `clock` and `updates`: looking behind the scenes and moving them."""

from datetime import UTC, datetime
from typing import cast

from aiohttp import web

from localchat.errors import SimError
from localchat.faults import Fault, Kind
from localchat.sim.requests import asked, ok
from localchat.state import ServerState


def routes(state: ServerState) -> list[web.RouteDef]:
    """The routes of this room."""

    async def calls(request: web.Request) -> web.Response:
        try:
            since = int(request.query.get("since", "0"))
        except ValueError:
            raise SimError("“since” must be a whole number.") from None
        found = state.calls.since(since, request.query.get("method"))
        return ok([call.described() for call in found])

    async def forget_calls(_: web.Request) -> web.Response:
        state.calls.clear()
        return ok()

    async def add_fault(request: web.Request) -> web.Response:
        body = await asked(request)
        kind, times, status = body.needed_text("kind"), body.number("times"), body.number("status")
        if kind not in ("status", "delay", "drop"):
            raise SimError("“kind” is status, delay or drop.")
        if kind == "status" and not (status and 400 <= status <= 599):
            raise SimError("A fault of kind status needs a “status” from 400 to 599.")
        if times is not None and times < 1:
            raise SimError("“times” is at least 1.")
        fault = Fault(
            body.needed_text("method"),
            cast(Kind, kind),
            times or 1,
            status or 500,
            body.text("description"),
            body.number("retry_after"),
            body.amount("seconds", 0.0),
            body.truth("after", False),
        )
        state.faults.add(fault)
        return ok()

    async def met_faults(_: web.Request) -> web.Response:
        return ok([met.described() for met in state.faults.met])

    async def end_faults(_: web.Request) -> web.Response:
        state.faults.clear()
        return ok()

    async def limits(request: web.Request) -> web.Response:
        body = await asked(request)
        state.limits.on = body.truth("on", True)
        return ok({"on": state.limits.on})

    async def clock(request: web.Request) -> web.Response:
        now = (await asked(request)).text("now")
        try:
            moment = None if now is None else datetime.fromisoformat(now)
        except ValueError:
            raise SimError("“now” must be an ISO time, such as 2026-08-17T07:55:00+02:00.") from None
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        if moment is not None and not 1971 <= moment.year <= 2999:
            raise SimError("“now” must be in the years 1971 to 2999.")
        state.clock.set(moment)
        return ok({"now": state.clock.now().isoformat()})

    async def update(request: web.Request) -> web.Response:
        body = await asked(request)
        bot = state.bot(body.text("bot"))
        given = {k: v for k, v in body.mapping("update").items() if k != "update_id"}
        return ok({"update_id": bot.updates.add(given)})

    return [
        web.get("/sim/calls", calls),
        web.delete("/sim/calls", forget_calls),
        web.get("/sim/faults", met_faults),
        web.post("/sim/faults", add_fault),
        web.delete("/sim/faults", end_faults),
        web.post("/sim/limits", limits),
        web.post("/sim/clock", clock),
        web.post("/sim/updates", update),
    ]
