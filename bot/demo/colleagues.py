"""The adults without a phone on the page: on every school day some of them answer the week's practice and praise.

They work in rounds, at fixed times of the day, and what they do is written in rows like what anybody does. Nothing is
drawn by lot: a round does the same whenever it comes, and coming twice changes nothing.
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
"""Of `ROUNDS_A_WEEK + LATE` groups this many find no round in a full week, and do not answer."""
ANSWERS = (Answer.DONE, Answer.DONE, Answer.PARTLY, Answer.DONE, Answer.DONE, Answer.DONE, Answer.NOT_YET)
PRAISES = 5
"""How many are praised in a round."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """An adult who works with groups, as rows know them."""

    person_id: int
    telegram_id: int
    group_ids: tuple[int, ...]
    shown: bool


def rounds(wheel: YearWheel, after: datetime, until: datetime) -> list[datetime]:
    """When they work in (after, until], in order."""
    first, last = to_wall(after, wheel.zone).date(), to_wall(until, wheel.zone).date()
    walls = (datetime.combine(day, at) for day in wheel.calendar.school_days(first, last) for at in TIMES)
    return [moment for wall in walls if after < (moment := to_utc(wall, wheel.zone)) <= until]


@dataclass(frozen=True, slots=True)
class Colleagues:
    """Those who work by themselves at one school. For the groups that are `waiting` somebody else answers."""

    school_id: int
    wheel: YearWheel
    everybody: tuple[Colleague, ...]
    waiting: frozenset[int] = frozenset()

    async def work(self, db: AsyncSession, moment: datetime) -> None:
        """One round."""
        await self._answer(db, moment)
        await self._praise(db, moment)

    async def _answer(self, db: AsyncSession, moment: datetime) -> None:
        """The week's practice, by the first adult of each group whose round it is, once it has been asked about."""
        wall = to_wall(moment, self.wheel.zone)
        week = IsoWeek.of(wall.date())
        prompted = PROMPT_TIME.due(self.wheel, week)
        if prompted is None or prompted > wall:
            return
        turn = 2 * self.wheel.calendar.in_week(week).index(wall.date()) + TIMES.index(wall.time())
        done = {row.group_id for row in await practices.of_week(db, self.school_id, str(week))} | self.waiting
        for number, colleague in enumerate(self.everybody):
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
        """Of what the month is about, by one adult after another."""
        wall = to_wall(moment, self.wheel.zone)
        seen = await matrix.of_month(db, self.school_id, f"{wall:%Y-%m}")
        if not seen or not self.everybody:
            return
        first = PRAISES * (len(TIMES) * wall.toordinal() + TIMES.index(wall.time()))
        for number in range(first, first + PRAISES):
            colleague = self.everybody[7 * number % len(self.everybody)]
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
