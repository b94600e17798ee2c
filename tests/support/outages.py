"""A school's days on which not everything arrives, for tests: planned, held after a restore, delivered, looked at."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.messages.compose import Composer
from bot.messages.missed_notice import MissedNotice
from bot.press import Press
from bot.services import problems
from bot.turn import Reply
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer, Failed, Sent
from scheduler.leadership import restore_guard
from scheduler.message_kind import MessageKinds
from scheduler.plan import plan_due
from storage import schools
from storage.database import Database
from storage.delivery.claims import Claimed
from tests.support.features import FEATURES, KINDS
from tests.support.people import MadePerson, MadeSchool
from tests.support.turns import turn

EARLY = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)  # 07:00 in Oslo, before anything of the day


@dataclass
class Stage:
    """The school's day: what is planned, held and delivered, and what everybody got."""

    database: Database
    school: MadeSchool
    got: list[tuple[int, str]] = field(default_factory=list)
    letters: list[tuple[int, Reply]] = field(default_factory=list)
    fate: dict[int, Failed] = field(default_factory=dict)
    kinds: MessageKinds = KINDS
    clock: MovableClock = field(default_factory=lambda: MovableClock(EARLY, running=False))

    def __post_init__(self) -> None:
        self.missed_notice = MissedNotice(self.database, self.clock, self.kinds)

    async def plan(self, now: datetime) -> None:
        """What the plan tick does."""
        self.clock.set(now)
        await plan_due(self.database, self.kinds, now)
        await self.missed_notice.check()

    async def hold(self, until: datetime) -> None:
        """What a restore does."""
        await restore_guard.hold_possibly_sent(
            self.database, self.kinds, until, until, problems.notify_restored
        )

    async def deliver(self, now: datetime) -> None:
        self.clock.set(now)
        letters = Composer(FEATURES)

        async def send(said: tuple[str, Reply], chat: int) -> Sent | Failed:
            kind, reply = said
            if chat in self.fate and kind not in ("restored", "missed"):
                return self.fate[chat]
            self.got.append((chat, kind))
            self.letters.append((chat, reply))
            return Sent(1000 + len(self.got))

        async def compose(db: AsyncSession, claimed: Claimed, when: datetime) -> tuple[str, Reply] | None:
            reply = await letters.compose(db, claimed, when)
            return (claimed.kind, reply) if reply is not None else None

        deliverer = Deliverer(self.database, self.clock, "one", compose, send)
        while await deliverer.deliver():
            pass

    def letter_to(self, person: MadePerson, kind: str) -> Reply:
        """The only letter of this kind that this person got."""
        (found,) = [
            reply
            for (chat, what), (_, reply) in zip(self.got, self.letters, strict=True)
            if (chat, what) == (person.telegram_id, kind)
        ]
        return found

    async def tap(self, who: MadePerson, pressed: Press, now: datetime) -> Reply:
        async with self.database.writing() as db:
            return await FEATURES.presses[type(pressed)](await turn(db, who.telegram_id, now=now), pressed)

    async def home(self, who: MadePerson, now: datetime) -> Reply:
        async with self.database.writing() as db:
            return await FEATURES.commands["hjem"].handler(await turn(db, who.telegram_id, now=now))


async def stage_of(database: Database, heia: MadeSchool, fjern: MadeSchool) -> Stage:
    """Nothing before this Monday morning is due any more, at either school."""
    async with database.writing() as db:
        for school in (heia, fjern):
            await schools.planned(db, school.id, EARLY)
    return Stage(database, heia)
