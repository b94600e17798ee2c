"""Call log and fault injection: what bots have called, and errors, delays and dropped connections on demand."""

from collections import deque
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from localchat.errors import ApiError, SimError

MAX_CALLS = 10_000
"""Calls kept in the log and calls that met a fault; older ones are evicted."""


@dataclass
class LoggedCall:
    """One call of a method. `params` are as sent, with the JSON and numbers of a form parsed."""

    seq: int
    at: str
    bot: str
    method: str
    params: dict[str, Any]
    error_code: int | None = None
    description: str | None = None

    def serialize(self) -> dict[str, Any]:
        """The JSON object of `/sim/calls`."""
        return {**vars(self), "ok": self.error_code is None}


class CallLog:
    """The latest calls, oldest first."""

    def __init__(self) -> None:
        self._calls: deque[LoggedCall] = deque(maxlen=MAX_CALLS)
        self._seq = count(1)

    def add(self, at: str, bot: str, method: str, params: dict[str, Any]) -> LoggedCall:
        """Log a call that begins at an ISO time; the caller sets the error on it."""
        call = LoggedCall(next(self._seq), at, bot, method, params)
        self._calls.append(call)
        return call

    def since(self, seq: int = 0, method: str | None = None) -> list[LoggedCall]:
        """The calls after sequence number `seq`, of one method or of all."""
        wanted = method.lower() if method else None
        return [c for c in self._calls if c.seq > seq and (wanted is None or c.method.lower() == wanted)]

    def clear(self) -> None:
        """Empty the log; sequence numbers are not reset."""
        self._calls.clear()


class Fault(BaseModel, strict=True):
    """A fault for the next `times` calls of `method` (`*`: any method).

    `after` applies to `drop`: the call is executed and only its response is lost.
    """

    kind: Literal["status", "delay", "drop"]
    method: str = Field(min_length=1)
    times: int = Field(1, ge=1)
    status: int | None = None
    description: str = "Internal Server Error"
    retry_after: int | None = None
    seconds: float = 0.0
    after: bool = False

    @model_validator(mode="after")
    def _error_status(self) -> Self:
        if self.kind == "status" and not 400 <= (self.status or 0) <= 599:
            raise SimError("A fault of kind status needs a “status” from 400 to 599.")
        return self

    @property
    def error(self) -> ApiError | None:
        """The error that the call meets, when the fault is one."""
        if self.kind != "status" or self.status is None:
            return None
        parameters = None if self.retry_after is None else {"retry_after": self.retry_after}
        return ApiError(self.status, self.description, parameters)


class Faults:
    """The queue of pending faults, first in first out, and the latest calls that met one.

    `hits` are these calls as the JSON objects of `/sim/faults`.
    """

    def __init__(self) -> None:
        self._pending: list[Fault] = []
        self.hits: deque[dict[str, Any]] = deque(maxlen=MAX_CALLS)

    def inject(self, fault: Fault) -> None:
        self._pending.append(fault)

    def take(self, bot: str, method: str, params: dict[str, Any]) -> Fault | None:
        """Consume one use of the first fault that matches a call; None when none does."""
        for fault in self._pending:
            if fault.method == "*" or fault.method.lower() == method.lower():
                fault.times -= 1
                if fault.times <= 0:
                    self._pending.remove(fault)
                hit = {"bot": bot, "method": method, "params": params}
                self.hits.append(hit | fault.model_dump(include={"kind", "status", "after"}))
                return fault
        return None

    def clear(self) -> None:
        """Remove the pending faults; the hits are kept."""
        self._pending.clear()
