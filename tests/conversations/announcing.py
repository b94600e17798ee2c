"""A leader's chat and the road its announcements take, for tests: each tap its own transaction, as at the edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.handlers import announcement
from bot.handlers.routes import collect
from bot.outgoing import Outgoing
from bot.press import Press
from bot.turn import Reply
from scheduler.clock import MovableClock
from scheduler.deliver import Deliverer, Failed, Sent
from storage import drafts
from storage.database import Database
from tests.people import MadePerson
from tests.turns import MONDAY, press, turn

ROUTES = collect([announcement])
MINUTE = timedelta(minutes=1)


@dataclass
class Chat:
    """One person's chat with the bot, at a time that stands still until it is moved."""

    database: Database
    person: MadePerson
    now: datetime = MONDAY

    async def command(self) -> Reply:
        async with self.database.writing() as db:
            return await ROUTES.commands["kunngjoring"](await turn(db, self.person.telegram_id, now=self.now))

    async def press(self, pressed: Press, message: int = 10) -> Reply:
        """A button under the message with this number is tapped."""
        async with self.database.writing() as db:
            here = await turn(db, self.person.telegram_id, now=self.now, message=message)
            return await ROUTES.presses[type(pressed)](here, pressed)

    async def tap(self, reply: Reply, label: str, message: int = 10) -> Reply:
        return await self.press(press(reply, label), message)

    async def type(self, text: str) -> Reply | None:
        """None when no text is awaited."""
        async with self.database.writing() as db:
            draft = await drafts.peek(db, self.person.id)
            if draft is None:
                return None
            here = await turn(db, self.person.telegram_id, now=self.now, text=text)
            return await ROUTES.drafts[draft.kind](here, draft)

    async def written(self, text: str, *labels: str) -> Reply:
        """The preview of a text to the audience that these buttons lead to."""
        reply = await self.command()
        for label in labels:
            reply = await self.tap(reply, label)
        preview = await self.type(text)
        assert preview is not None
        return preview


@dataclass
class Road:
    """What goes out, to whom; `fate` says what becomes of a message to a chat, if it does not arrive."""

    database: Database
    clock: MovableClock
    fate: Mapping[int, Failed] = field(default_factory=dict)
    sent: list[tuple[int, str]] = field(default_factory=list)

    async def deliver(self, now: datetime) -> set[tuple[int, int]]:
        """Everything due until then, as batches at that moment; what was handled."""
        self.clock.set(now)
        handled: set[tuple[int, int]] = set()
        deliverer = Deliverer(self.database, self.clock, "worker", Outgoing(ROUTES).compose, self._send)
        while batch := await deliverer.deliver():
            handled |= batch
        return handled

    async def _send(self, reply: Reply, chat: int) -> Sent | Failed:
        if chat in self.fate:
            return self.fate[chat]
        self.sent.append((chat, str(reply.text)))
        return Sent(1000 + len(self.sent))
