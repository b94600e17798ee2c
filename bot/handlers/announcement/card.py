"""After it is sent: the message that shows its progress, and what became of it.

Nothing of this is remembered: each time, it is counted from the deliveries.
"""

from bot.content.templates import render
from bot.handlers.announcement import readers, write
from bot.handlers.announcement.presses import Begin, Send, Show, Stop
from bot.services import announcements
from bot.services.announcements import UNSETTLED, Addressed
from bot.turn import Button, Letter, Reply, Turn
from pals.roles import May
from pals.zone import to_wall
from storage import announcements as rows
from storage import audiences
from storage.announcements import AnnouncementRow
from storage.audiences import Audience
from storage.tables import AnnouncementStatus, DeliveryStatus

CELLS = 10


async def send(turn: Turn, press: Send) -> Reply:
    """Sends what the button stands under, once. When it was changed after that, it is shown instead."""
    row = await announcements.one(turn.db, turn.actor, press.announcement_id)
    if row.status is AnnouncementStatus.WRITTEN and announcements.seal(row) != press.seen:
        return await write.preview(turn, row)
    sent = await announcements.send(turn.db, turn.actor, row.id, press.seen, turn.origin.message, turn.now)
    return await of(turn, sent, toast=turn.t("It goes out in a moment").unescape())


async def stop(turn: Turn, press: Stop) -> Reply:
    stopped = await announcements.stop(turn.db, turn.actor, press.announcement_id, turn.now)
    row = await announcements.one(turn.db, turn.actor, press.announcement_id)
    toast = turn.t("Stopped") if stopped else turn.t("It had gone out to everyone already")
    return await of(turn, row, toast=toast.unescape())


async def show(turn: Turn, press: Show) -> Reply:
    """What is written as it will be read, or how far what was sent has come."""
    turn.actor.must(May.ANNOUNCE)
    row = await announcements.one(turn.db, turn.actor, press.announcement_id)
    if row.status is AnnouncementStatus.WRITTEN:
        return await write.preview(turn, row)
    if row.status is AnnouncementStatus.SENDING:
        await announcements.follow(turn.db, turn.actor, row, turn.origin.message)
    return await of(turn, row)


async def progress(letter: Letter) -> Reply | None:
    """The card for the leader who is the letter's reader; `ref` is the announcement. None when there is none."""
    row = await rows.one(letter.db, letter.reader.school.id, int(letter.ref))
    return await of(letter, row) if row is not None else None


async def of(to: Turn | Letter, row: AnnouncementRow, *, toast: str = "") -> Reply:
    """How far it has come, in numbers."""
    school = readers.school_of(to)
    occurrence = await announcements.sent_as(to.db, school.id, row.id)
    counts: dict[DeliveryStatus, int] = {}
    unreached, due = 0, row.created_at
    if occurrence is not None:
        counts = await announcements.counted(to.db, school.id, row, occurrence)
        audience: Audience = Addressed.of(row).audience
        unreached = await audiences.out_of_reach(to.db, school.id, audience, occurrence.id)
        due = occurrence.due_at
    total = sum(counts.values())
    waiting = sum(counts.get(status, 0) for status in UNSETTLED)
    stopped = row.status is AnnouncementStatus.STOPPED
    said = render(
        to.language,
        "announcement_card",
        audience=await readers.called(to, Addressed.of(row)),
        text=row.text,
        stopped=stopped,
        ended=not waiting,
        begun=to.now >= due or waiting < total,
        at=to_wall(due, school.zone),
        today=to.today,
        bar=bar(total - waiting, total),
        total=total,
        sent=counts.get(DeliveryStatus.SENT, 0),
        waiting=waiting,
        blocked=counts.get(DeliveryStatus.BLOCKED, 0) + counts.get(DeliveryStatus.GONE, 0),
        uncertain=counts.get(DeliveryStatus.UNCERTAIN, 0),
        refused=counts.get(DeliveryStatus.REFUSED, 0),
        missed=counts.get(DeliveryStatus.MISSED, 0),
        cancelled=counts.get(DeliveryStatus.CANCELLED, 0),
        unreached=unreached,
    )
    refresh = Button(to.t("🔄 Refresh"), Show(row.id))
    live = [Button(to.t("⏹ Stop"), Stop(row.id)), refresh] if not stopped else [refresh]
    back = [Button(to.t("📣 Write to many"), Begin(fresh=True))]
    return Reply(said, [live, back] if waiting else [back], toast=toast)


def bar(done: int, total: int) -> str:
    """`▓▓▓▓░░░░░░`; full only when all is done."""
    full = CELLS * done // total if total else CELLS
    return "▓" * full + "░" * (CELLS - full)
