"""Call log and fault injection: what bots have called, and errors, delays and dropped connections on demand."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

MAX_CALLS = 10_000
"""Calls kept in the log and calls that met a fault; older ones are evicted."""

FaultKind = Literal["status", "delay", "drop"]


@dataclass(slots=True)
class LoggedCall:
    """One call of a method. `params` are as sent, with the JSON and numbers of a form parsed."""

    seq: int
    at: float
    bot: str
    method: str
    params: dict[str, Any]
    error_code: int | None = None
    description: str | None = None

    def serialize(self) -> dict[str, Any]:
        """The JSON object of `/sim/calls`."""
        return {
            "seq": self.seq,
            "at": datetime.fromtimestamp(self.at, UTC).isoformat(),
            "bot": self.bot,
            "method": self.method,
            "params": self.params,
            "ok": self.error_code is None,
            "error_code": self.error_code,
            "description": self.description,
        }


class CallLog:
    """The latest calls, oldest first."""

    def __init__(self) -> None:
        self._calls: deque[LoggedCall] = deque(maxlen=MAX_CALLS)
        self._seq = 0

    def add(self, at: float, bot: str, method: str, params: dict[str, Any]) -> LoggedCall:
        """Log a call that begins; the caller sets the error on it."""
        self._seq += 1
        call = LoggedCall(self._seq, at, bot, method, params)
        self._calls.append(call)
        return call

    def since(self, seq: int = 0, method: str | None = None) -> list[LoggedCall]:
        """The calls after sequence number `seq`, of one method or of all."""
        wanted = method.lower() if method else None
        return [c for c in self._calls if c.seq > seq and (wanted is None or c.method.lower() == wanted)]

    def clear(self) -> None:
        """Empty the log; sequence numbers are not reset."""
        self._calls.clear()


@dataclass(slots=True)
class Fault:
    """A fault for the next `times` calls of `method` (`*`: any method).

    `after` applies to `drop`: the call is executed and only its response is lost.
    """

    method: str
    kind: FaultKind
    times: int = 1
    status: int = 500
    description: str | None = None
    retry_after: int | None = None
    seconds: float = 0.0
    after: bool = False


@dataclass(frozen=True, slots=True)
class FaultHit:
    """A call that met a fault, and the fault's kind. The fields are the JSON object of `/sim/faults`."""

    bot: str
    method: str
    params: dict[str, Any]
    kind: FaultKind
    status: int | None
    after: bool


class Faults:
    """The queue of pending faults, first in first out, and the latest calls that met one (`hits`)."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []
        self.hits: deque[FaultHit] = deque(maxlen=MAX_CALLS)

    def inject(self, fault: Fault) -> None:
        """Queue a fault."""
        self._pending.append(fault)

    def take(self, bot: str, method: str, params: dict[str, Any]) -> Fault | None:
        """Consume one use of the first fault that matches a call; None when none does."""
        for fault in self._pending:
            if fault.method == "*" or fault.method.lower() == method.lower():
                fault.times -= 1
                if fault.times <= 0:
                    self._pending.remove(fault)
                status = fault.status if fault.kind == "status" else None
                self.hits.append(FaultHit(bot, method, params, fault.kind, status, fault.after))
                return fault
        return None

    def clear(self) -> None:
        """Remove the pending faults; the hits are kept."""
        self._pending.clear()
