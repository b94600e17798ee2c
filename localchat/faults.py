"""Faults on demand: what a bad day on the network looks like, for the next calls of a method."""

from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["status", "delay", "drop"]

KEPT = 10_000
"""Calls that met a fault remembered; older ones are forgotten."""


@dataclass(slots=True)
class Fault:
    """For the next `times` calls of `method` (`*`: of any)."""

    method: str
    kind: Kind
    times: int = 1
    status: int = 500
    description: str | None = None
    retry_after: int | None = None
    seconds: float = 0.0
    after: bool = False


@dataclass(frozen=True, slots=True)
class Met:
    """A call that met a fault, and which one."""

    bot: str
    method: str
    params: dict[str, Any]
    kind: Kind
    status: int | None
    after: bool

    def described(self) -> dict[str, Any]:
        """As `/sim/faults` shows it."""
        return {
            "bot": self.bot,
            "method": self.method,
            "params": self.params,
            "kind": self.kind,
            "status": self.status,
            "after": self.after,
        }


class Faults:
    """The faults that are waiting, in the order they were asked for, and the latest calls that met one."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self.met: deque[Met] = deque(maxlen=KEPT)

    def add(self, fault: Fault) -> None:
        """Let a fault wait for its calls."""
        self._faults.append(fault)

    def take(self, bot: str, method: str, params: dict[str, Any]) -> Fault | None:
        """The first fault that is meant for a call of the method, used up by one; None when there is none."""
        for fault in self._faults:
            if fault.method == "*" or fault.method.lower() == method.lower():
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                status = fault.status if fault.kind == "status" else None
                self.met.append(Met(bot, method, params, fault.kind, status, fault.after))
                return fault
        return None

    def clear(self) -> None:
        """End all of them; what was met stays known."""
        self._faults.clear()
