"""Delivery report: a school's recent occurrences with their deliveries by status, for `palsbot deliveries`.

Numbers only: no reader is named, and no text is shown.
"""

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services.announcements.read_receipts import receipt_count
from pals.zone import to_wall
from storage import schools
from storage.delivery import audiences, status_counts
from storage.delivery.audiences import Audience
from storage.delivery.status_counts import OccurrenceOutcome
from storage.tables import SETTLED

LIMIT = 50
WIDTH = 220
"""Wider than any table: the terminal may wrap a line, but rich would truncate headings."""


NUMBERS = tuple(dict.fromkeys(("planned", "sent", "waiting", *SETTLED, "unreachable", "seen")))


class ReportLine(NamedTuple):
    """One occurrence, with its `NUMBERS`. `planned` counts its deliveries of any status.

    `unreachable` counts those of its audience who have muted the school or blocked the bot, and so got none. `seen`
    is None where no read receipts were asked for, or too few readers got it to show a number about them.
    """

    occurrence: OccurrenceOutcome
    numbers: dict[str, int | None]

    def to_json(self) -> dict[str, Any]:
        kind, ref, slot, due = self.occurrence[1:5]
        facts = {
            "kind": kind,
            "ref": ref,
            "slot": slot,
            "due": due.isoformat(),
            "status": self.occurrence.status,
        }
        return {**facts, **self.numbers, "words": self.occurrence.refusal}


ALWAYS_SHOWN = ("planned", "sent")


async def recent(
    db: AsyncSession, slug: str, now: datetime, days: int
) -> tuple[ZoneInfo, Sequence[ReportLine]] | None:
    """The school's zone and its occurrences of the last `days` days, latest first, at most `LIMIT`.

    None when there is no such school.
    """
    school = await schools.by_slug(db, slug)
    if school is None:
        return None
    since = now - timedelta(days=days)
    receipts = {
        row.occurrence_id: row for row in await status_counts.read_receipts(db, since) if row.school == slug
    }
    lines = []
    for found in await status_counts.recent(db, school.id, since, LIMIT):
        unreachable = 0
        if found.audience is not None:
            audience = Audience.from_json(found.audience)
            unreachable = await audiences.unreachable(db, school.id, audience, found.id)
        row = receipts.get(found.id)
        seen = receipt_count(row.audience, row.sent, row.seen) if row is not None else None
        settled = {status.value: found.counts.get(status, 0) for status in SETTLED}
        planned = sum(found.counts.values())
        waiting = planned - sum(settled.values())
        numbers = {
            **settled,
            "planned": planned,
            "waiting": waiting,
            "unreachable": unreachable,
            "seen": seen,
        }
        lines.append(ReportLine(found, numbers))
    return ZoneInfo(school.timezone), lines


def format_table(lines: Sequence[ReportLine], zone: ZoneInfo, days: int) -> str:
    """The report as a table, in the school's local time, followed by Telegram's errors for refused texts.

    Zeros and columns of only zeros are left out.
    """
    if not lines:
        return f"Nothing was due in the last {days} days."
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("due", "what", "about", "state"):
        table.add_column(heading, no_wrap=True)
    columns = [name for name in NUMBERS if name in ALWAYS_SHOWN or any(line.numbers[name] for line in lines)]
    for heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        what = line.occurrence
        counts = [str(line.numbers[name] or "") for name in columns]
        table.add_row(_when(what, zone), what.kind, what.ref, what.status, *counts)
    out = io.StringIO()
    Console(file=out, width=WIDTH, no_color=True).print(table)
    rows = "\n".join(row.rstrip() for row in out.getvalue().splitlines()).strip("\n")
    refusals = [
        f"{_when(what, zone)} {what.kind} {what.ref}: {what.refusal}" for what, _ in lines if what.refusal
    ]
    return "\n".join([rows, *(["", "Refused by Telegram:", *refusals] if refusals else [])])


def _when(occurrence: OccurrenceOutcome, zone: ZoneInfo) -> str:
    return f"{to_wall(occurrence.due_at, zone):%Y-%m-%d %H:%M}"
