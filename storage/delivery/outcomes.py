"""Outcomes: the result of each delivery attempt, recorded in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, func, null, or_, text, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import RELEASED, Delivery, DeliveryStatus, table_of

delivery = table_of(Delivery)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempt at a delivery. `due_at` is set when it waits for a retry.

    Throttling and cancellation before sending leave `counts_as_attempt` false: the attempt is taken off again. With
    `joins_digest` the delivery waits for the end of quiet hours and may be merged with others of its reader.
    """

    id: int
    status: DeliveryStatus
    message_id: int | None = None
    sent_at: datetime | None = None
    error: str | None = None
    due_at: datetime | None = None
    counts_as_attempt: bool = True
    joins_digest: bool = False


_RECORD = (
    update(delivery)
    .where(
        delivery.c.id == bindparam("_id"),
        or_(
            delivery.c.claimed_by == bindparam("_worker"),
            # The lease expired while this worker was alive: a final result is still better than "uncertain".
            and_(
                text("status = 'uncertain'"),
                bindparam("_status", type_=delivery.c.status.type) != text("'waiting'"),
            ),
        ),
    )
    .values(
        status=bindparam("_status", type_=delivery.c.status.type),
        message_id=bindparam("_message_id"),
        sent_at=bindparam("_sent_at"),
        error=bindparam("_error"),
        due_at=func.coalesce(bindparam("_due_at", type_=delivery.c.due_at.type), delivery.c.due_at),
        attempts=delivery.c.attempts - bindparam("_uncounted"),
        joins_digest=bindparam("_joins_digest"),
        **RELEASED,
    )
)
# The common case has a statement of its own with as few bind parameters as possible.
_RECORD_SENT = (
    update(delivery)
    .where(
        delivery.c.id == bindparam("_id"),
        or_(delivery.c.claimed_by == bindparam("_worker"), text("status = 'uncertain'")),
    )
    .values(
        status=text("'sent'"),
        message_id=bindparam("_message_id"),
        sent_at=bindparam("_sent_at"),
        error=null(),
        **RELEASED,
    )
)


async def record(db: AsyncSession, worker: str, outcomes: Sequence[Outcome]) -> None:
    """Records the outcomes of this worker's deliveries and releases their claims, in bulk.

    Idempotent. A delivery that was cancelled, or that another worker has claimed since, stays as it is.
    """
    sent = [o for o in outcomes if o.status is DeliveryStatus.SENT]
    others = [o for o in outcomes if o.status is not DeliveryStatus.SENT]
    connection = await db.connection()
    if sent:
        await connection.execute(
            _RECORD_SENT,
            [
                {"_id": o.id, "_worker": worker, "_message_id": o.message_id, "_sent_at": o.sent_at}
                for o in sent
            ],
        )
    if others:
        await connection.execute(
            _RECORD,
            [
                {
                    "_id": o.id,
                    "_worker": worker,
                    "_status": o.status,
                    "_message_id": o.message_id,
                    "_sent_at": o.sent_at,
                    "_error": o.error,
                    "_due_at": o.due_at,
                    "_uncounted": 0 if o.counts_as_attempt else 1,
                    "_joins_digest": o.joins_digest,
                }
                for o in others
            ],
        )
