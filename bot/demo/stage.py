"""The demo's controller: a school, a bot and a simulated clock that runs or is fast-forwarded.

Time passes in two ways. The ticks process what is due while the clock runs; `go` fast-forwards the clock and
processes everything due until then in order, with the rounds of the simulated staff. They exclude each other: a
fast-forward waits for a running tick, and ticks are skipped while a fast-forward runs.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.app import Palsbot
from bot.demo.colleagues import Colleagues, rounds
from bot.demo.coming import Due, described, jumps, next_due, outcomes_of
from bot.demo.people import Accounts, Character
from bot.i18n import CODES, language
from bot.turn import Reply
from bot.web.demo import Refused
from pals.content import SchoolContent
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer
from scheduler.fast_forward import fast_forward
from scheduler.ticks import Ticks

SHOWN = 4
REMEMBERED = 40
FARTHEST = timedelta(days=400)
TOLERANCE = timedelta(minutes=1)
"""A target this little in the past is accepted: it passed between the page's last poll and the click."""

Handled = set[tuple[int, int]]


@dataclass(frozen=True)
class NotifyingDeliverer(Deliverer[Reply]):
    """A Deliverer that notifies the stage of what it has handled."""

    notify: Callable[[Handled], Awaitable[None]] = field(kw_only=True)

    async def deliver(self) -> Handled:
        handled = await super().deliver()
        await self.notify(handled)
        return handled


@dataclass(frozen=True, slots=True)
class Opened:
    """The parts of a demo that has been set up."""

    bot: Palsbot
    colleagues: Colleagues
    phones: list[dict[str, Any]]
    deliverer: NotifyingDeliverer


class Stage:
    """What the demo's page shows and controls. Before `open` it refuses every request."""

    def __init__(self, file: SchoolContent, clock: MovableClock) -> None:
        self.file = file
        self.clock = clock
        self.begins = clock.now()  # what is due from here on is sent, however long the setup takes
        self._opened_as: Opened | None = None
        self._lock = asyncio.Lock()
        self._forwarding = False
        self._rounds_until = self.begins
        self._log: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self._lines: dict[int, dict[str, Any]] = {}

    def open(self, bot: Palsbot, colleagues: Colleagues, accounts: Accounts) -> Ticks:
        """Ends the setup. Returns the ticks, to be started and stopped by the caller."""
        parts = {each.name: getattr(bot.deliverer, each.name) for each in fields(bot.deliverer)}
        phones = [_phone(character, person) for character, person in accounts if character.shown]
        self._opened_as = Opened(bot, colleagues, phones, NotifyingDeliverer(**parts, notify=self._handled))
        process = self._exclusively(self._process_due)  # plans as often as it delivers: a visitor is watching
        return Ticks(plan=process, deliver=process, retention=self._exclusively(bot.apply_retention))

    # --- requests of the page

    async def state(self) -> dict[str, Any]:
        on = self.opened
        now = self.clock.now()
        return {
            "school": self.file.school.name,
            "bot": on.bot.client.username,
            "zone": self.file.school.timezone,
            "now": now.isoformat(timespec="milliseconds"),
            "busy": self._forwarding,
            "phones": on.phones,
            "kinds": described(on.bot.features.kinds, on.colleagues.wheel, now),
            "next": [{**asdict(due), "at": due.at.isoformat()} for due in await self._coming(SHOWN)],
            "jumps": [{"to": to, "at": at.isoformat()} for to, at in jumps(on.colleagues.wheel, now).items()],
            "log": list(self._log),
        }

    async def due(self, number: int) -> datetime:
        coming = await self._coming(number)
        if len(coming) < number:
            raise Refused("nothing", f"Only {len(coming)} things are planned from here on.")
        return coming[number - 1].at

    async def go(self, until: datetime) -> list[dict[str, Any]]:
        on = self.opened
        if self._forwarding:
            raise Refused("busy", "The demo is on its way already. Wait until it has arrived.", 409)
        now = self.clock.now()
        if until < now - TOLERANCE:
            raise Refused("backwards", "The demo's clock only goes forward. Choose a later moment.")
        if until - now > FARTHEST:
            raise Refused("far", f"That is more than {FARTHEST.days} days ahead. Go there in smaller steps.")
        until = max(until, now)
        self._forwarding = True
        before = set(self._lines)
        try:
            async with self._lock:
                for stop in rounds(on.colleagues.wheel, self._rounds_until, until):
                    await self._forward(stop)
                    await self._work(stop)
                await self._forward(until)
        finally:
            self._forwarding = False
        return [line for number, line in self._lines.items() if number not in before]

    # --- time

    async def _coming(self, count: int) -> list[Due]:
        on, now = self.opened, self.clock.now()
        school_id, wheel = on.colleagues.school_id, on.colleagues.wheel
        async with on.bot.database.reading() as db:
            return await next_due(db, school_id, on.bot.features.kinds, wheel, now, count)

    @property
    def opened(self) -> Opened:
        """Raises Refused during the setup."""
        if self._opened_as is None:
            raise Refused("early", "The demo is being set up. Try again in a moment.", 503)
        return self._opened_as

    def _exclusively(self, tick: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
        """The tick, skipped while a fast-forward runs, which processes everything itself."""

        async def ticked() -> None:
            if not self._forwarding:
                async with self._lock:
                    await tick()

        return ticked

    async def _process_due(self) -> None:
        on = self.opened
        await on.bot.plan_due()
        while await on.deliverer.deliver():
            pass
        for stop in rounds(on.colleagues.wheel, self._rounds_until, self.clock.now()):
            await self._work(stop)

    async def _forward(self, until: datetime) -> None:
        on = self.opened
        await fast_forward(on.bot.database, on.bot.features.kinds, self.clock, on.deliverer, until)

    async def _work(self, stop: datetime) -> None:
        on = self.opened
        async with on.bot.database.writing() as db:
            await on.colleagues.work(db, stop)
        self._rounds_until = stop

    async def _handled(self, handled: Handled) -> None:
        """Refreshes the progress cards of announcements and the log."""
        on = self.opened
        await on.bot.progress_cards.refresh(handled)
        if not handled:
            return
        at = self.clock.now().astimezone(UTC).isoformat(timespec="seconds")
        async with on.bot.database.reading() as db:
            outcomes = await outcomes_of(db, on.colleagues.school_id, [number for _, number in handled])
        for number, counts in outcomes.items():
            line = self._lines.get(number)
            if line is None:
                self._lines[number] = line = {"at": at}
                self._log.append(line)
            line.update(counts)


def _phone(character: Character, person: int) -> dict[str, Any]:
    code = character.language
    return {
        "person": person,
        "role": character.role,
        "groups": list(character.groups),
        "language": code,
        "speaks": language(code).name if code in CODES else code,
    }
