"""Fast-forward a movable clock to a later moment: everything due on the way happens, in order."""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from pals.yearwheel import Moment, moments
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer, M
from scheduler.message_kind import MessageKinds
from scheduler.plan import plan_due
from storage import schools, year_wheels
from storage.database import Database
from storage.delivery import deliveries, occurrences

HORIZON = (timedelta(days=2), timedelta(days=40), timedelta(days=400))


async def upcoming_moments(db: AsyncSession, kinds: MessageKinds, now: datetime, count: int) -> list[Moment]:
    """The next moments of all schools after now, at most `count`, in order."""
    found: list[Moment] = []
    for school in await schools.to_plan(db):
        wheel = await year_wheels.of_school(db, school.id, school.version)
        for reach in HORIZON:
            here = moments(wheel, kinds.schedules, now, now + reach)
            if len(here) >= count:
                break
        found += here[:count]
    return sorted(found)[:count]


async def fast_forward(
    database: Database, kinds: MessageKinds, clock: MovableClock, deliverer: Deliverer[M], until: datetime
) -> None:
    """Takes the clock to `until`, stopping at every moment and at every delivery that is due on the way."""
    while True:
        await plan_due(database, kinds, clock.now())
        while await deliverer.deliver():
            pass
        async with database.reading() as db:
            stops = [m.due for m in await upcoming_moments(db, kinds, clock.now(), 1)]
            waiting = [await deliveries.next_due(db), await occurrences.next_expansion_due(db)]
        stops += [moment for moment in waiting if moment is not None]
        if not stops or min(stops) > until:
            break
        clock.set(max(min(stops), clock.now()))
    clock.set(max(until, clock.now()))
