"""A leader's chat and a fake transport for its announcements; each tap has its own transaction, as in production."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.handlers.announcement.card import CorrectAnnouncement
from bot.handlers.shared_presses import ShowAnnouncement
from bot.messages.compose import Composer
from bot.press import Press
from bot.turn import Reply
from pals.roles import Role
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer, Failed, Sent
from storage import drafts, memberships
from storage.database import Database
from storage.tables import DeliveryStatus
from tests.support.audit_log import audit_log
from tests.support.features import FEATURES
from tests.support.people import MadePerson, MadeSchool, make_person
from tests.support.turns import MONDAY, labels, press, turn

MINUTE = timedelta(minutes=1)
GONE_OUT, LATER = MONDAY + MINUTE, MONDAY + 10 * MINUTE
UNREACHABLE = "Not reachable: 1. They have muted the school, or closed their chat with me."
"""A card's line about the family of 5B that has muted the school."""


def letter_to(reader: MadePerson, text: str) -> tuple[int, str]:
    """The letter of a reader of English, as in `Road.sent`."""
    return reader.telegram_id, f"📣 <b>Heia skole</b>\n<i>From the school's leadership</i>\n\n{text}"


@dataclass(frozen=True)
class Heia:
    """The people of Heia skole in these tests; all read English."""

    liv: MadePerson
    """Leader."""
    nils: MadePerson
    """The second leader."""
    ada: MadePerson
    """Teacher of 5B."""
    cato: MadePerson
    """In the PALS team."""
    of_5b: tuple[MadePerson, MadePerson]
    of_6a: MadePerson
    """Families."""
    far: MadePerson
    """The stranger: leader of another school."""


async def people_of(database: Database, heia: MadeSchool, fjern: MadeSchool) -> Heia:
    """Creates them, a family of 5B that has muted the school, and a family at the other school."""
    async with database.writing() as db:

        async def family(school: MadeSchool, group: str) -> MadePerson:
            return await make_person(db, school, Role.FAMILY, [group], language="en")

        people = Heia(
            liv=await make_person(db, heia, Role.LEADER, name="Liv", language="en"),
            nils=await make_person(db, heia, Role.LEADER, name="Nils", language="en"),
            ada=await make_person(db, heia, Role.STAFF, ["5B"], name="Ada", language="en"),
            cato=await make_person(db, heia, Role.TEAM, name="Cato", language="en"),
            of_5b=(await family(heia, "5B"), await family(heia, "5B")),
            of_6a=await family(heia, "6A"),
            far=await make_person(db, fjern, Role.LEADER, name="Far", language="en"),
        )
        muted = await family(heia, "5B")
        await memberships.mute(db, heia.id, muted.membership_id, True)
        await family(fjern, "5B")
        return people


@dataclass
class Chat:
    """One person's chat with the bot, on a stopped clock (`now`)."""

    database: Database
    person: MadePerson
    now: datetime = MONDAY

    async def command(self) -> Reply:
        async with self.database.writing() as db:
            return await FEATURES.commands["kunngjoring"].handler(
                await turn(db, self.person.telegram_id, now=self.now)
            )

    async def press(self, pressed: Press, message: int = 10) -> Reply:
        """Taps a button under the message with this id."""
        async with self.database.writing() as db:
            here = await turn(db, self.person.telegram_id, now=self.now, message=message)
            return await FEATURES.presses[type(pressed)](here, pressed)

    async def tap(self, reply: Reply, label: str, message: int = 10) -> Reply:
        return await self.press(press(reply, label), message)

    async def type(self, text: str) -> Reply | None:
        """Sends a text; None when no draft awaits one."""
        async with self.database.writing() as db:
            draft = await drafts.peek(db, self.person.id)
            if draft is None:
                return None
            here = await turn(db, self.person.telegram_id, now=self.now, text=text)
            return await FEATURES.drafts[draft.kind](here, draft)

    async def written(self, text: str, *labels: str) -> Reply:
        """The preview of a text, to the audience chosen by these buttons."""
        reply = await self.command()
        for label in labels:
            reply = await self.tap(reply, label)
        preview = await self.type(text)
        assert preview is not None
        return preview


class Road:
    """A fake transport: records what is sent to whom; `fate` has the failures by chat.

    `changed` has the edits as (chat, message, text); the text is None for a deletion.
    """

    def __init__(self, database: Database, clock: MovableClock) -> None:
        self.clock = clock
        self.fate: dict[int, Failed] = {}
        self.sent: list[tuple[int, str]] = []
        self.changed: list[tuple[int, int, str | None]] = []
        self.send: Callable[[Reply, int], Awaitable[Sent | Failed]] = self.arrive
        self._database = database

    async def deliver(self, now: datetime) -> set[tuple[int, int]]:
        """Delivers one batch that is due then. Returns the occurrences handled."""
        self.clock.set(now)
        composer = Composer(FEATURES)
        deliverer = Deliverer(
            self._database, self.clock, "worker", composer.compose, self.send, merge=composer.merge
        )
        return await deliverer.deliver()

    async def arrive(self, reply: Reply, chat: int) -> Sent | Failed:
        if chat in self.fate:
            return self.fate[chat]
        if reply.onto is not None:
            if reply.onto.message is None:
                return Failed(DeliveryStatus.WAITING, "still in flight", retry_in=MINUTE)
            changed = None if reply.onto.removes else str(reply.text)
            self.changed.append((chat, reply.onto.message, changed))
            return Sent(reply.onto.message)
        self.sent.append((chat, str(reply.text)))
        return Sent(1000 + len(self.sent))


def shown(reply: Reply) -> tuple[str, list[list[str]]]:
    return str(reply.text), labels(reply)


async def trail(chat: Chat) -> list[str]:
    """The audit actions at this person's school, oldest first."""
    async with chat.database.reading() as db:
        return [row.action for row in reversed(await audit_log(db, chat.person.school_id))]


async def gone_out(leader: Chat, road: Road, text: str = "Kl. 18", *to: str) -> Reply:
    """Sends to all families, or the audience chosen by these buttons. Returns the progress card after delivery."""
    await leader.tap(await leader.written(text, *(to or ("All families",))), "Send")
    await road.deliver(GONE_OUT)
    leader.now = LATER
    return await leader.press(ShowAnnouncement(1))


async def corrected(leader: Chat, text: str) -> Reply:
    """The preview of a correction."""
    asked = await leader.press(CorrectAnnouncement(1))
    assert asked.fresh, "the progress card above stays"
    preview = await leader.type(text)
    assert preview is not None
    return preview
