"""Faults on demand: what a bad day on the network looks like, for the next calls of a method."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["status", "delay", "drop"]


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


class Faults:
    """The faults that are waiting, in the order they were asked for."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let a fault wait for its calls."""
        self._faults.append(fault)

    def take(self, method: str) -> Fault | None:
        """The first fault that is meant for a call of the method, used up by one; None when there is none."""
        for fault in self._faults:
            if fault.method == "*" or fault.method.lower() == method.lower():
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """End all of them."""
        self._faults.clear()
