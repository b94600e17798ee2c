"""Announcement rows and their state transitions; the audit trail."""

from datetime import UTC, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import announcements, audits, retention
from storage.announcements import AnnouncementRow
from storage.tables import AnnouncementStatus as Status
from storage.tables import Audit
from tests.support.audit_log import AuditRow, audit_log
from tests.support.people import MadePerson, MadeSchool

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


async def written(db: AsyncSession, school: MadeSchool, who: MadePerson, text: str = "Hei") -> int:
    return await announcements.create(
        db, school.id, who.id, "family", text, now=NOW, group_id=school.groups["5B"]
    )


def row_of(announcement_id: int, school: MadeSchool, who: MadePerson, text: str = "Hei") -> AnnouncementRow:
    return AnnouncementRow(
        id=announcement_id,
        school_id=school.id,
        person_id=who.id,
        audience="family",
        group_id=school.groups["5B"],
        text=text,
        new_text=None,
        correction_number=0,
        asks_seen=False,
        status=Status.WRITTEN,
        status_message=None,
        created_at=NOW,
        sent_at=None,
    )


async def test_announcements_are_separate_by_school(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, *, lise: MadePerson, stranger_leader: MadePerson
) -> None:
    first, theirs = await written(db, heia, lise), await written(db, fjern, stranger_leader)
    second = await written(db, heia, lise, "Hei igjen")

    assert await announcements.by_id(db, heia.id, first) == row_of(first, heia, lise)
    assert await announcements.by_id(db, heia.id, theirs) is None
    assert await announcements.latest(db, heia.id) == [
        row_of(second, heia, lise, "Hei igjen"),
        row_of(first, heia, lise),
    ]
    assert await announcements.latest(db, heia.id, most=1) == [row_of(second, heia, lise, "Hei igjen")]


async def test_set_status_is_a_compare_and_set(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, lise: MadePerson
) -> None:
    ours, other = await written(db, heia, lise), await written(db, heia, lise)

    assert not await announcements.set_status(db, fjern.id, ours, Status.WRITTEN, Status.SENDING)
    begun = [
        await announcements.set_status(db, heia.id, ours, Status.WRITTEN, Status.SENDING) for _ in range(2)
    ]
    assert begun == [True, False]
    assert await announcements.set_status(db, heia.id, ours, Status.SENDING, Status.SENT, sent_at=NOW)

    assert await announcements.by_id(db, heia.id, ours) == row_of(ours, heia, lise)._replace(
        status=Status.SENT, sent_at=NOW
    )
    assert await announcements.by_id(db, heia.id, other) == row_of(other, heia, lise)


async def test_the_progress_card_is_one_message(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, lise: MadePerson
) -> None:
    ours, other = await written(db, heia, lise), await written(db, heia, lise)

    assert not await announcements.set_status_message(db, fjern.id, ours, 41)
    assert await announcements.set_status_message(db, heia.id, ours, 42)

    assert await announcements.by_id(db, heia.id, ours) == row_of(ours, heia, lise)._replace(
        status_message=42
    )
    assert await announcements.by_id(db, heia.id, other) == row_of(other, heia, lise)


async def test_the_audit_trail_is_separate_by_school_newest_first(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, *, lise: MadePerson, stranger_leader: MadePerson
) -> None:
    await audits.record(db, heia.id, lise.id, NOW, "invite.create", ref="7")
    await audits.record(db, heia.id, None, NOW + timedelta(seconds=1), "school.load")
    await audits.record(db, fjern.id, stranger_leader.id, NOW, "invite.create", ref="8")

    newest = AuditRow(NOW + timedelta(seconds=1), None, "school.load", "")
    assert await audit_log(db, heia.id) == [newest, AuditRow(NOW, lise.id, "invite.create", "7")]


async def test_old_audit_rows_are_deleted(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, lise: MadePerson
) -> None:
    for at in (NOW - timedelta(days=366), NOW):
        await audits.record(db, heia.id, lise.id, at, "invite.create")

    assert await retention.expire(db, Audit, NOW) == 1
    assert await audit_log(db, heia.id) == [AuditRow(NOW, lise.id, "invite.create", "")]
