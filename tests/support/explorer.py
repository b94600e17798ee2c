"""A crawler of the bot: every command and every button that is shown, forged buttons, and messages sent in bulk.

Updates go through the dispatcher and deliveries through the composer, as in production, so a feature is explored as
soon as it is declared. Each action is rolled back to a savepoint; if it wrote, what it leads to is explored first.
"""

from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import cast

from sqlalchemy import func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from telegram import CallbackQuery, Chat, Message, Update, User

from bot.channels.dispatcher import Dispatcher
from bot.channels.telegram.replies import ReplySender
from bot.feature import FeatureSet
from bot.i18n import SOURCE
from bot.messages.compose import Composer
from bot.press import Press
from bot.turn import Button, Reply
from scheduler.clock import MovableClock
from storage.database import Database
from storage.delivery import claims, outcomes
from storage.delivery.claims import Claimed
from storage.delivery.outcomes import Outcome
from storage.execute import value
from storage.tables import DeliveryStatus
from tests.support.turns import MONDAY

ALIKE = 2
"""How many presses of one class are tried in one place: the third month reads like the second."""

MESSAGE = 1
"""Every message has this number, so that deliveries to one reader count as one digest."""

Shown = Callable[[int, Reply], Awaitable[None]]
"""Receives each reply, with the Telegram account it is for, before the action is rolled back."""


@dataclass(frozen=True, slots=True)
class Action:
    """One update: a text or command, or the callback data of a button. With neither it is a picture."""

    text: str | None = None
    data: str | None = None
    edits: bool = False
    in_group: bool = False

    def update(self, number: int, user: User, now: datetime) -> Update:
        chat = Chat(-5, Chat.GROUP) if self.in_group else Chat(user.id, Chat.PRIVATE)
        message = Message(MESSAGE if self.data else number, now, chat, from_user=user, text=self.text)
        if self.data is not None:
            return Update(
                number, callback_query=CallbackQuery(str(number), user, "1", message=message, data=self.data)
            )
        return Update(number, edited_message=message) if self.edits else Update(number, message=message)


MISUNDERSTOOD = (
    Action(text="/no_such_command"),
    Action(text="Hello"),
    Action(text="Hello", edits=True),
    Action(text="Hello", in_group=True),
    Action(),
    Action(data="no-such-button"),
)


class OneTransaction:
    """A database on which every transaction is a savepoint of one session."""

    def __init__(self, db: AsyncSession) -> None:
        self.db = db

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        self.db.info.clear()  # what the composer keeps for one transaction
        async with self.db.begin_nested():
            yield self.db

    reading = writing

    @asynccontextmanager
    async def undone(self) -> AsyncIterator[None]:
        savepoint = await self.db.begin_nested()
        try:
            yield
        finally:
            await savepoint.rollback()
            self.db.expire_all()

    async def rows_written(self) -> int:
        """Ever since the connection was opened; SQLite counts them."""
        written: int = await value(self.db, select(func.total_changes()))
        return written


class Explorer:
    """Explores on behalf of any number of accounts. It keeps the presses and the kinds of message that it has met."""

    def __init__(self, db: AsyncSession, features: FeatureSet, shown: Shown, now: datetime = MONDAY) -> None:
        self.clock = MovableClock(now, running=False)
        self.presses: dict[type[Press], set[Press]] = {}
        self.kinds: set[str] = set()
        self._database = OneTransaction(db)
        self.features = features
        self._composer = Composer(features)
        self._shown = shown
        self._said: list[Reply] = []
        self._failed: str | None = None
        self._numbers = count(1000)
        self._dispatcher = Dispatcher(
            self.database,
            self.clock,
            features,
            self._composer,
            cast(ReplySender, self),
            lambda token: f"https://chat.example/pals?start={token}",
            on_update=self._updated,
        )

    @property
    def database(self) -> Database:
        return cast(Database, self._database)

    def undone(self) -> AbstractAsyncContextManager[None]:
        """What is done inside is rolled back."""
        return self._database.undone()

    def commands(self) -> list[Action]:
        return [Action(text=f"/{name}") for name in self.features.commands]

    async def explore(
        self, account: int, actions: Iterable[Action], *, again: Iterable[Action] = (), depth: int = 1
    ) -> None:
        """Does each action and taps every button that it shows. After an action that wrote, does `again` as well.

        `depth` is the greatest number of writing actions in a row whose consequences are explored.
        """
        again = list(again)
        waiting, met, tried = deque(actions), set[Action](), Counter[type[Press]]()
        while waiting:
            action = waiting.popleft()
            before = await self._database.rows_written()
            async with self._database.undone():
                shown = []
                for press in presses_of(await self.do(account, action)):
                    tap = Action(data=press.pack())
                    if tap not in met and tried[type(press)] < ALIKE:
                        met.add(tap)
                        tried[type(press)] += 1
                        shown.append(tap)
                if await self._database.rows_written() == before:
                    waiting.extend(shown)
                elif depth:
                    await self.explore(account, [*shown, *again], again=again, depth=depth - 1)

    async def do(self, account: int, action: Action, *, fails: bool = False) -> list[Reply]:
        """What is said to one action, which is not rolled back. Its handler must not fail, unless it `fails`."""
        self._said.clear()
        self._failed = None
        user = User(account, "Somebody", is_bot=False, language_code=SOURCE)
        await self._dispatcher.handle_update(action.update(next(self._numbers), user, self.clock.now()))
        assert (self._failed is not None) is fails, f"{self._failed} failed: {action}"
        said = list(self._said)
        for reply in said:
            await self._record(account, reply)
        return said

    async def tap(self, account: int, replies: Iterable[Reply], label: str) -> list[Reply]:
        """The button whose label contains `label`."""
        (press,) = {b.press for b in buttons_of(replies) if label in b.label and b.press is not None}
        return await self.do(account, Action(data=press.pack()))

    async def send_due(self, now: datetime) -> list[Reply]:
        """Composes the deliveries due by then, singly and as a digest for each reader, and records them as sent."""
        self.clock.set(now)
        said: list[Reply] = []
        db = self._database.db
        while batch := await claims.claim(db, "explorer", now, now + timedelta(minutes=5), 100):
            composed: dict[int, list[tuple[Claimed, Reply]]] = {}
            for claimed in batch:
                self.kinds.add(claimed.kind)
                db.info.clear()
                reply = await self._composer.compose(db, claimed, now)
                if reply is not None:
                    composed.setdefault(claimed.telegram_id, []).append((claimed, reply))
            for account, replies in composed.items():
                joined = self._composer.merge(replies)
                for reply in [*(single for _, single in replies), *(digest for _, digest in joined)]:
                    said.append(reply)
                    await self._record(account, reply)
            sent = [Outcome(c.id, DeliveryStatus.SENT, message_id=MESSAGE, sent_at=now) for c in batch]
            await outcomes.record(db, "explorer", sent)
        return said

    async def _record(self, account: int, reply: Reply) -> None:
        for press in presses_of([reply]):
            self.presses.setdefault(type(press), set()).add(press)
        await self._shown(account, reply)

    # --- in place of `ReplySender` and of the metrics

    async def answer(
        self, reply: Reply, _chat: int, *, pressed: int | None = None, query: str | None = None
    ) -> None:
        self._said.append(reply)

    async def decline_group(self, _chat: int, words: str) -> None:
        self._said.append(Reply(words))

    def _updated(self, action: str, outcome: str, _seconds: float) -> None:
        if outcome == "failed":
            self._failed = action


def buttons_of(replies: Iterable[Reply]) -> Iterator[Button]:
    """Every button, also of the messages that follow."""
    for reply in replies:
        yield from (button for row in reply.buttons for button in row)
        yield from buttons_of(reply.then)


def presses_of(replies: Iterable[Reply]) -> list[Press]:
    return [button.press for button in buttons_of(replies) if button.press is not None]
