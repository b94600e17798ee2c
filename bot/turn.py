"""What a handler gets, and what it returns.

    async def ask_what(turn: Turn) -> Reply: ...
    async def save(turn: Turn, press: Praise) -> Reply: ...

The edge opens the transaction, calls the handler, commits and only then says the reply.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import NotAllowed, NotMember
from bot.i18n import Language
from bot.press import Press
from pals.roles import May, Role, may
from pals.zone import to_wall

if TYPE_CHECKING:
    from bot.feature import FeatureSet

Db = AsyncSession
"""The transaction that a turn or a letter is in. Handlers hand it on to storage and services."""


@dataclass(frozen=True, slots=True)
class SchoolRef:
    """The school an actor is at."""

    id: int
    slug: str
    name: str
    zone: ZoneInfo
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in one role at one school: who acts."""

    person_id: int
    telegram_id: int
    membership_id: int
    role: Role
    school: SchoolRef

    def may(self, what: May) -> bool:
        return may(self.role, what)

    def must(self, what: May) -> None:
        """Raises NotAllowed when the role may not."""
        if not self.may(what):
            raise NotAllowed


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever is in the chat, known or not, as their phone presents them."""

    telegram_id: int
    name: str
    phone_language: str | None


def start_command(token: str) -> str:
    """What may always be written to the bot in place of opening a link."""
    return f"/start {token}"


@dataclass(frozen=True)
class Turn:
    """One update, ready to be handled: who, when, in which language, in which transaction.

    `join_link` makes the address that brings a token to this bot; the composition root knows where the bot lives.
    The pressed button may belong to a digest (`in_digest`): the handler then answers in a new message.
    Verbs get the opaque `idempotency_key`: a double tap and a redelivered update have the same one, and write once.
    `message_id` is the number of the message that was pressed or written, 0 for a press on one too old to be known.
    `unreachable` tells that the person was marked as having blocked the bot; the dispatcher then reactivates them.
    """

    db: AsyncSession
    now: datetime
    language: Language
    features: "FeatureSet"
    visitor: Visitor
    message_id: int
    idempotency_key: str
    person_id: int | None = None
    maybe_actor: Actor | None = None
    text: str = ""
    join_link: Callable[[str], str] = start_command
    unreachable: bool = False
    in_digest: bool = False

    @property
    def actor(self) -> Actor:
        """Who acts. Raises NotMember when the bot does not know them, or they have no school."""
        if self.maybe_actor is None:
            raise NotMember
        return self.maybe_actor

    @property
    def school(self) -> SchoolRef:
        """Where the actor is. Raises NotMember as `actor`."""
        return self.actor.school

    @cached_property
    def wall(self) -> datetime:
        """The school's local time, naive."""
        return to_wall(self.now, self.actor.school.zone)

    @property
    def today(self) -> date:
        """The school's local date."""
        return self.wall.date()

    def t(self, message: str, /, **names: object) -> Markup:
        return self.language.t(message, **names)

    def n(self, one: str, many: str, count: int, /, **names: object) -> Markup:
        return self.language.n(one, many, count, **names)


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery about to be said: to whom, of what. `kind`, `ref` and `slot` are its occurrence's.

    What `stands` has arrived before, and is said once more.
    """

    db: AsyncSession
    now: datetime
    language: Language
    features: "FeatureSet"
    reader: Actor
    kind: str
    ref: str
    slot: str
    already_delivered: bool = False

    @property
    def school(self) -> SchoolRef:
        return self.reader.school

    @property
    def today(self) -> date:
        """The school's local date."""
        return to_wall(self.now, self.reader.school.zone).date()

    def t(self, message: str, /, **names: object) -> Markup:
        return self.language.t(message, **names)

    def n(self, one: str, many: str, count: int, /, **names: object) -> Markup:
        return self.language.n(one, many, count, **names)


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: it presses, opens a link, or copies a text. The label is plain text.

    Where its letter stands `in_digest`, what it says comes as a new message, and they stay.
    """

    label: str
    press: Press | None = None
    url: str | None = None
    copy: str | None = None
    in_digest: bool = False


Rows = Sequence[Sequence[Button]]


@dataclass(frozen=True, slots=True)
class Paper:
    """A file to hand over; `picture` shows it as one."""

    name: str
    content: bytes
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Onto:
    """The message in a reader's chat that a letter changes: it takes its place, or `removes` it.

    `message` is None while that message is still on its way; then it is for a little later.
    """

    message: int | None
    removes: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said back. After a press it takes the pressed message's place, unless it is `fresh`.

    `text` is Telegram HTML. Without a text only the `toast` is shown. `keyboard` gives the chat its standing keys
    and `menu` its commands, each with what it does; `then` follows as further messages. A letter with `onto` brings
    no message of its own. What is said `again` is the pressed letter as it is now, wherever it stands.
    """

    text: str = ""
    buttons: Rows = ()
    toast: str = ""
    alert: bool = False
    fresh: bool = False
    keyboard: Sequence[Sequence[str]] | None = None
    menu: Sequence[tuple[str, str]] | None = None
    paper: Paper | None = None
    onto: Onto | None = None
    redraw: bool = False
    then: tuple["Reply", ...] = field(default=())
