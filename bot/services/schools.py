"""A school is created and updated from its content."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.turn import Db
from pals.content import Change, SchoolContent, patched, plan_changes
from pals.content.changes import readers
from pals.roles import Role
from storage import membership_counts, school_content
from storage import schools as storage_schools


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: the changes that were applied."""

    school_id: int
    new: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """A planned change, and how many adults and families of the school it affects."""

    change: Change
    adults: int
    families: int


async def load(db: Db, wanted: SchoolContent, now: datetime) -> Loaded:
    """Create the school of this slug, or bring it in line with its content. Idempotent.

    A new school is planned from `now` on: what was due before is not sent.
    """
    current = await school_content.stored(db, wanted.school.slug)
    changes = plan_changes(current, wanted)
    school_id = await school_content.apply(db, wanted.school.slug, changes, now)
    return Loaded(school_id, current is None, changes)


async def apply(db: Db, changes: Sequence[Change], now: datetime) -> int:
    """Apply changes that were planned before, or their inverse (`taken_back`), and return the school's id.

    Raises StaleChangeError when the school has changed since, ContentError when the result would not be valid.
    """
    slug = changes[0].school
    patched(await school_content.stored(db, slug), changes)
    return await school_content.apply(db, slug, changes, now)


async def dry_run(db: Db, wanted: SchoolContent) -> tuple[bool, list[Impact]]:
    """Whether loading would create the school, and every change it would make with how many people it affects."""
    slug = wanted.school.slug
    school = await storage_schools.by_slug(db, slug)
    if school is None:
        return True, impact_of_new(wanted)
    found = []
    for change in plan_changes(await school_content.stored(db, slug), wanted):
        group = change.key if change.section == "groups" and change.key else None
        roles = readers(change)
        adults = await membership_counts.people(db, school.id, roles - {Role.FAMILY}, group)
        families = await membership_counts.people(db, school.id, roles & {Role.FAMILY}, group)
        found.append(Impact(change, adults, families))
    return False, found


def impact_of_new(wanted: SchoolContent) -> list[Impact]:
    """Every change that creates a school: it has no members."""
    return [Impact(change, 0, 0) for change in plan_changes(None, wanted)]
