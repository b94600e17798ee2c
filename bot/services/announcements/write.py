"""Announcements are begun, written and sent.

    begin -> write -> (write again | readdress | discard) -> send

What a leader has written belongs to that leader until it is sent; from then on every leader of the school may stop
it. A row that moves from one status to the next decides between two taps, so each announcement is sent once.
How they end is in `stopping`, and what is changed when it was delivered already in `corrections`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2s
from typing import Self

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.content import typed_text
from bot.errors import Gone, Refusal
from bot.i18n import N_
from bot.services import outbox
from bot.turn import Actor
from pals.roles import May
from scheduler.message_kind import MessageKind
from storage import announcements, audits, drafts, groups
from storage.announcements import AnnouncementRow
from storage.corrections import SENT_BY
from storage.delivery import occurrences
from storage.delivery.audiences import FAMILIES, STAFF, TEAM, Audience
from storage.delivery.occurrences import OccurrenceRow
from storage.tables import AnnouncementStatus, DeliveryStatus

GRACE = timedelta(seconds=60)
"""Between the tap on Send and the first message: time to change one's mind."""

ANNOUNCEMENT = MessageKind(SENT_BY, called=N_("an announcement"), keeps=timedelta(days=2), same_for_all=True)

DRAFT = "announcement"
CORRECTION = "correction"
DRAFTS = frozenset({DRAFT, CORRECTION})
UNSETTLED = frozenset({DeliveryStatus.WAITING, DeliveryStatus.CLAIMED, DeliveryStatus.SENDING})


class AudienceChoice(StrEnum):
    """The audiences a leader can choose among."""

    STAFF = "staff"
    TEAM = "team"
    FAMILIES = "families"
    GRADE = "grade"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class AnnouncementAudience:
    """Whom an announcement is for; `which` is the number of the grade, or the id of the group."""

    to: AudienceChoice
    which: int | None = None

    @classmethod
    def of(cls, row: AnnouncementRow) -> Self:
        to, _, grade = row.audience.partition(":")
        return cls(AudienceChoice(to), int(grade) if grade else row.group_id)

    @property
    def code(self) -> str:
        """How it stands in the row, beside the id of a group."""
        return f"{self.to}:{self.which}" if self.to is AudienceChoice.GRADE else self.to

    @property
    def group_id(self) -> int | None:
        return self.which if self.to is AudienceChoice.GROUP else None

    @property
    def audience(self) -> Audience:
        """The readers, as storage finds them."""
        match self.to:
            case AudienceChoice.STAFF:
                return STAFF
            case AudienceChoice.TEAM:
                return TEAM
            case AudienceChoice.FAMILIES:
                return FAMILIES
            case AudienceChoice.GRADE:
                return Audience(FAMILIES.roles, grade=self.which)
            case AudienceChoice.GROUP:
                return Audience(FAMILIES.roles, group_id=self.which)


class UnfitText(Refusal):
    """The text may not be sent as it is."""


class NoReaders(Refusal):
    """There is no reader to send to."""

    def __init__(self) -> None:
        super().__init__(
            N_("Nobody there can be reached just now, so nothing was sent. Choose other readers.")
        )


class ChangedMeanwhile(Refusal):
    """What is to be sent is not what the button stood under."""

    def __init__(self) -> None:
        super().__init__(N_("It was changed after this, so nothing was sent. Send it from the newest one."))


async def begin_writing(
    db: AsyncSession, actor: Actor, addressed: AnnouncementAudience, now: datetime
) -> None:
    """Awaits the text. Raises NotAllowed, and Gone for a group or grade that is not the school's."""
    actor.must(May.ANNOUNCE)
    await _must_exist(db, actor, addressed)
    data = {"school": actor.school.id, "to": addressed.to.value, "which": addressed.which}
    await drafts.put(db, actor.person_id, DRAFT, data, now)


async def begin_rewriting(
    db: AsyncSession, actor: Actor, announcement_id: int, now: datetime
) -> AnnouncementRow:
    """Awaits another text for what one has written. Raises NotAllowed, or Gone."""
    row = await own_unsent(db, actor, announcement_id)
    data = {"school": actor.school.id, "announcement": row.id}
    await drafts.put(db, actor.person_id, DRAFT, data, now)
    return row


async def drop_draft(db: AsyncSession, actor: Actor) -> None:
    """Awaits no text for an announcement any more; what another conversation awaits stays."""
    awaited = await drafts.peek(db, actor.person_id)
    if awaited is not None and awaited.kind in DRAFTS:
        await drafts.drop(db, actor.person_id)


async def write_text(db: AsyncSession, actor: Actor, text: str, now: datetime) -> AnnouncementRow:
    """Keeps the awaited text, unsent. It is awaited once: of two texts, the first counts.

    Raises NotAllowed, Unfit for a text that may not be sent (it is awaited still), and Gone when none is awaited,
    or what it was for is gone.
    """
    actor.must(May.ANNOUNCE)
    text = typed_text.plain(text)
    if wrong := typed_text.problem(text):
        raise UnfitText(wrong, limit=typed_text.LIMIT, size=typed_text.size(text))
    awaited = await drafts.take(db, actor.person_id)
    school = actor.school.id
    if awaited is None or awaited.kind != DRAFT or awaited.data.get("school") != school:
        raise Gone
    if "announcement" in awaited.data:
        this = int(awaited.data["announcement"])
        if not await announcements.rewrite(db, school, this, actor.person_id, text):
            raise Gone
    else:
        addressed = AnnouncementAudience(AudienceChoice(awaited.data["to"]), awaited.data["which"])
        await _must_exist(db, actor, addressed)  # it may be long ago
        this = await announcements.create(
            db,
            school,
            actor.person_id,
            addressed.code,
            text,
            now=now,
            group_id=addressed.group_id,
        )
    await audits.record(db, school, actor.person_id, now, "announcement_written", ref=str(this))
    return await own_unsent(db, actor, this)


async def readdress(
    db: AsyncSession, actor: Actor, announcement_id: int, addressed: AnnouncementAudience
) -> AnnouncementRow:
    """Other readers for what one has written. Raises NotAllowed, or Gone."""
    actor.must(May.ANNOUNCE)
    await _must_exist(db, actor, addressed)
    if not await announcements.readdress(
        db, actor.school.id, announcement_id, actor.person_id, addressed.code, addressed.group_id
    ):
        raise Gone
    return await own_unsent(db, actor, announcement_id)


async def ask_seen(db: AsyncSession, actor: Actor, announcement_id: int, asks: bool) -> AnnouncementRow:
    """Whether the readers of what one has written get a button to say that they saw it. Raises as `readdress`."""
    actor.must(May.ANNOUNCE)
    if not await announcements.ask_seen(db, actor.school.id, announcement_id, actor.person_id, asks):
        raise Gone
    return await own_unsent(db, actor, announcement_id)


async def discard(db: AsyncSession, actor: Actor, announcement_id: int, now: datetime) -> None:
    """Forgets what one has written. Raises NotAllowed, or Gone."""
    actor.must(May.ANNOUNCE)
    if not await announcements.delete_unsent(db, actor.school.id, announcement_id, actor.person_id):
        raise Gone
    await drop_draft(db, actor)
    await audits.record(
        db, actor.school.id, actor.person_id, now, "announcement_discarded", ref=str(announcement_id)
    )


async def send(
    db: AsyncSession, actor: Actor, announcement_id: int, seen: str, message: int, now: datetime
) -> AnnouncementRow:
    """Sends what one has written, once, after the grace and any quiet hours; `message` will show how it goes.

    `seen` is the seal of what was shown. Sending again changes nothing. Raises NotAllowed, Gone, Changed, and
    NobodyThere when it has no reader.
    """
    await visible(db, actor, announcement_id)
    school = actor.school.id
    moved = await announcements.set_status(
        db, school, announcement_id, AnnouncementStatus.WRITTEN, AnnouncementStatus.SENDING, sent_at=now
    )
    row = await visible(db, actor, announcement_id)  # nobody else can change it now
    if moved:
        if fingerprint(row) != seen:
            raise ChangedMeanwhile
        due = await send_time(db, actor, now)
        audience = AnnouncementAudience.of(row).audience
        _, readers = await outbox.enqueue(
            db,
            school,
            ANNOUNCEMENT,
            str(row.id),
            audience,
            now=now,
            due=due,
            joins_digest=due > now + GRACE,
        )
        if not readers:
            raise NoReaders
        await announcements.set_status_message(db, school, row.id, message)
        await drop_draft(db, actor)
        await audits.record(db, school, actor.person_id, now, "announcement_sent", ref=str(row.id))
    return row


async def follow(db: AsyncSession, actor: Actor, row: AnnouncementRow, message: int) -> None:
    """From now on `message` is the one that shows how it goes, if it was oneself who sent it."""
    actor.must(May.ANNOUNCE)
    if row.person_id == actor.person_id and row.status_message != message:
        await announcements.set_status_message(db, actor.school.id, row.id, message)


# --- what is there ------------------------------------------------------------------------------------------


async def visible(db: AsyncSession, actor: Actor, announcement_id: int) -> AnnouncementRow:
    """An announcement that this leader may see: any that was sent, and one's own. Raises NotAllowed, or Gone."""
    actor.must(May.ANNOUNCE)
    row = await announcements.by_id(db, actor.school.id, announcement_id)
    if row is None or (row.status is AnnouncementStatus.WRITTEN and row.person_id != actor.person_id):
        raise Gone
    return row


async def own_unsent(db: AsyncSession, actor: Actor, announcement_id: int) -> AnnouncementRow:
    """What one has written and not sent. Raises NotAllowed, or Gone."""
    row = await visible(db, actor, announcement_id)
    if row.status is not AnnouncementStatus.WRITTEN:
        raise Gone
    return row


async def occurrence_of(db: AsyncSession, school_id: int, announcement_id: int) -> OccurrenceRow | None:
    """The occurrence by which it is sent; None before that."""
    return await occurrences.find(db, school_id, ANNOUNCEMENT.name, str(announcement_id), "")


async def send_time(db: AsyncSession, actor: Actor, now: datetime) -> datetime:
    """When the first message leaves if Send is tapped now: after the grace, and not in the school's quiet hours."""
    return await outbox.send_time(db, actor, now + GRACE)


def fingerprint(row: AnnouncementRow) -> str:
    """Changes with what is to be sent, and to whom: a Send button under an older preview is known by it."""
    said = f"{row.audience}\0{row.group_id}\0{row.asks_seen}\0{row.text}"
    return blake2s(said.encode(), digest_size=5).hexdigest()


async def _must_exist(db: AsyncSession, actor: Actor, addressed: AnnouncementAudience) -> None:
    match addressed.to:
        case AudienceChoice.GROUP:
            group = await groups.by_id(db, actor.school.id, addressed.which or 0)
            there = group is not None and group.active
        case AudienceChoice.GRADE:
            there = any(g.grade == addressed.which for g in await groups.all_of(db, actor.school.id))
        case _:
            there = True
    if not there:
        raise Gone
