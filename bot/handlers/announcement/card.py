"""After it is sent: the message that shows its progress, and what became of it.

Nothing of this is remembered: each time, it is counted from the deliveries.
"""

from bot.content.templates import render
from bot.handlers.announcement import numbers, readers, write
from bot.handlers.announcement.numbers import AnnouncementNumbers
from bot.handlers.announcement.presses import (
    AskWithdrawAnnouncement,
    CorrectAnnouncement,
    SendAnnouncement,
    StopAnnouncement,
)
from bot.handlers.shared_presses import AskSendAgain, BeginAnnouncement, ShowAnnouncement
from bot.services.announcements import correct as corrections
from bot.services.announcements import stop as stopping
from bot.services.announcements import write as announcements
from bot.services.announcements.write import AnnouncementAudience
from bot.turn import Button, Letter, Reply, Rows, Turn
from pals.roles import May
from pals.zone import to_wall
from storage import announcements as rows
from storage.announcements import AnnouncementRow
from storage.delivery import audiences
from storage.delivery.audiences import Audience
from storage.tables import AnnouncementStatus

GOING = frozenset({AnnouncementStatus.SENDING, AnnouncementStatus.WITHDRAWING})


async def send(turn: Turn, press: SendAnnouncement) -> Reply:
    """Sends what the button stands under, once. When it was changed after that, it is shown instead."""
    row = await announcements.visible(turn.db, turn.actor, press.announcement_id)
    if row.status is AnnouncementStatus.WRITTEN and announcements.fingerprint(row) != press.seen:
        return await write.preview(turn, row)
    sent = await announcements.send(turn.db, turn.actor, row.id, press.seen, turn.message_id, turn.now)
    return await announcement_card(turn, sent, toast=turn.t("It goes out in a moment").unescape())


async def stop(turn: Turn, press: StopAnnouncement) -> Reply:
    stopped = await stopping.stop(turn.db, turn.actor, press.announcement_id, turn.now)
    row = await announcements.visible(turn.db, turn.actor, press.announcement_id)
    if row.status in corrections.WITHDRAWN:
        toast = turn.t("It is withdrawn, and goes to nobody else")
    else:
        toast = turn.t("Stopped") if stopped else turn.t("It had gone out to everyone already")
    return await announcement_card(turn, row, toast=toast.unescape())


async def show_card(turn: Turn, press: ShowAnnouncement) -> Reply:
    """What is written as it will be read, or how far what was sent has come."""
    turn.actor.must(May.ANNOUNCE)
    row = await announcements.visible(turn.db, turn.actor, press.announcement_id)
    if row.status is AnnouncementStatus.WRITTEN:
        return await write.preview(turn, row)
    if row.status in GOING and not turn.in_digest:
        await announcements.follow(turn.db, turn.actor, row, turn.message_id)
    return await announcement_card(turn, row)


async def progress(letter: Letter) -> Reply | None:
    """The card for the leader who is the letter's reader; `ref` is the announcement. None when there is none."""
    row = await rows.by_id(letter.db, letter.reader.school.id, int(letter.ref))
    return await announcement_card(letter, row) if row is not None else None


async def announcement_card(to: Turn | Letter, row: AnnouncementRow, *, toast: str = "") -> Reply:
    """How far it has come, in numbers, and what may still be done about it."""
    school = to.school
    occurrence = await announcements.occurrence_of(to.db, school.id, row.id)
    counted = await numbers.count_deliveries(to.db, row)
    unreachable, due = 0, row.created_at
    if occurrence is not None:
        audience: Audience = AnnouncementAudience.of(row).audience
        unreachable = await audiences.unreachable(to.db, school.id, audience, occurrence.id)
        due = occurrence.due_at
    sent = counted.sent
    said = render(
        to.language,
        "announcement_card",
        audience=await readers.called(to, AnnouncementAudience.of(row)),
        text=row.text,
        status=row.status,
        stopped=row.status is AnnouncementStatus.STOPPED,
        ended=not counted.waiting,
        begun=to.now >= due or sent.waiting < sent.total,
        at=to_wall(due, school.zone),
        today=to.today,
        sent=sent,
        edit=counted.edit,
        withdrawal=counted.withdrawal,
        unreachable=unreachable,
        asks_seen=counted.asks_seen,
        seen=counted.seen,
    )
    deletable = occurrence is not None and corrections.deletable(occurrence, to.now)
    return Reply(said, _buttons(to, row, counted, deletable=deletable), toast=toast)


def _buttons(
    to: Turn | Letter, row: AnnouncementRow, counted: AnnouncementNumbers, *, deletable: bool
) -> Rows:
    live: list[Button] = []
    if counted.waiting:
        if row.status is AnnouncementStatus.SENDING:
            live.append(Button(to.t("⏹ Stop"), StopAnnouncement(row.id)))
        live.append(Button(to.t("🔄 Refresh"), ShowAnnouncement(row.id)))
    change: list[Button] = []
    again: list[Button] = []
    if row.status in corrections.CORRECTABLE:
        if counted.sent.sent or (counted.sent.waiting and row.status is AnnouncementStatus.SENDING):
            change.append(Button(to.t("✏ Correct the text"), CorrectAnnouncement(row.id)))
        if counted.sent.sent and deletable:
            change.append(Button(to.t("🗑 Withdraw"), AskWithdrawAnnouncement(row.id)))
        if row.status in corrections.RESENDABLE and (count := counted.sent.uncertain):
            label = to.n("Send again to the {n} uncertain", "Send again to the {n} uncertain", count)
            again.append(Button(label, AskSendAgain(row.id)))
    back = [Button(to.t("📣 Write to many"), BeginAnnouncement(fresh=True))]
    return [each for each in (live, change, again, back) if each]
