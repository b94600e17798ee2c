"""Drafts: one awaited text for each person."""

from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import drafts
from storage.drafts import DraftRow
from tests.support.people import MadePerson

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


async def test_a_new_draft_replaces_the_last(db: AsyncSession, greet: MadePerson, tor: MadePerson) -> None:
    later = NOW.replace(hour=10)
    await drafts.put(db, tor.id, "name", {}, NOW)
    await drafts.put(db, greet.id, "name", {"invite": 1}, NOW)
    await drafts.put(db, greet.id, "announcement", {"audience": "staff", "hilsen": "på gjensyn"}, later)

    assert await drafts.peek(db, greet.id) == DraftRow(
        "announcement", {"audience": "staff", "hilsen": "på gjensyn"}, later
    )
    assert await drafts.peek(db, tor.id) == DraftRow("name", {}, NOW)


async def test_a_draft_is_taken_once(db: AsyncSession, greet: MadePerson, tor: MadePerson) -> None:
    for who in (greet, tor):
        await drafts.put(db, who.id, "name", {}, NOW)

    assert [await drafts.take(db, greet.id) for _ in range(2)] == [DraftRow("name", {}, NOW), None]
    assert await drafts.peek(db, greet.id) is None
    assert await drafts.peek(db, tor.id) == DraftRow("name", {}, NOW)


async def test_a_dropped_draft_is_gone(db: AsyncSession, greet: MadePerson, tor: MadePerson) -> None:
    for who in (greet, tor):
        await drafts.put(db, who.id, "name", {}, NOW)

    assert [await drafts.drop(db, greet.id) for _ in range(2)] == [True, False]
    assert await drafts.peek(db, greet.id) is None
    assert await drafts.peek(db, tor.id) == DraftRow("name", {}, NOW)
