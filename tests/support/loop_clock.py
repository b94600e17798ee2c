"""A clock that tests turn by hand."""

import asyncio
import heapq
import itertools


class Clock:
    """Seconds since the test began. Sleepers wake in order, at their exact times, when it is turned."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Return when the clock has been turned `seconds` on."""
        sleeper = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + max(0.0, seconds), next(self._numbers), sleeper))
        await sleeper

    async def turn(self, seconds: float) -> None:
        """Let that much time pass, and everything happen that happens in it."""
        until = self.now + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            self.now, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)
                await settle()
        self.now = until
        await settle()


async def settle() -> None:
    """Let everything run that can run without time passing."""
    for _ in range(30):
        await asyncio.sleep(0)
