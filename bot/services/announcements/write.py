"""Announcement drafts: a leader writes one, changes it, discards it or sends it.

    begin_writing -> write_text -> (begin_rewriting -> write_text | readdress | request_receipts | discard) -> send

Until it is sent only its author sees it; from then on every leader of the school may stop, correct or withdraw it.
"""

from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Any

from bot.content import typed_text
from bot.errors import Gone, Refusal
from bot.i18n import N_
from bot.services import outbox
from bot.services.announcements.audience import AnnouncementAudience, AudienceChoice, check_audience
from bot.turn import Actor, Db
from pals.roles import May
from scheduler.message_kind import MessageKind
from storage import announcements, audits, drafts
from storage.announcements import AnnouncementRow
from storage.corrections import SENT_BY
from storage.delivery import occurrences
from storage.delivery.occurrences import OccurrenceRow
from storage.tables import AnnouncementStatus

GRACE = timedelta(seconds=60)
"""The delay between the tap on Send and the first message, in which it can still be stopped for all."""

ANNOUNCEMENT = MessageKind(
    SENT_BY, called=N_("an announcement"), valid_for=timedelta(days=2), same_for_all=True
)

DRAFT = "announcement"
CORRECTION = "correction"


class UnfitText(Refusal):
    """The text may not be sent: it is empty, too long, or has a national identity number."""


class NoReaders(Refusal):
    message = N_("Nobody there can be reached just now, so nothing was sent. Choose other readers.")


class ChangedMeanwhile(Refusal):
    """Version conflict: the announcement was changed after the preview with the pressed button."""

    message = N_("It was changed after this, so nothing was sent. Send it from the newest one.")


async def begin_writing(db: Db, actor: Actor, audience: AnnouncementAudience, now: datetime) -> None:
    """Awaits the text. Raises NotAllowed, and Gone for a group or grade that is not the school's."""
    actor.must(May.ANNOUNCE)
    await check_audience(db, actor, audience)
    data = {"school": actor.school.id, "to": audience.choice.value, "which": audience.which}
    await drafts.put(db, actor.person_id, DRAFT, data, now)


async def begin_rewriting(db: Db, actor: Actor, announcement_id: int, now: datetime) -> AnnouncementRow:
    """Awaits a new text for an unsent announcement. Raises NotAllowed, or Gone."""
    row = await find_unsent(db, actor, announcement_id)
    data = {"school": actor.school.id, "announcement": row.id}
    await drafts.put(db, actor.person_id, DRAFT, data, now)
    return row


async def drop_draft(db: Db, actor: Actor) -> None:
    """Stops awaiting a text for an announcement; a draft of another feature stays."""
    draft = await drafts.peek(db, actor.person_id)
    if draft is not None and draft.kind in (DRAFT, CORRECTION):
        await drafts.drop(db, actor.person_id)


async def take_text(db: Db, actor: Actor, text: str, kind: str) -> tuple[str, dict[str, Any]]:
    """Validates a typed text and takes its draft of that kind. Returns the plain text and the draft's data.

    Race: a draft is taken once, so of two texts the first counts. Raises NotAllowed, UnfitText (the draft stays, and
    another text is awaited), and Gone when the draft is gone or belongs to another school.
    """
    actor.must(May.ANNOUNCE)
    text = typed_text.plain(text)
    if problem := typed_text.problem(text):
        raise UnfitText(problem, limit=typed_text.LIMIT, size=typed_text.size(text))
    draft = await drafts.take(db, actor.person_id)
    if draft is None or draft.kind != kind or draft.data.get("school") != actor.school.id:
        raise Gone
    return text, draft.data


async def write_text(db: Db, actor: Actor, text: str, now: datetime) -> AnnouncementRow:
    """Stores the awaited text, unsent. Raises as `take_text`, and Gone when its announcement or audience is gone."""
    text, draft = await take_text(db, actor, text, DRAFT)
    school_id = actor.school.id
    if "announcement" in draft:
        announcement_id = int(draft["announcement"])
        await _update(db, actor, announcement_id, text=text)
    else:
        audience = AnnouncementAudience(AudienceChoice(draft["to"]), draft["which"])
        await check_audience(db, actor, audience)  # the draft may be old
        announcement_id = await announcements.create(
            db, school_id, actor.person_id, audience.code, text, now=now, group_id=audience.group_id
        )
    await audits.record(db, school_id, actor.person_id, now, "announcement_written", ref=str(announcement_id))
    return await find_unsent(db, actor, announcement_id)


async def readdress(
    db: Db, actor: Actor, announcement_id: int, audience: AnnouncementAudience
) -> AnnouncementRow:
    """Changes the audience of an unsent announcement. Raises NotAllowed, or Gone."""
    actor.must(May.ANNOUNCE)
    await check_audience(db, actor, audience)
    return await _update(db, actor, announcement_id, audience=audience.code, group_id=audience.group_id)


async def request_receipts(db: Db, actor: Actor, announcement_id: int, *, requested: bool) -> AnnouncementRow:
    """Whether an unsent announcement will have a button for read receipts. Raises NotAllowed, or Gone."""
    actor.must(May.ANNOUNCE)
    return await _update(db, actor, announcement_id, asks_seen=requested)


async def _update(db: Db, actor: Actor, announcement_id: int, **columns: object) -> AnnouncementRow:
    if not await announcements.update_unsent(
        db, actor.school.id, announcement_id, actor.person_id, **columns
    ):
        raise Gone
    return await find_unsent(db, actor, announcement_id)


async def discard(db: Db, actor: Actor, announcement_id: int, now: datetime) -> None:
    """Deletes an unsent announcement. Raises NotAllowed, or Gone."""
    actor.must(May.ANNOUNCE)
    if not await announcements.delete_unsent(db, actor.school.id, announcement_id, actor.person_id):
        raise Gone
    await drop_draft(db, actor)
    await audits.record(
        db, actor.school.id, actor.person_id, now, "announcement_discarded", ref=str(announcement_id)
    )


async def send(
    db: Db, actor: Actor, announcement_id: int, seen: str, card_message: int, now: datetime
) -> AnnouncementRow:
    """Sends an announcement after the grace period and any quiet hours; `card_message` becomes its progress card.

    Idempotent by the state transition WRITTEN -> SENDING. Optimistic concurrency: `seen` is the fingerprint of the
    preview with the button. Raises NotAllowed, Gone, ChangedMeanwhile, and NoReaders.
    """
    await find_visible(db, actor, announcement_id)
    school_id = actor.school.id
    moved = await announcements.set_status(
        db, school_id, announcement_id, AnnouncementStatus.WRITTEN, AnnouncementStatus.SENDING, sent_at=now
    )
    row = await find_visible(db, actor, announcement_id)  # after the transition no one else can change it
    if moved:
        if fingerprint(row) != seen:
            raise ChangedMeanwhile
        due = await send_time(db, actor, now)
        rule, is_delayed = AnnouncementAudience.from_row(row).rule, due > now + GRACE
        _, readers = await outbox.enqueue(
            db, school_id, ANNOUNCEMENT, str(row.id), rule, now=now, due=due, joins_digest=is_delayed
        )
        if not readers:
            raise NoReaders
        await announcements.set_status_message(db, school_id, row.id, card_message)
        await drop_draft(db, actor)
        await audits.record(db, school_id, actor.person_id, now, "announcement_sent", ref=str(row.id))
    return row


async def move_card(db: Db, actor: Actor, row: AnnouncementRow, card_message: int) -> None:
    """Makes `card_message` the progress card, if the actor is the author: the card is in the author's chat."""
    actor.must(May.ANNOUNCE)
    if row.person_id == actor.person_id and row.status_message != card_message:
        await announcements.set_status_message(db, actor.school.id, row.id, card_message)


# --- look-ups -----------------------------------------------------------------------------------------------


async def find_visible(db: Db, actor: Actor, announcement_id: int) -> AnnouncementRow:
    """An announcement the actor may see: any sent one, and their own unsent ones. Raises NotAllowed, or Gone."""
    actor.must(May.ANNOUNCE)
    row = await announcements.by_id(db, actor.school.id, announcement_id)
    if row is None or (row.status is AnnouncementStatus.WRITTEN and row.person_id != actor.person_id):
        raise Gone
    return row


async def find_unsent(db: Db, actor: Actor, announcement_id: int) -> AnnouncementRow:
    """The actor's own unsent announcement. Raises NotAllowed, or Gone."""
    row = await find_visible(db, actor, announcement_id)
    if row.status is not AnnouncementStatus.WRITTEN:
        raise Gone
    return row


async def find_occurrence(db: Db, school_id: int, announcement_id: int) -> OccurrenceRow | None:
    """The occurrence that sends an announcement; None while it is unsent."""
    return await occurrences.find(db, school_id, ANNOUNCEMENT.name, str(announcement_id), "")


async def send_time(db: Db, actor: Actor, now: datetime) -> datetime:
    """When the first message leaves if Send is tapped now: after the grace period and any quiet hours."""
    return await outbox.send_time(db, actor, now + GRACE)


def fingerprint(row: AnnouncementRow) -> str:
    """The version check of a Send button: changes with the text, the audience and the read receipt."""
    return text_fingerprint(f"{row.audience}\0{row.group_id}\0{row.asks_seen}\0{row.text}")


def text_fingerprint(text: str) -> str:
    """The version check of a button under a correction: changes with the text."""
    return blake2s(text.encode(), digest_size=5).hexdigest()
