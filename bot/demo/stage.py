"""The stage: one school, one bot and one clock, and the way to a later moment.

Time passes in two ways here. The ticks let happen what becomes due while one watches; `go` takes the clock to a later
moment and lets everything due on the way happen in its order, what colleagues do by themselves included. They never
do it at once: a walk waits for a tick that is at work, and ticks stand by while somebody walks.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.app import Palsbot
from bot.demo.colleagues import Colleagues, rounds
from bot.demo.coming import became, described, jumps, next_due
from bot.demo.people import Accounts, Character
from bot.i18n import CODES, language
from bot.turn import Reply
from bot.web.demo import Refused
from pals.content import SchoolContent
from pals.yearwheel import YearWheel
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer
from scheduler.fast_forward import fast_forward
from scheduler.ticks import Ticks

SHOWN = 4
REMEMBERED = 40
FARTHEST = timedelta(days=400)
JUST_PASSED = timedelta(minutes=1)
"""What became due while somebody reached for its button is gone to all the same."""

Handled = set[tuple[int, int]]


@dataclass(frozen=True)
class TellingDeliverer(Deliverer[Reply]):
    """Delivers as ever, and tells the stage what it has handled."""

    tell: Callable[[Handled], Awaitable[None]] = field(kw_only=True)

    async def deliver(self) -> Handled:
        handled = await super().deliver()
        await self.tell(handled)
        return handled


@dataclass(frozen=True, slots=True)
class Opened:
    """What is on the stage once the curtain is up."""

    bot: Palsbot
    colleagues: Colleagues
    phones: list[dict[str, Any]]
    deliverer: TellingDeliverer

    @property
    def school_id(self) -> int:
        return self.colleagues.school_id

    @property
    def wheel(self) -> YearWheel:
        return self.colleagues.wheel


class Stage:
    """What the demo's page shows and moves. Before `open` it refuses everything."""

    def __init__(self, file: SchoolContent, clock: MovableClock) -> None:
        self.file = file
        self.clock = clock
        self.begins = clock.now()  # what is due from here on is sent, however long the setting up takes
        self._now: Opened | None = None
        self._turn = asyncio.Lock()
        self._walking = False
        self._worked = self.begins
        self._log: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self._lines: dict[int, dict[str, Any]] = {}

    def open(self, bot: Palsbot, colleagues: Colleagues, accounts: Accounts) -> Ticks:
        """Raises the curtain. Returns the ticks, which are to be started and stopped by the caller."""
        parts = {each.name: getattr(bot.deliverer, each.name) for each in fields(bot.deliverer)}
        phones = [_phone(character, person) for character, person in accounts if character.shown]
        self._now = Opened(bot, colleagues, phones, TellingDeliverer(**parts, tell=self._handled))
        happen = self._in_turn(self._happen)  # plans every second too: somebody is watching
        return Ticks(plan=happen, deliver=happen, tidy=self._in_turn(bot.tidy))

    @property
    def bot(self) -> Palsbot:
        """The bot that plays. Raises Refused before the curtain is up."""
        return self._opened.bot

    # --- what the page asks

    async def state(self) -> dict[str, Any]:
        on = self._opened
        now = self.clock.now()
        async with on.bot.database.reading() as db:
            coming = await next_due(db, on.school_id, on.bot.features.kinds, on.wheel, now, SHOWN)
        return {
            "school": self.file.school.name,
            "bot": on.bot.client.username,
            "zone": self.file.school.timezone,
            "now": now.isoformat(timespec="milliseconds"),
            "busy": self._walking,
            "phones": on.phones,
            "kinds": described(on.bot.features.kinds, on.wheel),
            "next": [{**asdict(due), "at": due.at.isoformat()} for due in coming],
            "jumps": [{"to": to, "at": at.isoformat()} for to, at in jumps(on.wheel, now).items()],
            "log": list(self._log),
        }

    async def due(self, number: int) -> datetime:
        on = self._opened
        async with on.bot.database.reading() as db:
            coming = await next_due(
                db, on.school_id, on.bot.features.kinds, on.wheel, self.clock.now(), number
            )
        if len(coming) < number:
            raise Refused("nothing", f"Only {len(coming)} things are planned from here on.")
        return coming[number - 1].at

    async def go(self, until: datetime) -> list[dict[str, Any]]:
        on = self._opened
        if self._walking:
            raise Refused("busy", "The demo is on its way already. Wait until it has arrived.", 409)
        now = self.clock.now()
        if until < now - JUST_PASSED:
            raise Refused("backwards", "The demo's clock only goes forward. Choose a later moment.")
        if until - now > FARTHEST:
            raise Refused("far", f"That is more than {FARTHEST.days} days ahead. Go there in smaller steps.")
        until = max(until, now)
        self._walking = True
        before = set(self._lines)
        try:
            async with self._turn:
                for stop in rounds(on.wheel, self._worked, until):
                    await self._walk(stop)
                    await self._work(stop)
                await self._walk(until)
        finally:
            self._walking = False
        return [line for number, line in self._lines.items() if number not in before]

    # --- how it moves

    @property
    def _opened(self) -> Opened:
        if self._now is None:
            raise Refused("early", "The demo is being set up. Try again in a moment.", 503)
        return self._now

    def _in_turn(self, tick: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
        """The tick, for when nobody walks: a walk does all there is to do."""

        async def ticked() -> None:
            if not self._walking:
                async with self._turn:
                    await tick()

        return ticked

    async def _happen(self) -> None:
        on = self._opened
        await on.bot.plan()
        while await on.deliverer.deliver():
            pass
        for stop in rounds(on.wheel, self._worked, self.clock.now()):
            await self._work(stop)

    async def _walk(self, until: datetime) -> None:
        on = self._opened
        await fast_forward(on.bot.database, on.bot.features.kinds, self.clock, on.deliverer, until)

    async def _work(self, stop: datetime) -> None:
        on = self._opened
        async with on.bot.database.writing() as db:
            await on.colleagues.work(db, stop)
        self._worked = stop

    async def _handled(self, handled: Handled) -> None:
        """Keeps the progress cards of announcements true, and the log."""
        on = self._opened
        await on.bot.progress_cards.refresh(handled)
        if not handled:
            return
        at = self.clock.now().astimezone(UTC).isoformat(timespec="seconds")
        async with on.bot.database.reading() as db:
            found = await became(db, on.school_id, [number for _, number in handled])
        for number, what in found.items():
            line = self._lines.get(number)
            if line is None:
                self._lines[number] = line = {"at": at}
                self._log.append(line)
            line.update(asdict(what))


def _phone(character: Character, person: int) -> dict[str, Any]:
    code = character.language
    return {
        "person": person,
        "role": character.role,
        "groups": list(character.groups),
        "language": code,
        "speaks": language(code).name if code in CODES else code,
    }
