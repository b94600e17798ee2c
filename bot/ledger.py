"""What went out lately at a school, and what became of it: `palsbot deliveries`, for whoever runs the program.

Numbers only: no reader is named here, and no text is shown.
"""

import io
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.zone import to_wall
from storage import outcomes, schools
from storage.outcomes import OccurrenceOutcome
from storage.tables import DeliveryStatus

MOST = 50
ON_THE_WAY = (DeliveryStatus.WAITING, DeliveryStatus.CLAIMED, DeliveryStatus.SENDING)
WIDTH = 140
"""Columns, where there is no terminal to ask."""


@dataclass(frozen=True, slots=True)
class Line:
    """One occurrence. `planned` deliveries are those it has had so far, whatever became of them."""

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

    @classmethod
    def of(cls, found: OccurrenceOutcome) -> Self:
        alone = {
            status.value: found.counts.get(status, 0) for status in DeliveryStatus if status not in ON_THE_WAY
        }
        return cls(
            kind=found.kind,
            ref=found.ref,
            slot=found.slot,
            due=found.due_at,
            status=found.status.value,
            planned=sum(found.counts.values()),
            waiting=sum(found.counts.get(status, 0) for status in ON_THE_WAY),
            **alone,
        )

    def for_a_program(self) -> dict[str, Any]:
        return {**asdict(self), "due": self.due.isoformat()}


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
)


async def lately(
    db: AsyncSession, slug: str, now: datetime, days: int
) -> tuple[ZoneInfo, Sequence[Line]] | None:
    """The school's zone and what was due there in the last `days`, the latest first, at most MOST.

    None when there is no such school.
    """
    school = await schools.by_slug(db, slug)
    if school is None:
        return None
    found = await outcomes.lately(db, school.id, now - timedelta(days=days), MOST)
    return ZoneInfo(school.timezone), [Line.of(each) for each in found]


def table(lines: Sequence[Line], zone: ZoneInfo, days: int) -> str:
    """The same for a person, in the school's own time. A number that is 0 is left out, so that the rest is seen."""
    if not lines:
        return f"Nothing was due in the last {days} days."
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("due", "what", "about", "state"):
        shown.add_column(heading, no_wrap=True)
    for heading in NUMBERS:
        shown.add_column(heading, justify="right")
    for line in lines:
        at = to_wall(line.due, zone)
        counts = [str(getattr(line, name) or "") for name in NUMBERS]
        shown.add_row(f"{at:%Y-%m-%d %H:%M}", line.kind, line.ref, line.status, *counts)
    out = io.StringIO()
    width = shutil.get_terminal_size((WIDTH, 0)).columns if sys.stdout.isatty() else WIDTH
    Console(file=out, width=width, no_color=True).print(shown)
    return "\n".join(row.rstrip() for row in out.getvalue().splitlines()).strip("\n")
