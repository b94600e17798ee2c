"""What went out lately at a school, and what became of it: `palsbot deliveries`, for whoever runs the program.

Numbers only: no reader is named here, and no text is shown.
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
from storage.delivery import audiences, outcomes
from storage.delivery.audiences import Audience
from storage.delivery.outcomes import OccurrenceOutcome
from storage.tables import DeliveryStatus

MOST = 50
WIDTH = 220
"""More columns than it ever has: a heading that is cut tells nothing, a line that wraps still does."""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One occurrence. `planned` deliveries are those it has had so far, whatever became of them.

    `unreachable` are those of its audience who have muted the school or closed their chat, and so got none. `seen` is
    None where nobody was asked, or too few have got it for a number about them.
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
    """Telegram's, when it refused the text."""

    @classmethod
    def of(cls, found: OccurrenceOutcome, unreachable: int, seen: int | None) -> Self:
        alone = {
            status.value: found.counts.get(status, 0) for status in DeliveryStatus if status not in UNSETTLED
        }
        return cls(
            kind=found.kind,
            ref=found.ref,
            slot=found.slot,
            due=found.due_at,
            status=found.status.value,
            planned=sum(found.counts.values()),
            waiting=sum(found.counts.get(status, 0) for status in UNSETTLED),
            unreachable=unreachable,
            seen=seen,
            refusal=found.refusal,
            **alone,
        )

    def for_a_program(self) -> dict[str, Any]:
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
ALWAYS = ("planned", "sent")


async def recent(
    db: AsyncSession, slug: str, now: datetime, days: int
) -> tuple[ZoneInfo, Sequence[ReportLine]] | None:
    """The school's zone and what was due there in the last `days`, the latest first, at most MOST.

    None when there is no such school.
    """
    school = await schools.by_slug(db, slug)
    if school is None:
        return None
    since = now - timedelta(days=days)
    asked = {row.occurrence_id: row for row in await outcomes.seen(db, since) if row.school == slug}
    lines = []
    for each in await outcomes.recent(db, school.id, since, MOST):
        unreachable = 0
        if each.audience is not None:
            unreachable = await audiences.unreachable(
                db, school.id, Audience.from_json(each.audience), each.id
            )
        row = asked.get(each.id)
        seen = receipt_count(row.audience, row.sent, row.seen) if row is not None else None
        lines.append(ReportLine.of(each, unreachable, seen))
    return ZoneInfo(school.timezone), lines


def format_table(lines: Sequence[ReportLine], zone: ZoneInfo, days: int) -> str:
    """The same for a person, in the school's own time, and below it what Telegram said of what it refused.

    A number that is 0 is left out, and a column that has no other, so that the rest is seen.
    """
    if not lines:
        return f"Nothing was due in the last {days} days."
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("due", "what", "about", "state"):
        shown.add_column(heading, no_wrap=True)
    counted = [name for name in NUMBERS if name in ALWAYS or any(getattr(line, name) for line in lines)]
    for heading in counted:
        shown.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        counts = [str(getattr(line, name) or "") for name in counted]
        shown.add_row(_when(line, zone), line.kind, line.ref, line.status, *counts)
    out = io.StringIO()
    Console(file=out, width=WIDTH, no_color=True).print(shown)
    rows = "\n".join(row.rstrip() for row in out.getvalue().splitlines()).strip("\n")
    said = [f"{_when(line, zone)} {line.kind} {line.ref}: {line.refusal}" for line in lines if line.refusal]
    return "\n".join([rows, *(["", "Refused by Telegram:", *said] if said else [])])


def _when(line: ReportLine, zone: ZoneInfo) -> str:
    return f"{to_wall(line.due, zone):%Y-%m-%d %H:%M}"
