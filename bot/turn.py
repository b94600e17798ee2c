"""Request and response of a handler: a Turn or a Letter comes in, a Reply goes out.

    async def ask_what(turn: Turn) -> Reply: ...
    async def save(turn: Turn, press: Praise) -> Reply: ...

The dispatcher opens the transaction, calls the handler, commits, and only then sends the reply.
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
"""The session of the turn's or letter's transaction. Handlers pass it to storage and services."""


@dataclass(frozen=True, slots=True)
class SchoolRef:
    id: int
    slug: str
    name: str
    zone: ZoneInfo
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in one role at one school."""

    person_id: int
    telegram_id: int
    membership_id: int
    role: Role
    school: SchoolRef

    def may(self, what: May) -> bool:
        return may(self.role, what)

    def must(self, what: May) -> None:
        """Permission check: raises NotAllowed when the role may not."""
        if not self.may(what):
            raise NotAllowed


@dataclass(frozen=True, slots=True)
class Visitor:
    """The Telegram account in the chat, known to the bot or not."""

    telegram_id: int
    name: str
    phone_language: str | None


def start_command(token: str) -> str:
    """What can be written to the bot instead of opening the deep link."""
    return f"/start {token}"


@dataclass(frozen=True)
class Context:
    """What handlers and composers have in common: a transaction, the time, a language, and all features."""

    db: Db
    now: datetime
    language: Language
    features: "FeatureSet"

    def t(self, message: str, /, **names: object) -> Markup:
        return self.language.t(message, **names)

    def n(self, one: str, many: str, count: int, /, **names: object) -> Markup:
        return self.language.n(one, many, count, **names)


@dataclass(frozen=True)
class Turn(Context):
    """One update, ready to be handled: who, when, in which language, in which transaction.

    `join_link` makes the deep link of an invitation token. With `in_digest` the pressed button belongs to a digest:
    the handler answers in a new message and leaves the digest.
    Verbs get the opaque `idempotency_key`: a double tap and a redelivered update have the same one, and write once.
    `message_id` is the number of the message that was pressed or written, 0 for a press on one too old to be known.
    `unreachable`: the person was marked as having blocked the bot; the dispatcher then reactivates them.
    """

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
        """Who acts. Raises NotMember for a person without an active role."""
        if self.maybe_actor is None:
            raise NotMember
        return self.maybe_actor

    @property
    def school(self) -> SchoolRef:
        """The actor's school. Raises NotMember as `actor`."""
        return self.actor.school

    @cached_property
    def wall(self) -> datetime:
        """The school's local time, naive."""
        return to_wall(self.now, self.actor.school.zone)

    @property
    def today(self) -> date:
        """The school's local date."""
        return self.wall.date()


@dataclass(frozen=True)
class Letter(Context):
    """One delivery to be composed, for its reader. `kind`, `ref` and `slot` are its occurrence's.

    `already_delivered`: it is composed again, to redraw or show a message that was sent before.
    """

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


@dataclass(frozen=True, slots=True)
class Button:
    """An inline keyboard button: it presses, opens a URL, or copies a text. The label is plain text.

    `in_digest`: its message is a digest, so the answer to the tap is a new message.
    """

    label: str
    press: Press | None = None
    url: str | None = None
    copy: str | None = None
    in_digest: bool = False


Rows = Sequence[Sequence[Button]]


@dataclass(frozen=True, slots=True)
class Paper:
    """An attachment; with `picture` it is sent as a photo."""

    name: str
    content: bytes
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Onto:
    """The message in the reader's chat that a letter edits, or deletes (`removes`).

    `message` is None while that message is still being sent; the edit is retried later.
    """

    message: int | None
    removes: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an update, or a composed message. After a press it edits the pressed message, unless `fresh`.

    `text` is Telegram HTML; without it only the `toast` (an `alert`: as a dialog) is shown. `keyboard` sets the
    chat's reply keyboard, `menu` its command menu; `then` are further messages. A letter with `onto` sends no message
    of its own. With `redraw` it is the pressed message as it is now, in a digest or alone.
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
