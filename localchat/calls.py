"""What the bots have called: the latest calls, with what was sent and how it was answered."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

KEPT = 10_000
"""Calls remembered; older ones are forgotten."""


@dataclass(slots=True)
class Call:
    """One call of a method. `params` are as sent, with JSON strings and numbers of forms read."""

    seq: int
    at: float
    bot: str
    method: str
    params: dict[str, Any]
    error_code: int | None = None
    description: str | None = None

    def described(self) -> dict[str, Any]:
        """The call as `/sim/calls` shows it."""
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


class Calls:
    """The latest calls, oldest first."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self._seq = 0

    def add(self, at: float, bot: str, method: str, params: dict[str, Any]) -> Call:
        """Remember a call that begins; the caller notes its error on it."""
        self._seq += 1
        call = Call(self._seq, at, bot, method, params)
        self._calls.append(call)
        return call

    def since(self, seq: int = 0, method: str | None = None) -> list[Call]:
        """The calls after number `seq`, of one method or of all."""
        wanted = method.lower() if method else None
        return [c for c in self._calls if c.seq > seq and (wanted is None or c.method.lower() == wanted)]

    def clear(self) -> None:
        """Forget all of them; numbers go on."""
        self._calls.clear()
