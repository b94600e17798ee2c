"""The letters to the leaders: a text was refused, a backup was put in place, something was too late."""

from datetime import datetime

from bot.content.templates import render
from bot.handlers.command_button import RunCommand
from bot.handlers.problems import listed
from bot.handlers.shared_presses import BeginAnnouncement, ShowAnnouncement, ShowProblems
from bot.services import problems
from bot.turn import Button, Letter, Reply
from pals.zone import to_wall
from storage.corrections import ANNOUNCEMENT_KINDS
from storage.delivery import deliveries, occurrences
from storage.tables import DeliveryStatus


async def compose_refused(letter: Letter) -> Reply | None:
    """Which message, in Telegram's own words why, how many were spared a try, and what can be done."""
    school = letter.reader.school
    stopped = await occurrences.by_id(letter.db, school.id, int(letter.ref))
    if stopped is None or stopped.refusal is None:
        return None
    counts = await deliveries.count_by_status(letter.db, school.id, stopped.id)
    written = stopped.kind in ANNOUNCEMENT_KINDS
    return Reply(
        render(
            letter.language,
            "trouble_refused",
            what=letter.t(letter.features.kinds.called(stopped.kind)),
            due=to_wall(stopped.due_at, school.zone),
            words=stopped.refusal,
            readers=counts.get(DeliveryStatus.REFUSED, 0),
            written=written,
        ),
        [
            [Button(letter.t("👀 See the announcement"), ShowAnnouncement(int(stopped.ref)))],
            [Button(letter.t("📣 Write to many"), BeginAnnouncement(fresh=True))],
        ]
        if written
        else [[Button(letter.t("🏠 Home"), RunCommand("hjem"))]],
    )


async def compose_restored(letter: Letter) -> Reply | None:
    """What may have been sent in the time that is forgotten; `ref` is when that time ended."""
    school = letter.reader.school
    until = datetime.fromisoformat(letter.ref)
    found = [
        one
        for one in await problems.recent_problems(letter.db, letter.features.kinds, letter.reader, letter.now)
        if (one.uncertain or one.lost) and one.due_at <= until
    ]
    asks = await listed.buttons(letter, found)
    return Reply(
        render(
            letter.language,
            "trouble_restored",
            until=to_wall(until, school.zone),
            lines=listed.lines(letter, found),
            more=listed.unlisted(found),
            asks=bool(asks),
        ),
        [*asks, [Button(letter.t("🏠 Home"), RunCommand("hjem"))]],
    )


async def compose_missed(letter: Letter) -> Reply | None:
    """What has become too late since the letter before; None when that has been put right meanwhile."""
    school = letter.reader.school
    this = await occurrences.find(letter.db, school.id, letter.kind, letter.ref, letter.slot)
    if this is None:
        return None
    found = await problems.missed_before(letter.db, letter.features.kinds, school.id, this.due_at, letter.now)
    if not found:
        return None
    asks = await listed.buttons(letter, found)
    return Reply(
        render(
            letter.language,
            "trouble_missed",
            lines=listed.lines(letter, found),
            more=listed.unlisted(found),
            asks=bool(asks),
        ),
        [*asks, [Button(letter.t("⚠ What may not have arrived"), ShowProblems())]],
    )
