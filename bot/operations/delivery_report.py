"""Delivery report: a school's recent occurrences with their deliveries by status, for `palsbot deliveries`.

Numbers only: no reader is named, and no text is shown.
"""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services.announcements.read_receipts import receipt_count
from bot.services.announcements.report import UNSETTLED
from pals.zone import to_wall
from storage import schools
from storage.delivery import audiences, status_counts
from storage.delivery.audiences import Audience
from storage.delivery.status_counts import OccurrenceOutcome
from storage.tables import DeliveryStatus

LIMIT = 50
WIDTH = 220
"""Wider than any table: the terminal may wrap a line, but rich would truncate headings."""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One occurrence. `planned` counts its deliveries of any status.

    `unreachable` counts those of its audience who have muted the school or blocked the bot, and so got none. `seen`
    is None where no read receipts were asked for, or too few readers got it to show a number about them.
    """

    kind: str
    ref: str
    slot: str
    due: datetime
    status: str
    planned: int
    sent: int
    waiting: int
    blocked: int
    gone: int
    refused: int
    uncertain: int
    missed: int
    cancelled: int
    unreachable: int
    seen: int | None
    refusal: str | None
    """Telegram's error, when it refused the text."""

    @classmethod
    def from_outcome(cls, outcome: OccurrenceOutcome, unreachable: int, seen: int | None) -> Self:
        counts = outcome.counts
        settled = {
            status.value: counts.get(status, 0) for status in DeliveryStatus if status not in UNSETTLED
        }
        return cls(
            kind=outcome.kind,
            ref=outcome.ref,
            slot=outcome.slot,
            due=outcome.due_at,
            status=outcome.status.value,
            planned=sum(counts.values()),
            waiting=sum(counts.get(status, 0) for status in UNSETTLED),
            unreachable=unreachable,
            seen=seen,
            refusal=outcome.refusal,
            **settled,
        )

    def to_json(self) -> dict[str, Any]:
        facts = asdict(self)
        refusal = facts.pop("refusal")
        return {**facts, "due": self.due.isoformat(), "words": refusal}


NUMBERS = (
    "planned",
    "sent",
    "waiting",
    "blocked",
    "gone",
    "refused",
    "uncertain",
    "missed",
    "cancelled",
    "unreachable",
    "seen",
)
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
    for outcome in await status_counts.recent(db, school.id, since, LIMIT):
        unreachable = 0
        if outcome.audience is not None:
            unreachable = await audiences.unreachable(
                db, school.id, Audience.from_json(outcome.audience), outcome.id
            )
        row = receipts.get(outcome.id)
        seen = receipt_count(row.audience, row.sent, row.seen) if row is not None else None
        lines.append(ReportLine.from_outcome(outcome, unreachable, seen))
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
    columns = [name for name in NUMBERS if name in ALWAYS_SHOWN or any(getattr(line, name) for line in lines)]
    for heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        counts = [str(getattr(line, name) or "") for name in columns]
        table.add_row(_when(line, zone), line.kind, line.ref, line.status, *counts)
    out = io.StringIO()
    Console(file=out, width=WIDTH, no_color=True).print(table)
    rows = "\n".join(row.rstrip() for row in out.getvalue().splitlines()).strip("\n")
    refusals = [
        f"{_when(line, zone)} {line.kind} {line.ref}: {line.refusal}" for line in lines if line.refusal
    ]
    return "\n".join([rows, *(["", "Refused by Telegram:", *refusals] if refusals else [])])


def _when(line: ReportLine, zone: ZoneInfo) -> str:
    return f"{to_wall(line.due, zone):%Y-%m-%d %H:%M}"
