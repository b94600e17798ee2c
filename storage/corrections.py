"""Revisions: what was delivered already is corrected or deleted, by deliveries of a revision's own.

Each of them changes the message that the same reader got by the announcement's delivery. The number of that message
stands there and is not copied: whoever was just being sent the old text has none yet.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, exists, func, literal, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.execute import Upsert, changed, row, value
from storage.tables import Delivery, DeliveryStatus, Occurrence, OccurrenceStatus, table_of

delivery, occurrence = table_of(Delivery), table_of(Occurrence)

SENT_BY = "announcement"  # the kind of the occurrence whose `ref` is an announcement's id
CORRECTED_BY = "announcement_correction"  # its slot is the correction's number
WITHDRAWN_BY = "announcement_withdrawal"
ANNOUNCEMENT_KINDS = (SENT_BY, CORRECTED_BY, WITHDRAWN_BY)
CORRECTION_KINDS = (CORRECTED_BY, WITHDRAWN_BY)

GOT = (DeliveryStatus.SENT,)
GETTING = (DeliveryStatus.SENDING,)


class OriginalRow(NamedTuple):
    """What became of an announcement's delivery to one reader, and the number of the message that came of it."""

    delivery_id: int
    status: DeliveryStatus
    message_id: int | None


_OF = (delivery.c.school_id == bindparam("school"), delivery.c.occurrence_id == bindparam("of"))
_WAITING = select(delivery.c.id).where(*_OF, delivery.c.status == DeliveryStatus.WAITING).with_for_update()
_LOCK = select(func.count()).select_from(_WAITING.subquery())
_KEEP_SHUT = select(occurrence.c.id).where(occurrence.c.id == bindparam("of")).with_for_update()
_TAKE_BACK = (
    update(delivery)
    .where(*_OF, delivery.c.status == DeliveryStatus.CLAIMED)
    .values(status=DeliveryStatus.WAITING, claimed_by=None, lease_until=None)
)
_STANDING = (
    select(*(delivery.c["id" if name == "delivery_id" else name] for name in OriginalRow._fields))
    .select_from(delivery)
    .join(occurrence, occurrence.c.id == delivery.c.occurrence_id)
    .where(
        occurrence.c.school_id == bindparam("school_id"),
        occurrence.c.kind == SENT_BY,
        occurrence.c.ref == bindparam("ref"),
        occurrence.c.slot == "",
        delivery.c.person_id == bindparam("person_id"),
    )
)
_TRY_AGAIN = (
    update(delivery)
    .where(
        delivery.c.status == DeliveryStatus.UNCERTAIN,
        delivery.c.membership_id.is_not(None),
        exists().where(
            occurrence.c.id == delivery.c.occurrence_id,
            occurrence.c.kind.in_(CORRECTION_KINDS),
            occurrence.c.status == OccurrenceStatus.CLOSED,  # and not held after a restore
            occurrence.c.too_late_at > bindparam("now"),
        ),
    )
    .values(status=DeliveryStatus.WAITING, due_at=bindparam("now"))
)


async def lock(db: AsyncSession, school_id: int, occurrence_id: int) -> None:
    """Until this transaction ends no worker takes what waits of an occurrence; what one has and has not sent waits.

    Nor is anything opened meanwhile, for all its readers or for who has joined. Without it a worker could take a
    delivery after `plan` has looked, and compose it before the new text is there.
    """
    await value(db, _KEEP_SHUT, of=occurrence_id)
    await value(db, _LOCK, school=school_id, of=occurrence_id)
    await changed(db, _TAKE_BACK, school=school_id, of=occurrence_id)


async def create_for_recipients(
    db: AsyncSession, school_id: int, occurrence_id: int, of: int, due_at: datetime
) -> int:
    """One delivery of a revision for each reader who has got the occurrence `of`, or is getting it just now.

    Quiet hours do not delay it: a changed message makes no sound. Returns how many.
    """
    new = {
        "school_id": delivery.c.school_id,
        "occurrence_id": literal(occurrence_id),
        "person_id": delivery.c.person_id,
        "membership_id": delivery.c.membership_id,
        "due_at": literal(due_at, delivery.c.due_at.type),
        "immediate": literal(True),
        "status": literal(DeliveryStatus.WAITING, delivery.c.status.type),
        "attempts": literal(0),
    }
    chosen = select(*new.values()).where(
        delivery.c.school_id == school_id,
        delivery.c.occurrence_id == of,
        delivery.c.status.in_([*GOT, *GETTING]),
        delivery.c.person_id.is_not(None),
        delivery.c.membership_id.is_not(None),
    )
    return await changed(
        db, Upsert(lambda insert: insert(delivery).from_select(list(new), chosen).on_conflict_do_nothing())
    )


async def original(
    db: AsyncSession, school_id: int, announcement_id: int, person_id: int
) -> OriginalRow | None:
    """The delivery by which a person got an announcement; None when there is none."""
    found = await row(db, _STANDING, school_id=school_id, ref=str(announcement_id), person_id=person_id)
    return OriginalRow._make(found) if found else None


async def retry_uncertain(db: AsyncSession, now: datetime) -> int:
    """Revisions of which nobody knows whether they arrived are made again: a second time changes nothing more.

    At every school. Returns how many.
    """
    return await changed(db, _TRY_AGAIN, now=now)
