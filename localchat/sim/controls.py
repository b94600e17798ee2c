"""`/sim/calls`, `faults`, `limits`, `clock` and `updates`: inspect the call log, inject faults and updates."""

from dataclasses import asdict

from aiohttp import web

from localchat.calls import Fault
from localchat.sim.requests import (
    CallsQuery,
    NewFault,
    NewUpdate,
    SetClock,
    SetLimits,
    json_response,
    parse_body,
    validate,
)
from localchat.state import ServerState


def routes(state: ServerState) -> list[web.RouteDef]:
    """The routes of inspection and fault injection."""

    async def calls(request: web.Request) -> web.Response:
        query = validate(CallsQuery, request.query)
        return json_response([call.serialize() for call in state.calls.since(query.since, query.method)])

    async def clear_calls(_: web.Request) -> web.Response:
        state.calls.clear()
        return json_response()

    async def add_fault(request: web.Request) -> web.Response:
        body = await parse_body(request, NewFault)
        state.faults.inject(Fault(**body.model_dump()))
        return json_response()

    async def fault_hits(_: web.Request) -> web.Response:
        return json_response([asdict(hit) for hit in state.faults.hits])

    async def clear_faults(_: web.Request) -> web.Response:
        state.faults.clear()
        return json_response()

    async def limits(request: web.Request) -> web.Response:
        body = await parse_body(request, SetLimits)
        state.limits.on = body.on
        return json_response({"on": body.on})

    async def clock(request: web.Request) -> web.Response:
        state.clock.set((await parse_body(request, SetClock)).now)
        return json_response({"now": state.clock.now().isoformat()})

    async def update(request: web.Request) -> web.Response:
        body = await parse_body(request, NewUpdate)
        fields = {name: value for name, value in body.update.items() if name != "update_id"}
        return json_response({"update_id": state.bot(body.bot).updates.add(fields)})

    return [
        web.get("/sim/calls", calls),
        web.delete("/sim/calls", clear_calls),
        web.get("/sim/faults", fault_hits),
        web.post("/sim/faults", add_fault),
        web.delete("/sim/faults", clear_faults),
        web.post("/sim/limits", limits),
        web.post("/sim/clock", clock),
        web.post("/sim/updates", update),
    ]
