"""Simulated staff without a phone on the page: on every school day some report the week's practice and record praise.

They work in rounds at fixed times of the day, through the same storage as real users. A round is deterministic (no
random numbers) and idempotent.
"""

from dataclasses import dataclass
from datetime import datetime, time

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.services.practice import PROMPT_TIME
from pals.behaviour import Answer
from pals.weeks import IsoWeek
from pals.yearwheel import YearWheel
from pals.zone import to_utc, to_wall
from storage import matrix, practices, praises

TIMES = (time(11), time(14, 20))
ROUNDS_A_WEEK = 5 * len(TIMES)
LATE = 2
"""Of `ROUNDS_A_WEEK + LATE` groups this many have no round in a full week, and do not answer."""
ANSWERS = (Answer.DONE, Answer.DONE, Answer.PARTLY, Answer.DONE, Answer.DONE, Answer.DONE, Answer.NOT_YET)
PRAISES = 5
"""The number of praises in a round."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """A simulated staff member, by the ids of the rows."""

    person_id: int
    group_ids: tuple[int, ...]
    shown: bool


def rounds(wheel: YearWheel, after: datetime, until: datetime) -> list[datetime]:
    """The times of the rounds in (after, until], in order."""
    first, last = to_wall(after, wheel.zone).date(), to_wall(until, wheel.zone).date()
    walls = (datetime.combine(day, at) for day in wheel.calendar.school_days(first, last) for at in TIMES)
    return [moment for wall in walls if after < (moment := to_utc(wall, wheel.zone)) <= until]


@dataclass(frozen=True, slots=True)
class Colleagues:
    """The simulated staff of a school. The groups in `left_to_visitor` are answered on the page, not by them."""

    school_id: int
    wheel: YearWheel
    staff: tuple[Colleague, ...]
    left_to_visitor: frozenset[int] = frozenset()

    async def work(self, db: AsyncSession, moment: datetime) -> None:
        """Runs one round."""
        await self._answer(db, moment)
        await self._praise(db, moment)

    async def _answer(self, db: AsyncSession, moment: datetime) -> None:
        """Reports the week's practice for the groups of this round, once the prompt has been sent."""
        wall = to_wall(moment, self.wheel.zone)
        week = IsoWeek.of(wall.date())
        prompted = PROMPT_TIME.due(self.wheel, week)
        if prompted is None or prompted > wall:
            return
        turn = 2 * self.wheel.calendar.in_week(week).index(wall.date()) + TIMES.index(wall.time())
        done = {
            row.group_id for row in await practices.of_week(db, self.school_id, str(week))
        } | self.left_to_visitor
        for number, colleague in enumerate(self.staff):
            group_id = colleague.group_ids[0]
            mix = 5 * group_id + 7 * week.week
            if group_id in done or mix % (ROUNDS_A_WEEK + LATE) != turn:
                continue
            done.add(group_id)
            answer = ANSWERS[(mix + number) % len(ANSWERS)]
            await practices.report(
                db, self.school_id, group_id, str(week), answer, person_id=colleague.person_id, now=moment
            )

    async def _praise(self, db: AsyncSession, moment: datetime) -> None:
        """Records praise for the month's expectations, by one adult after another."""
        wall = to_wall(moment, self.wheel.zone)
        seen = await matrix.of_month(db, self.school_id, f"{wall:%Y-%m}")
        if not seen or not self.staff:
            return
        first = PRAISES * (len(TIMES) * wall.toordinal() + TIMES.index(wall.time()))
        for number in range(first, first + PRAISES):
            colleague = self.staff[7 * number % len(self.staff)]
            await praises.add(
                db,
                self.school_id,
                group_id=colleague.group_ids[number % len(colleague.group_ids)],
                expectation_id=seen[number % len(seen)].id,
                person_id=colleague.person_id,
                at=moment,
                day=wall.date(),
                idempotency_key=f"demo:{number}",
            )
