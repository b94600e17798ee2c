"""Corrections: created for the readers of the announcement, and for none of another school."""

from datetime import UTC, datetime, timedelta

import pytest_asyncio
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.roles import Role
from storage import corrections, memberships, read_receipts
from storage.corrections import CORRECTED_BY, SENT_BY, OriginalRow
from storage.delivery import claims, deliveries, occurrences, outcomes, status_counts
from storage.delivery.audiences import Audience
from storage.delivery.outcomes import Outcome
from storage.tables import DeliveryStatus, OccurrenceStatus
from tests.support.people import MadePerson, MadeSchool, make_person

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
FAMILIES = Audience(frozenset({Role.FAMILY}))


async def occurrence(db: AsyncSession, school: MadeSchool, kind: str, slot: str = "") -> int:
    made = await occurrences.insert_once(
        db,
        school.id,
        kind=kind,
        ref="7",
        slot=slot,
        due_at=NOW,
        too_late_at=LATER,
        status=OccurrenceStatus.CLOSED,
        now=NOW,
    )
    assert made is not None
    return made


@pytest_asyncio.fixture
async def readers(db: AsyncSession, heia: MadeSchool, fjern: MadeSchool) -> list[MadePerson]:
    """Four at Heia and one at the other school.

    The first two have got message 7 of their school, the third is getting it, and it has been claimed for the fourth;
    so has the other school's for its one.
    """
    made = [await make_person(db, school, Role.FAMILY, ["5B"]) for school in (heia, heia, heia, heia, fjern)]
    for school in (heia, fjern):
        await deliveries.create_for_audience(
            db, school.id, await occurrence(db, school, SENT_BY), FAMILIES, NOW
        )
    held = {each.person_id: each.id for each in await claims.claim(db, "w", NOW, LATER, 10)}
    await claims.mark_sending(db, "w", [held[each.id] for each in made[:3]])
    done = [
        Outcome(held[each.id], DeliveryStatus.SENT, message_id=100 + n, sent_at=NOW)
        for n, each in enumerate(made[:2])
    ]
    await outcomes.record(db, "w", done)
    return made


async def test_a_correction_is_created_for_readers_with_a_sent_message_or_one_in_flight(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, readers: list[MadePerson]
) -> None:
    await memberships.remove(db, heia.id, readers[1].membership_id)
    edit = await occurrence(db, heia, CORRECTED_BY, "1")
    sent = await occurrences.find(db, heia.id, SENT_BY, "7", "")
    assert sent is not None
    assert await corrections.create_for_recipients(db, fjern.id, edit, sent.id, NOW) == 0
    assert await corrections.create_for_recipients(db, heia.id, edit, sent.id, NOW) == 2
    assert await corrections.create_for_recipients(db, heia.id, edit, sent.id, NOW) == 0
    claimed = await claims.claim(db, "v", NOW, LATER, 10)
    assert {(each.kind, each.slot, each.person_id, each.immediate) for each in claimed} == {
        (CORRECTED_BY, "1", reader.id, True) for reader in (readers[0], readers[2])
    }
    assert await status_counts.by_kind_and_slot(db, heia.id, 7) == {
        (SENT_BY, ""): {DeliveryStatus.SENT: 2, DeliveryStatus.SENDING: 1, DeliveryStatus.CLAIMED: 1},
        (CORRECTED_BY, "1"): {DeliveryStatus.CLAIMED: 2},
    }
    assert await status_counts.by_kind_and_slot(db, fjern.id, 7) == {
        (SENT_BY, ""): {DeliveryStatus.CLAIMED: 1}
    }


async def test_lock_unclaims_the_occurrences_claimed_deliveries_only(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, readers: list[MadePerson]
) -> None:
    sent = await occurrences.find(db, heia.id, SENT_BY, "7", "")
    assert sent is not None
    await corrections.lock(db, fjern.id, sent.id)
    assert (await deliveries.count_by_status(db, heia.id, sent.id))[DeliveryStatus.CLAIMED] == 1
    await corrections.lock(db, heia.id, sent.id)
    assert await deliveries.count_by_status(db, heia.id, sent.id) == {
        DeliveryStatus.SENT: 2,
        DeliveryStatus.SENDING: 1,
        DeliveryStatus.WAITING: 1,
    }
    theirs = await occurrences.find(db, fjern.id, SENT_BY, "7", "")
    assert theirs is not None
    assert await deliveries.count_by_status(db, fjern.id, theirs.id) == {DeliveryStatus.CLAIMED: 1}


async def test_the_original_delivery_and_its_read_receipt_are_found(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, readers: list[MadePerson]
) -> None:
    got = await corrections.original(db, heia.id, 7, readers[0].id)
    assert got is not None
    assert got == OriginalRow(got.delivery_id, DeliveryStatus.SENT, 100)
    assert await corrections.original(db, fjern.id, 7, readers[0].id) is None
    assert await corrections.original(db, heia.id, 8, readers[0].id) is None
    assert [await read_receipts.add(db, heia.id, got.delivery_id, NOW) for _ in range(2)] == [True, False]
    assert [await read_receipts.is_recorded(db, school.id, got.delivery_id) for school in (heia, fjern)] == [
        True,
        False,
    ]
    assert [await read_receipts.count(db, school.id, 7) for school in (heia, fjern)] == [1, 0]


async def test_only_uncertain_corrections_are_retried_unless_held_or_past_their_deadline(
    db: AsyncSession, heia: MadeSchool, readers: list[MadePerson]
) -> None:
    edit = await occurrence(db, heia, CORRECTED_BY, "1")
    sent = await occurrences.find(db, heia.id, SENT_BY, "7", "")
    assert sent is not None
    await corrections.create_for_recipients(db, heia.id, edit, sent.id, NOW)
    await claims.claim(db, "v", NOW, LATER, 10)
    await deliveries.mark_uncertain(db, heia.id, LATER)
    assert await corrections.retry_uncertain(db, NOW) == 0
    await occurrences.set_status(db, heia.id, edit, OccurrenceStatus.CLOSED)
    assert await corrections.retry_uncertain(db, LATER) == 0
    assert await corrections.retry_uncertain(db, NOW) == 3
    assert await deliveries.count_by_status(db, heia.id, sent.id) == {
        DeliveryStatus.SENT: 2,
        DeliveryStatus.UNCERTAIN: 2,
    }
