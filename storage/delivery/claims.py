"""Claims: how deliveries pass through one worker's hands, and what is known of them when it dies.

    waiting -> claimed -> sending -> what became of it
                  |          +-- the worker died: uncertain, and not sent again by itself
                  +-- the worker died: waiting again

A row is `claimed` while it is composed and waits for its moment, and `sending` from just before it is handed to the
network until what became of it is written down. Both steps are for many rows at a time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, NamedTuple

from sqlalchemy import (
    Select,
    Update,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    text,
    update,
)
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage.execute import AnyRow, changed, rows
from storage.tables import (
    UNSETTLED,
    WAITING,
    Delivery,
    DeliveryStatus,
    Membership,
    Occurrence,
    Person,
    School,
    Texts,
    table_of,
)

delivery, occurrence, person = table_of(Delivery), table_of(Occurrence), table_of(Person)
membership, school = table_of(Membership), table_of(School)


class Claimed(NamedTuple):
    """A delivery that one worker holds, with all that is needed to say it."""

    id: int
    occurrence_id: int
    kind: str
    ref: str
    slot: str
    due_at: datetime
    too_late_at: datetime
    attempts: int
    immediate: bool
    joins_digest: bool
    person_id: int
    telegram_id: int
    language: str
    quiet_from: time | None
    quiet_to: time | None
    membership_id: int
    role: Role
    school_id: int
    slug: str
    school_name: str
    timezone: str
    languages: list[str]
    school_quiet: Texts
    muted: bool
    reachable: bool


_FREE = {"claimed_by": null(), "lease_until": null()}
"""As literals, like the codes below: what comes as a parameter is prepared anew for each of thousands of rows."""


def _take(these: Select[Any]) -> Update:
    return (
        update(delivery)
        .where(delivery.c.id.in_(these.with_for_update(skip_locked=True)))
        .values(status=DeliveryStatus.CLAIMED, claimed_by=bindparam("worker"), lease_until=bindparam("lease"))
        .returning(delivery.c.id, delivery.c.joins_digest, delivery.c.person_id)
    )


def _due(immediate: str) -> Select[Any]:
    return select(delivery.c.id).where(
        text(WAITING),
        delivery.c.immediate == literal_column(immediate),
        delivery.c.due_at <= bindparam("now"),
    )


# Each kind by itself, since an index gives only one order.
_CLAIM = tuple(
    _take(_due(immediate).order_by(delivery.c.due_at, delivery.c.id).limit(bindparam("most")))
    for immediate in ("true", "false")
)
_CLAIM_WITH_THEM = _take(
    _due("false").where(
        delivery.c.joins_digest.is_(True), delivery.c.person_id.in_(bindparam("people", expanding=True))
    )
)
_CLAIMED = (
    select(
        delivery.c.id,
        delivery.c.occurrence_id,
        occurrence.c.kind,
        occurrence.c.ref,
        occurrence.c.slot,
        delivery.c.due_at,
        occurrence.c.too_late_at,
        delivery.c.attempts,
        delivery.c.immediate,
        delivery.c.joins_digest,
        person.c.id,
        person.c.telegram_id,
        person.c.language,
        person.c.quiet_from,
        person.c.quiet_to,
        membership.c.id,
        membership.c.role,
        delivery.c.school_id,
        membership.c.muted,
        person.c.reachable,
    )
    .select_from(delivery)
    .join(occurrence, occurrence.c.id == delivery.c.occurrence_id)
    .join(person, person.c.id == delivery.c.person_id)
    .join(membership, membership.c.id == delivery.c.membership_id)
    .where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(delivery.c.immediate.desc(), delivery.c.due_at, delivery.c.id)
)
# Once for a school and not in each row of the join: reading its two JSON columns costs more than all the others.
_SCHOOLS = select(
    school.c.id,
    school.c.slug,
    school.c.name,
    school.c.timezone,
    school.c.languages,
    school.c.quiet_hours,
).where(school.c.id.in_(bindparam("ids", expanding=True)))
_MARK = (
    update(delivery)
    .where(
        delivery.c.id.in_(bindparam("ids", expanding=True)),
        text("status = 'claimed'"),
        delivery.c.claimed_by == bindparam("worker"),
    )
    .values(status=text("'sending'"), attempts=delivery.c.attempts + literal_column("1"))
    .returning(delivery.c.id)
)
_RECORD = (
    update(delivery)
    .where(
        delivery.c.id == bindparam("_id"),
        or_(
            delivery.c.claimed_by == bindparam("_worker"),
            # Somebody has taken this worker for dead; what it knows for good is still more than that.
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
        **_FREE,
    )
)
# What becomes of nearly all of them, and so with as little as possible that varies.
_SENT = (
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
        **_FREE,
    )
)
_LET_GO = (
    update(delivery)
    .where(text(UNSETTLED), delivery.c.status != DeliveryStatus.WAITING)
    .values(
        status=case(
            (delivery.c.status == DeliveryStatus.CLAIMED, DeliveryStatus.WAITING),
            else_=DeliveryStatus.UNCERTAIN,
        ),
        **_FREE,
    )
)
_EXPIRE = _LET_GO.where(
    delivery.c.lease_until < bindparam("now"), delivery.c.claimed_by != bindparam("worker")
)
_RELEASE_OWN = _LET_GO.where(delivery.c.claimed_by == bindparam("worker"))
_RELEASE_OTHERS = _LET_GO.where(
    delivery.c.claimed_by.startswith(bindparam("office")), delivery.c.claimed_by != bindparam("worker")
)
_GIVE_BACK = (
    update(delivery)
    .where(
        delivery.c.id.in_(bindparam("ids", expanding=True)),
        delivery.c.status == DeliveryStatus.CLAIMED,
        delivery.c.claimed_by == bindparam("worker"),
    )
    .values(status=DeliveryStatus.WAITING, **_FREE)
)
_ARRIVED = (
    select(delivery.c.id)
    .where(delivery.c.occurrence_id == bindparam("of"), delivery.c.status == DeliveryStatus.SENT)
    .limit(1)
)


async def claim(
    db: AsyncSession, worker: str, now: datetime, lease_until: datetime, limit: int
) -> list[Claimed]:
    """Takes up to `limit` waiting deliveries that are due, for this worker until then; nobody else gets them.

    What somebody asked for just now comes first, then what has been due longest. Where quiet hours have held one
    back, all that waited with it for the same reader comes too, beyond the limit.
    """
    taken: list[int] = []
    whose = {"worker": worker, "now": now, "lease": lease_until}
    for statement in _CLAIM:
        if left := limit - len(taken):
            found = await rows(db, statement, most=left, **whose)
            taken += [row[0] for row in found]
            if people := {row[2] for row in found if row[1]}:
                taken += [row[0] for row in await rows(db, _CLAIM_WITH_THEM, people=list(people), **whose)]
    if not taken:
        return []
    claimed = await _with_their_schools(db, await rows(db, _CLAIMED, ids=taken))
    if gone := set(taken) - {each.id for each in claimed}:  # their readers have left
        await record(db, worker, [Outcome(one, DeliveryStatus.CANCELLED) for one in sorted(gone)])
    return claimed


async def _with_their_schools(db: AsyncSession, found: Sequence[AnyRow]) -> list[Claimed]:
    before = Claimed._fields.index("school_id")
    schools = {row[0]: row for row in await rows(db, _SCHOOLS, ids=list({row[before] for row in found}))}
    return [Claimed(*row[:before], *schools[row[before]], *row[before + 1 :]) for row in found]


async def mark_sending(db: AsyncSession, worker: str, ids: Collection[int]) -> set[int]:
    """These are about to be handed to the network. Returns those that may be: they are still this worker's."""
    return {row[0] for row in await rows(db, _MARK, worker=worker, ids=list(ids))}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery. `due_at` is set when it waits again; a try that is not `counted` was none.

    What `waited` for the end of quiet hours may arrive with others that did.
    """

    id: int
    status: DeliveryStatus
    message_id: int | None = None
    sent_at: datetime | None = None
    error: str | None = None
    due_at: datetime | None = None
    counted: bool = True
    joins_digest: bool = False


async def record(db: AsyncSession, worker: str, outcomes: Sequence[Outcome]) -> None:
    """Writes down what became of this worker's deliveries and lets go of them.

    What is no longer its own, because it was stopped or somebody else has it, stays as it is.
    """
    sent = [o for o in outcomes if o.status is DeliveryStatus.SENT]
    others = [o for o in outcomes if o.status is not DeliveryStatus.SENT]
    connection = await db.connection()
    if sent:
        await connection.execute(
            _SENT,
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
                    "_uncounted": 0 if o.counted else 1,
                    "_joins_digest": o.joins_digest,
                }
                for o in others
            ],
        )


async def unclaim(db: AsyncSession, worker: str, ids: Collection[int]) -> int:
    """What this worker has claimed and will not send waits again. Returns how many."""
    return await changed(db, _GIVE_BACK, worker=worker, ids=list(ids))


async def expire_leases(db: AsyncSession, worker: str, now: datetime) -> int:
    """Lets go of what other workers hold beyond their lease. Returns how many."""
    return await changed(db, _EXPIRE, worker=worker, now=now)


async def release_own(db: AsyncSession, worker: str) -> int:
    """Lets go of what this worker holds, when it knows that nothing is on its way any more. Returns how many."""
    return await changed(db, _RELEASE_OWN, worker=worker)


async def release_others(db: AsyncSession, office: str, worker: str) -> int:
    """Lets go of what every other worker of this office holds: they are dead, or no longer in charge.

    A worker of an office has a name that begins with it. Returns how many.
    """
    return await changed(db, _RELEASE_OTHERS, office=office, worker=worker)


async def any_sent(db: AsyncSession, occurrence_id: int) -> bool:
    """Whether anybody has got this occurrence."""
    return bool(await rows(db, _ARRIVED, of=occurrence_id))
