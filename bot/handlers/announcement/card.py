"""After it is sent: the progress card, and what a leader may change: cancel, correct, withdraw, retry the uncertain.

A correction, a withdrawal and a retry are asked about in a new message, so that the progress card above stays.
"""

from markupsafe import Markup

from bot.content.templates import render
from bot.handlers.announcement.letter import letter_text
from bot.handlers.announcement.write import SendAnnouncement, ask_text, audience_name, show_preview
from bot.handlers.shared_presses import AskSendAgain, BeginAnnouncement, ShowAnnouncement
from bot.press import Press
from bot.services.announcements import IN_PROGRESS, WITHDRAWN, report
from bot.services.announcements import correct as changes
from bot.services.announcements import stop as ending
from bot.services.announcements import write as drafts
from bot.services.announcements.audience import AnnouncementAudience, name_audience
from bot.services.announcements.report import AnnouncementReport
from bot.services.announcements.write import UnfitText
from bot.turn import Button, Letter, Reply, Rows, Turn
from pals.zone import to_wall
from storage.announcements import AnnouncementRow
from storage.drafts import DraftRow
from storage.tables import AnnouncementStatus

CELLS = 10


class StopAnnouncement(Press, tag="ao"):
    announcement_id: int


class CorrectAnnouncement(Press, tag="ax"):
    """Asks for another text for a delivered announcement."""

    announcement_id: int


class ReplaceText(Press, tag="ay"):
    """Confirms a correction; `seen` is the fingerprint of its text."""

    announcement_id: int
    seen: str


class KeepText(Press, tag="al"):
    """Drops a correction; `seen` is the fingerprint of its text, empty before one is written."""

    announcement_id: int
    seen: str


class AskWithdrawAnnouncement(Press, tag="ah"):
    announcement_id: int


class WithdrawAnnouncement(Press, tag="ai"):
    announcement_id: int


class SendAgain(Press, tag="an"):
    announcement_id: int


async def send(turn: Turn, press: SendAnnouncement) -> Reply:
    """Sends it, idempotently; a button under an outdated preview shows the current one instead."""
    row = await drafts.find_visible(turn.db, turn.actor, press.announcement_id)
    if row.status is AnnouncementStatus.WRITTEN and drafts.fingerprint(row) != press.seen:
        return await show_preview(turn, row)
    row = await drafts.send(turn.db, turn.actor, row.id, press.seen, turn.message_id, turn.now)
    return await _show_card(turn, row, turn.t("It goes out in a moment"))


async def stop(turn: Turn, press: StopAnnouncement) -> Reply:
    is_stopped = await ending.stop(turn.db, turn.actor, press.announcement_id, turn.now)
    row = await drafts.find_visible(turn.db, turn.actor, press.announcement_id)
    if row.status in WITHDRAWN:
        toast = turn.t("It is withdrawn, and goes to nobody else")
    else:
        toast = turn.t("Stopped") if is_stopped else turn.t("It had gone out to everyone already")
    return await _show_card(turn, row, toast)


async def show_announcement(turn: Turn, press: ShowAnnouncement) -> Reply:
    """The preview of an unsent announcement, or the progress card of a sent one."""
    row = await drafts.find_visible(turn.db, turn.actor, press.announcement_id)
    if row.status is AnnouncementStatus.WRITTEN:
        return await show_preview(turn, row)
    if row.status in IN_PROGRESS and not turn.in_digest:
        await drafts.move_card(turn.db, turn.actor, row, turn.message_id)
    return await _show_card(turn, row)


async def ask_correction(turn: Turn, press: CorrectAnnouncement) -> Reply:
    """Awaits the corrected text, and shows the old one to copy from."""
    row = await changes.begin_correction(turn.db, turn.actor, press.announcement_id, turn.now)
    named = await name_audience(turn.db, turn.school.id, AnnouncementAudience.from_row(row))
    return Reply(ask_text(turn, named, old_text=row.text, corrects=True), [_keep(turn, row.id)], fresh=True)


async def take_correction(turn: Turn, draft: DraftRow) -> Reply:
    """The preview of the corrected text and its number of chats; or why it is refused, and another one is awaited."""
    try:
        row = await changes.write_correction(turn.db, turn.actor, turn.text, turn.now)
    except UnfitText as unfit:
        return Reply(unfit.said(turn.language), [_keep(turn, int(draft.data["announcement"]))])
    view = await report.preview_correction(turn.db, row)
    text = render(
        turn.language,
        "announcement_correction",
        audience=audience_name(turn, view.audience),
        message=letter_text(turn.language, turn.school.name, view.text),
        sent=view.counts.sent,
        waiting=view.counts.waiting,
        contact=view.has_contact,
    )
    return Reply(
        text,
        [
            [Button(turn.t("✅ Replace the old text"), ReplaceText(row.id, view.fingerprint))],
            [Button(turn.t("Change the text"), CorrectAnnouncement(row.id))],
            _keep(turn, row.id, view.fingerprint),
        ],
    )


async def replace_text(turn: Turn, press: ReplaceText) -> Reply:
    """Confirms the correction, idempotently; this message becomes the progress card."""
    row = await changes.correct(
        turn.db, turn.actor, press.announcement_id, press.seen, turn.message_id, turn.now
    )
    return await _show_card(turn, row, turn.t("I am replacing the old text"))


async def keep_text(turn: Turn, press: KeepText) -> Reply:
    row = await changes.drop_correction(turn.db, turn.actor, press.announcement_id, press.seen)
    return await _show_card(turn, row, turn.t("The text stays as it is"))


async def ask_withdraw(turn: Turn, press: AskWithdrawAnnouncement) -> Reply:
    row = await changes.find_withdrawable(turn.db, turn.actor, press.announcement_id, turn.now)
    counts = await report.count_deliveries(turn.db, row)
    return Reply(
        turn.n(
            "🗑 <b>Withdraw it?</b>\nI delete it in the {n} chat that has it, and send it to nobody else. "
            "Whoever has read it has read it.",
            "🗑 <b>Withdraw it?</b>\nI delete it in the {n} chats that have it, and send it to nobody else. "
            "Whoever has read it has read it.",
            counts.sent.sent,
        ),
        [
            [Button(turn.t("🗑 Withdraw"), WithdrawAnnouncement(row.id))],
            [Button(turn.t("◀ Back, keep it"), ShowAnnouncement(row.id))],
        ],
        fresh=True,
    )


async def withdraw(turn: Turn, press: WithdrawAnnouncement) -> Reply:
    row = await changes.withdraw(turn.db, turn.actor, press.announcement_id, turn.message_id, turn.now)
    return await _show_card(turn, row, turn.t("I am deleting it"))


async def ask_resend(turn: Turn, press: AskSendAgain) -> Reply:
    row = await changes.find_resendable(turn.db, turn.actor, press.announcement_id)
    count = (await report.count_deliveries(turn.db, row)).sent.uncertain
    if not count:
        return await _show_card(turn, row, turn.t("Nobody is uncertain any more"))
    return Reply(
        turn.n(
            "🔁 <b>Send it again to the {n} who is uncertain?</b>\n"
            "The line broke while it was on its way, so it may have arrived. Then they get it twice.",
            "🔁 <b>Send it again to the {n} who are uncertain?</b>\n"
            "The line broke while it was on its way, so it may have arrived. Then they get it twice.",
            count,
        ),
        [
            [Button(turn.t("🔁 Send again"), SendAgain(row.id))],
            [Button(turn.t("◀ Back, send nothing"), ShowAnnouncement(row.id))],
        ],
        fresh=True,
    )


async def resend(turn: Turn, press: SendAgain) -> Reply:
    """Retries the uncertain deliveries, idempotently."""
    count, row = await changes.resend(turn.db, turn.actor, press.announcement_id, turn.message_id, turn.now)
    toast = turn.t("It goes out in a moment") if count else turn.t("Nobody is uncertain any more")
    return await _show_card(turn, row, toast)


async def _show_card(turn: Turn, row: AnnouncementRow, toast: Markup | None = None) -> Reply:
    view = await report.delivery_report(turn.db, row, turn.now)
    return Reply(*render_card(turn, view), toast=toast.unescape() if toast is not None else "")


def render_card(to: Turn | Letter, view: AnnouncementReport) -> tuple[str, Rows]:
    row, counts = view.announcement, view.counts
    text = render(
        to.language,
        "announcement_card",
        audience=audience_name(to, view.audience),
        text=row.text,
        status=row.status,
        stopped=row.status is AnnouncementStatus.STOPPED,
        ended=not counts.waiting,
        begun=view.has_begun,
        at=to_wall(view.due_at, to.school.zone),
        today=to.today,
        sent=counts.sent,
        correction=counts.correction,
        withdrawal=counts.withdrawal,
        bar=_progress_bar,
        unreachable=view.unreachable,
        asks_seen=row.asks_seen,
        seen=counts.seen,
    )
    return text, _card_buttons(to, view)


def _card_buttons(to: Turn | Letter, view: AnnouncementReport) -> Rows:
    announcement_id = view.announcement.id
    progress: list[Button] = []
    change: list[Button] = []
    retry: list[Button] = []
    if view.can_stop:
        progress.append(Button(to.t("⏹ Stop"), StopAnnouncement(announcement_id)))
    if view.counts.waiting:
        progress.append(Button(to.t("🔄 Refresh"), ShowAnnouncement(announcement_id)))
    if view.can_correct:
        change.append(Button(to.t("✏ Correct the text"), CorrectAnnouncement(announcement_id)))
    if view.can_withdraw:
        change.append(Button(to.t("🗑 Withdraw"), AskWithdrawAnnouncement(announcement_id)))
    if view.resendable:
        label = to.n("Send again to the {n} uncertain", "Send again to the {n} uncertain", view.resendable)
        retry.append(Button(label, AskSendAgain(announcement_id)))
    back = [Button(to.t("📣 Write to many"), BeginAnnouncement(fresh=True))]
    return [row for row in (progress, change, retry, back) if row]


def _progress_bar(done: int, total: int) -> str:
    """`▓▓▓▓░░░░░░`; full only when all is done."""
    full = CELLS * done // total if total else CELLS
    return "▓" * full + "░" * (CELLS - full)


def _keep(turn: Turn, announcement_id: int, seen: str = "") -> list[Button]:
    return [Button(turn.t("✖ Cancel, keep the old text"), KeepText(announcement_id, seen))]
