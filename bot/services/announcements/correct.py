"""A leader has changed their mind about what was delivered already: it is corrected, withdrawn, or sent again.

    begin -> write -> (write again | drop) -> correct        withdraw        send_again

Every leader of the school may do each of these to whatever was sent. A revision is an occurrence of its own, with a
delivery for everyone who has the message: it goes out, and is told of, by the same road as the message itself.
"""

from datetime import datetime, timedelta
from hashlib import blake2s

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.content import typed_text
from bot.errors import Gone, Refusal
from bot.i18n import N_
from bot.services import problems
from bot.services.announcements import stop as stopping
from bot.services.announcements import write as announcements_
from bot.services.announcements.write import CORRECTION, UnfitText
from bot.turn import Actor
from pals.roles import May
from scheduler.message_kind import MessageKind
from storage import announcements, audits, corrections, drafts
from storage.announcements import AnnouncementRow
from storage.corrections import CORRECTED_BY, WITHDRAWN_BY
from storage.delivery import occurrences
from storage.delivery.occurrences import OccurrenceRow
from storage.tables import AnnouncementStatus, OccurrenceStatus

CORRECTABLE = frozenset({AnnouncementStatus.SENDING, AnnouncementStatus.SENT, AnnouncementStatus.STOPPED})
"""What can be corrected and withdrawn."""

RESENDABLE = CORRECTABLE - {AnnouncementStatus.STOPPED}

WITHDRAWN = frozenset({AnnouncementStatus.WITHDRAWING, AnnouncementStatus.WITHDRAWN})

DELETABLE = timedelta(hours=48)
"""For how long a bot may delete what it has sent (core.telegram.org/bots/api#deletemessage)."""

CORRECTED = MessageKind(
    CORRECTED_BY, called=N_("the correction of an announcement"), keeps=timedelta(days=2), listed=False
)
WITHDRAWAL = MessageKind(
    WITHDRAWN_BY, called=N_("the withdrawal of an announcement"), keeps=timedelta(days=2), listed=False
)


class TooOldToDelete(Refusal):
    """Telegram no longer deletes it."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "It went out more than 48 hours ago, and Telegram deletes nothing after that. "
                "You can still correct the text."
            )
        )


class SupersededCorrection(Refusal):
    """The correction that a button stood under is not the one that is written now."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "This correction was changed or cancelled meanwhile, so nothing was replaced. "
                "Look at the announcement under /kunngjoring, and correct it from there."
            )
        )


# --- a corrected text ---------------------------------------------------------------------------------------


async def begin_correction(
    db: AsyncSession, actor: Actor, announcement_id: int, now: datetime
) -> AnnouncementRow:
    """Awaits the corrected text. Raises NotAllowed, and Gone for what was withdrawn or never sent."""
    row = await _open(db, actor, announcement_id)
    data = {"school": actor.school.id, "announcement": row.id}
    await drafts.put(db, actor.person_id, CORRECTION, data, now)
    return row


async def write_correction(db: AsyncSession, actor: Actor, text: str, now: datetime) -> AnnouncementRow:
    """Keeps the awaited text as a correction that is not confirmed.

    Raises NotAllowed, Unfit for a text that may not be sent (it is awaited still), and Gone when none is awaited, or
    what it was for cannot be corrected any more.
    """
    actor.must(May.ANNOUNCE)
    text = typed_text.plain(text)
    if wrong := typed_text.problem(text):
        raise UnfitText(wrong, limit=typed_text.LIMIT, size=typed_text.size(text))
    awaited = await drafts.take(db, actor.person_id)
    school = actor.school.id
    if awaited is None or awaited.kind != CORRECTION or awaited.data.get("school") != school:
        raise Gone
    this = int(awaited.data["announcement"])
    if not await announcements.write_correction(db, school, this, text, CORRECTABLE):
        raise Gone
    await audits.record(db, school, actor.person_id, now, "correction_written", ref=str(this))
    return await announcements_.visible(db, actor, this)


async def drop_correction(db: AsyncSession, actor: Actor, announcement_id: int, seen: str) -> AnnouncementRow:
    """Forgets a correction that is not confirmed, if its seal is `seen`: another leader may have written one too.

    Raises NotAllowed, and Gone as `begin`.
    """
    row = await _open(db, actor, announcement_id)
    if row.new_text is not None and text_fingerprint(row.new_text) == seen:
        await announcements.write_correction(db, actor.school.id, row.id, None, CORRECTABLE)
    await announcements_.drop_draft(db, actor)
    return await announcements_.visible(db, actor, announcement_id)


async def correct(
    db: AsyncSession, actor: Actor, announcement_id: int, seen: str, message: int, now: datetime
) -> AnnouncementRow:
    """The corrected text replaces the old one wherever that has arrived, and what waits goes out with it.

    `seen` is the seal of what was shown; `message` will show how it goes. A correction that was confirmed before is
    not made again. Raises NotAllowed, Gone, and Overtaken when it was cancelled or another one written meanwhile.
    """
    row = await _open(db, actor, announcement_id)
    if text_fingerprint(row.new_text if row.new_text is not None else row.text) != seen:
        raise SupersededCorrection
    if row.new_text is None:
        return row
    school = actor.school.id
    sent = await _sent(db, actor, row)
    await corrections.lock(db, school, sent.id)  # from here on nobody is sent the old text who was not before
    if await announcements.correct(db, school, row.id, row.new_text):
        await stopping.cancel_correction(db, school, row)
        row = await announcements_.visible(
            db, actor, announcement_id
        )  # a stop meanwhile has raised its number too
        await _revise(db, school, sent, CORRECTED, row, str(row.correction_number), now)
        await announcements.set_status(
            db, school, row.id, AnnouncementStatus.SENT, AnnouncementStatus.SENDING
        )
        await announcements_.drop_draft(db, actor)
        await audits.record(db, school, actor.person_id, now, "announcement_corrected", ref=str(row.id))
    row = await announcements_.visible(db, actor, announcement_id)
    await announcements_.follow(db, actor, row, message)
    return row


def text_fingerprint(text: str) -> str:
    """Changes with the text: a button under an older one is known by it."""
    return blake2s(text.encode(), digest_size=5).hexdigest()


# --- withdrawn ----------------------------------------------------------------------------------------------


def deletable(sent: OccurrenceRow, now: datetime) -> bool:
    """Whether what went out as this can still be deleted in the chats."""
    return now < sent.due_at + DELETABLE


async def may_withdraw(
    db: AsyncSession, actor: Actor, announcement_id: int, now: datetime
) -> AnnouncementRow:
    """What is asked about before it is withdrawn. Raises as `withdraw`, and Gone for what was withdrawn before."""
    row = await announcements_.visible(db, actor, announcement_id)
    await _must_be_deletable(db, actor, row, now)
    return row


async def _must_be_deletable(db: AsyncSession, actor: Actor, row: AnnouncementRow, now: datetime) -> None:
    if row.status not in CORRECTABLE:
        raise Gone
    if not deletable(await _sent(db, actor, row), now):
        raise TooOldToDelete


async def withdraw(
    db: AsyncSession, actor: Actor, announcement_id: int, message: int, now: datetime
) -> AnnouncementRow:
    """Deletes it in every chat that has it, once, and sends no more of it; `message` will show how it goes.

    Raises NotAllowed, Gone, and TooOld when it is too long ago.
    """
    row = await announcements_.visible(db, actor, announcement_id)
    if row.status in WITHDRAWN:
        return row
    await _must_be_deletable(db, actor, row, now)
    school = actor.school.id
    if await announcements.withdraw(db, school, row.id, CORRECTABLE):
        sent = await _sent(db, actor, row)
        await stopping.cancel_unsent(db, school, row, sent)
        await occurrences.set_status(db, school, sent.id, OccurrenceStatus.CLOSED)
        await stopping.cancel_correction(db, school, row)
        await announcements.next_correction_number(db, school, row.id)
        await _revise(db, school, sent, WITHDRAWAL, row, "", now)
        await announcements_.drop_draft(db, actor)
        await audits.record(db, school, actor.person_id, now, "announcement_withdrawn", ref=str(row.id))
    row = await announcements_.visible(db, actor, announcement_id)
    await announcements_.follow(db, actor, row, message)
    return row


# --- once more ----------------------------------------------------------------------------------------------


async def may_send_again(db: AsyncSession, actor: Actor, announcement_id: int) -> AnnouncementRow:
    """What is asked about before it is sent again. Raises NotAllowed, and Gone for what was stopped or withdrawn."""
    row = await announcements_.visible(db, actor, announcement_id)
    if row.status not in RESENDABLE:
        raise Gone
    return row


async def send_again(
    db: AsyncSession, actor: Actor, announcement_id: int, message: int, now: datetime
) -> tuple[int, AnnouncementRow]:
    """Sends it once more to everyone of whom nobody knows whether they got it: how many, and how it stands.

    Raises NotAllowed, and Gone for what was stopped or withdrawn.
    """
    row = await may_send_again(db, actor, announcement_id)
    school = actor.school.id
    sent = await _sent(db, actor, row)
    count = await problems.resend_uncertain(db, actor, sent.id, now)
    if count:
        await announcements.set_status(
            db, school, row.id, AnnouncementStatus.SENT, AnnouncementStatus.SENDING
        )
    row = await announcements_.visible(db, actor, announcement_id)
    await announcements_.follow(db, actor, row, message)
    return count, row


# --- what they share ----------------------------------------------------------------------------------------


async def _open(db: AsyncSession, actor: Actor, announcement_id: int) -> AnnouncementRow:
    row = await announcements_.visible(db, actor, announcement_id)
    if row.status not in CORRECTABLE:
        raise Gone
    return row


async def _sent(db: AsyncSession, actor: Actor, row: AnnouncementRow) -> OccurrenceRow:
    sent = await announcements_.occurrence_of(db, actor.school.id, row.id)
    if sent is None:
        raise Gone
    return sent


async def _revise(
    db: AsyncSession,
    school_id: int,
    sent: OccurrenceRow,
    kind: MessageKind,
    row: AnnouncementRow,
    slot: str,
    now: datetime,
) -> None:
    occurrence = await occurrences.insert_once(
        db,
        school_id,
        kind=kind.name,
        ref=str(row.id),
        slot=slot,
        due_at=now,
        too_late_at=now + kind.keeps,
        status=OccurrenceStatus.CLOSED,
        now=now,
    )
    assert occurrence is not None  # noqa: S101 - its number, or the row's status, has moved on just now
    await corrections.create_for_recipients(db, school_id, occurrence, sent.id, now)
