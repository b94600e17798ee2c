"""The latest announcements, and this month's, each with what became of it."""

from datetime import datetime, time

from bot.content.message_length import excerpt
from bot.content.templates import render
from bot.handlers.announcement import readers
from bot.handlers.announcement.presses import ShowAnnouncementMonth
from bot.handlers.shared_presses import BeginAnnouncement, ShowAnnouncement
from bot.services.announcements.write import AnnouncementAudience
from bot.turn import Button, Reply, Turn
from pals.roles import May
from pals.zone import to_utc, to_wall
from storage import announcements
from storage.announcements import AnnouncementRow
from storage.delivery import outcomes
from storage.tables import AnnouncementStatus, DeliveryStatus

LATEST = 3
IN_MONTH = 20  # a list of twice as many would not fit in one message
EXCERPT = 30

MARKS = {
    AnnouncementStatus.WRITTEN: "📝",
    AnnouncementStatus.SENDING: "📤",
    AnnouncementStatus.SENT: "✅",
    AnnouncementStatus.STOPPED: "⏹",
    AnnouncementStatus.WITHDRAWING: "🗑",
    AnnouncementStatus.WITHDRAWN: "🗑",
}


async def buttons_of(turn: Turn) -> list[list[Button]]:
    """A button for each of the latest, and for the month's list when there is any."""
    latest = await announcements.latest(turn.db, turn.actor.school.id, LATEST, seen_by=turn.actor.person_id)
    shown = [[Button(_label(turn, row), ShowAnnouncement(row.id))] for row in latest]
    return [*shown, [Button(turn.t("This month's announcements"), ShowAnnouncementMonth())]] if latest else []


async def show_month(turn: Turn, _press: ShowAnnouncementMonth) -> Reply:
    """This month's announcements, the newest first: to whom, and how many got each."""
    turn.actor.must(May.ANNOUNCE)
    school = turn.actor.school
    since = to_utc(datetime.combine(turn.today.replace(day=1), time()), school.zone)
    rows = await announcements.latest(turn.db, school.id, IN_MONTH, seen_by=turn.actor.person_id, since=since)
    became = await outcomes.sent(turn.db, school.id, [row.id for row in rows])
    lines = [
        {
            "mark": MARKS[row.status],
            "at": to_wall(row.sent_at or row.created_at, school.zone),
            "audience": await readers.called(turn, AnnouncementAudience.of(row)),
            "excerpt": excerpt(row.text, EXCERPT),
            "sent": became[row.id].get(DeliveryStatus.SENT, 0) if row.id in became else None,
            "total": sum(became.get(row.id, {}).values()),
        }
        for row in rows
    ]
    return Reply(
        render(turn.language, "announcement_month", month=turn.today, lines=lines),
        [
            *([Button(_label(turn, row), ShowAnnouncement(row.id))] for row in rows),
            [Button(turn.t("◀ Back"), BeginAnnouncement(fresh=False))],
        ],
    )


def _label(turn: Turn, row: AnnouncementRow) -> str:
    day = to_wall(row.sent_at or row.created_at, turn.actor.school.zone).date()
    return f"{MARKS[row.status]} {turn.language.day_of_month(day)}: {excerpt(row.text, EXCERPT)}"
