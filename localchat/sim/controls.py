"""`/sim/calls`, `faults`, `limits`, `clock` and `updates`: inspect the call log, inject faults and updates."""

from typing import Any

from aiohttp import web

from localchat.calls import Fault
from localchat.sim.requests import CallsQuery, NewUpdate, SetClock, SetLimits, SimRequest, endpoint
from localchat.state import ServerState


def routes(state: ServerState) -> list[web.RouteDef]:
    def calls(query: CallsQuery) -> Any:
        return [call.serialize() for call in state.calls.since(query.since, query.method)]

    def limits(body: SetLimits) -> Any:
        state.limits.on = body.on
        return {"on": body.on}

    def clock(body: SetClock) -> Any:
        state.clock.set(body.now)
        return {"now": state.clock.now().isoformat()}

    def update(body: NewUpdate) -> Any:
        fields = {name: value for name, value in body.update.items() if name != "update_id"}
        return {"update_id": state.bot(body.bot).updates.add(fields)}

    return [
        web.get("/sim/calls", endpoint(CallsQuery, calls)),
        web.delete("/sim/calls", endpoint(SimRequest, lambda _: state.calls.clear())),
        web.get("/sim/faults", endpoint(SimRequest, lambda _: list(state.faults.hits))),
        web.post("/sim/faults", endpoint(Fault, state.faults.inject)),
        web.delete("/sim/faults", endpoint(SimRequest, lambda _: state.faults.clear())),
        web.post("/sim/limits", endpoint(SetLimits, limits)),
        web.post("/sim/clock", endpoint(SetClock, clock)),
        web.post("/sim/updates", endpoint(NewUpdate, update)),
    ]
