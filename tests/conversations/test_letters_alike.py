"""A kind that is `same_for_all` is composed once for readers of one role and language; any other for each."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.messages.compose import Composer
from bot.services import outbox
from bot.services.announcements.write import ANNOUNCEMENT
from bot.turn import Letter, Reply
from pals.roles import Role
from storage import announcements
from storage.database import Database
from storage.delivery import claims
from storage.delivery.audiences import Audience
from storage.delivery.claims import Claimed
from storage.tables import AnnouncementStatus
from tests.support.features import FEATURES, KINDS
from tests.support.people import MadePerson, MadeSchool, make_person
from tests.support.turns import MONDAY, letter

REFS: dict[str, str] = {
    "announcement": "1",
    "focus_family": "2026-11",
    "campaign_family": "sprak-vinter",
}
ALL = Audience(frozenset(Role))

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class RecordingComposer:
    """Composes as the bot does, and records the readers it was composed for."""

    def __init__(self, kind: str) -> None:
        self.wrote: list[int] = []
        self._write = FEATURES.composers[kind]
        self._outgoing = Composer(replace(FEATURES, composers={kind: self._writing}))

    async def _writing(self, asked: Letter) -> Reply | None:
        self.wrote.append(asked.reader.person_id)
        return await self._write(asked)

    async def compose(self, database: Database, batch: list[Claimed]) -> list[Reply | None]:
        async with database.reading() as db:
            return [await self._outgoing.compose(db, claimed, MONDAY) for claimed in batch]

    async def one_by_one(self, database: Database, batch: list[Claimed]) -> list[Reply | None]:
        """What each reader gets when composed alone."""
        async with database.reading() as db:
            return [await self._write(letter(db, claimed)) for claimed in batch]


async def due(database: Database, school: MadeSchool, kind: str, ref: str) -> list[Claimed]:
    """One occurrence of this kind, claimed for every member of the school."""
    async with database.writing() as db:
        await outbox.enqueue(db, school.id, ANNOUNCEMENT, ref, ALL, now=MONDAY, urgent=True)
        claimed = await claims.claim(db, "w", MONDAY, MONDAY + timedelta(minutes=5), 100)
    return [each._replace(kind=kind) for each in claimed]


@pytest.mark.parametrize("kind", sorted({kind.name for kind in KINDS.by_name.values() if kind.same_for_all}))
async def test_a_kind_that_is_same_for_all_is_composed_once_for_a_role_and_language(
    database: Database, heia: MadeSchool, kind: str
) -> None:
    async with database.writing() as db:

        async def reader(role: Role, group: str, language: str = "nb") -> MadePerson:
            return await make_person(db, heia, role, [group], language=language)

        first, last = await reader(Role.FAMILY, "5B"), await reader(Role.FAMILY, "6A")
        arabic, adult = await reader(Role.FAMILY, "5B", "ar"), await reader(Role.STAFF, "5B")
        this = await announcements.create(db, heia.id, adult.id, "families", "Kl. 18", now=MONDAY)
        was, status = AnnouncementStatus.WRITTEN, AnnouncementStatus.SENDING
        await announcements.set_status(db, heia.id, this, was, status, sent_at=MONDAY)
    batch = await due(database, heia, kind, REFS[kind])
    composer = RecordingComposer(kind)
    for _ in range(2):
        said = await composer.compose(database, batch)
        assert said == await composer.one_by_one(database, batch)
    assert [each.person_id for each in batch] == [first.id, last.id, arabic.id, adult.id]
    assert composer.wrote == [first.id, arabic.id, adult.id] * 2, "composed again in the next batch"
    assert said[0] is said[1]
    assert said[0] != said[2]


async def test_any_other_kind_is_composed_for_each_reader(
    database: Database, heia: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    """Two readers of one role and language have buttons of their own classes."""
    batch = await due(database, heia, "prompt", "2026-W45")
    composer = RecordingComposer("prompt")
    said = await composer.compose(database, batch)
    assert composer.wrote == [greet.id, tor.id]
    assert said == await composer.one_by_one(database, batch)
    assert said[0] != said[1]
