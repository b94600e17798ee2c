"""Setup of the delivery benchmarks: a school with very many families, the month's focus for all of them, and the
delivery pipeline, composed as in `bot.app` but without a rate limit.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import BigInteger, bindparam, func, select, text

from benchmarks.school import MONTH
from bot.channels.telegram.bulk import BulkSender
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.replies import ReplySender
from bot.channels.telegram.transport import Transport
from bot.content.school import read
from bot.content.schools import FURULIA
from bot.messages.compose import Composer
from bot.messages.progress_card import ProgressCards
from bot.services import schools
from bot.turn import Reply
from scheduler.clock import MovableClock
from scheduler.delivery.deliverer import Deliverer
from scheduler.leadership.leader import Leader, lease_name
from scheduler.leadership.restore_guard import RestoreGuard
from storage import schools as planning
from storage.database import Database
from storage.delivery import deliveries, occurrences
from storage.delivery.audiences import FAMILIES
from storage.execute import changed, value
from storage.tables import Delivery, DeliveryStatus, OccurrenceStatus, Person, table_of
from tests.support.features import FEATURES, KINDS

TOKEN: Final = "1000001:an-unused-token-00000000000000000000"
FIRST_READER: Final = 8_000_000_000
NOON: Final = datetime(2026, 11, 2, 11, 0, tzinfo=UTC)
"""A Monday outside quiet hours, after the start of the month's focus."""

_WHEN = bindparam("now", type_=table_of(Person).c.created_at.type)
_FIRST = bindparam("first", type_=BigInteger)
# A little under half of the families read another language than bokmål.
_PEOPLE: Final = text(
    """
    WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < :readers)
    INSERT INTO person (telegram_id, language, language_chosen, reachable, created_at)
    SELECT :first + i,
           CASE i % 20 WHEN 1 THEN 'nn' WHEN 3 THEN 'en' WHEN 5 THEN 'ar' WHEN 7 THEN 'uk' WHEN 9 THEN 'en'
                       WHEN 11 THEN 'ar' WHEN 13 THEN 'uk' WHEN 15 THEN 'ar' WHEN 17 THEN 'uk' ELSE 'nb' END,
           true, true, :now
    FROM n
    """
).bindparams(_WHEN, _FIRST, bindparam("readers", type_=BigInteger))
_MEMBERSHIPS: Final = text(
    """
    INSERT INTO membership (person_id, school_id, role, standing, muted, created_at)
    SELECT id, :school, 'family', 'active', false, :now FROM person WHERE telegram_id > :first
    """
).bindparams(_WHEN, _FIRST)


async def with_families(database: Database, readers: int) -> int:
    """Migrates a new database, and loads the demo school with so many families. Returns the school's id."""
    await database.upgrade()
    async with database.writing() as db:
        school = (await schools.load(db, read(FURULIA), NOON)).school_id
    async with database.writing() as db:
        await changed(db, _PEOPLE, readers=readers, first=FIRST_READER, now=NOON)
        await planning.planned(db, school, NOON)  # nothing else is due
        await changed(db, _MEMBERSHIPS, school=school, first=FIRST_READER, now=NOON)
    return school


async def planned(database: Database, school: int, slot: str) -> int:
    """Inserts an occurrence: the month's focus, due for the families now. Returns its id."""
    async with database.writing() as db:
        occurrence = await occurrences.insert_once(
            db,
            school,
            kind="focus_family",
            ref=MONTH,
            slot=slot,
            due_at=NOON,
            too_late_at=NOON + timedelta(days=1),
            status=OccurrenceStatus.PLANNED,
            now=NOON,
            audience=FAMILIES,
        )
    assert occurrence is not None
    return occurrence


async def count_deliveries(database: Database, school: int, occurrence: int) -> dict[DeliveryStatus, int]:
    """Counts deliveries by status, and asserts that no message id was recorded twice."""
    delivery = table_of(Delivery)
    sent = (delivery.c.occurrence_id == occurrence, delivery.c.status == DeliveryStatus.SENT)
    async with database.reading() as db:
        counts = await deliveries.count_by_status(db, school, occurrence)
        messages = await value(db, select(func.count(delivery.c.message_id.distinct())).where(*sent))
    assert messages == Counter(counts)[DeliveryStatus.SENT]
    return counts


@asynccontextmanager
async def delivering(
    database: Database, address: str, guard: Path, transport: Transport
) -> AsyncIterator[tuple[Deliverer[Reply], ProgressCards]]:
    """A deliverer for the Bot API server at `address`, elected leader and without a rate limit."""
    client = BotClient(
        TOKEN, base_url=f"{address}/bot", base_file_url=f"{address}/file/bot", transport=transport
    )
    async with client:
        clock, replies = MovableClock(NOON), ReplySender(client)
        leader = Leader(database, clock, lease_name(client.id), KINDS, RestoreGuard(guard))
        composer = Composer(FEATURES)
        deliverer = Deliverer(
            database,
            clock,
            leader.worker,
            composer.compose,
            BulkSender(replies).send,
            leadership=leader,
            merge=composer.merge,
        )
        assert await leader.acquire()
        yield deliverer, ProgressCards(database, clock, FEATURES, replies.edit)
        await leader.release()
