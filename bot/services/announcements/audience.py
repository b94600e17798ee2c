"""The audience of an announcement: which audiences a leader can choose, with the number of readers of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from bot.errors import Gone
from bot.turn import Actor, Db
from pals.roles import May
from storage import groups
from storage.announcements import AnnouncementRow
from storage.delivery import audiences
from storage.delivery.audiences import FAMILIES, STAFF, TEAM, Audience
from storage.groups import GroupRow


class AudienceChoice(StrEnum):
    STAFF = "staff"
    TEAM = "team"
    FAMILIES = "families"
    GRADE = "grade"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class AnnouncementAudience:
    """The audience of an announcement; `which` is the grade's number or the group's id."""

    choice: AudienceChoice
    which: int | None = None

    @classmethod
    def from_row(cls, row: AnnouncementRow) -> Self:
        choice, _, grade = row.audience.partition(":")
        return cls(AudienceChoice(choice), int(grade) if grade else row.group_id)

    @property
    def code(self) -> str:
        """The value of the row's `audience` column; the group's id has a column of its own."""
        return f"{self.choice}:{self.which}" if self.choice is AudienceChoice.GRADE else self.choice

    @property
    def group_id(self) -> int | None:
        return self.which if self.choice is AudienceChoice.GROUP else None

    @property
    def rule(self) -> Audience:
        """The rule by which storage selects the readers."""
        match self.choice:
            case AudienceChoice.STAFF:
                return STAFF
            case AudienceChoice.TEAM:
                return TEAM
            case AudienceChoice.GRADE:
                return Audience(FAMILIES.roles, grade=self.which)
            case _:
                return Audience(FAMILIES.roles, group_id=self.group_id)


@dataclass(frozen=True, slots=True)
class NamedAudience:
    """Read model: an audience, with its group's name and its current number of readers where they were looked up."""

    audience: AnnouncementAudience
    group_name: str | None = None
    readers: int | None = None


async def name_audience(db: Db, school_id: int, audience: AnnouncementAudience) -> NamedAudience:
    """`group_name` is None without a group, or when the group is deleted."""
    group = await groups.by_id(db, school_id, audience.group_id) if audience.group_id is not None else None
    return NamedAudience(audience, group.name if group is not None else None)


async def list_options(db: Db, actor: Actor, *choices: AudienceChoice) -> list[NamedAudience]:
    """The school's audiences of these kinds, with their numbers of readers. Raises NotAllowed."""
    actor.must(May.ANNOUNCE)
    in_use = await groups.all_of(db, actor.school.id)
    names = {group.id: group.name for group in in_use}
    options = []
    for audience in (AnnouncementAudience(c, which) for c in choices for which in _selectable(c, in_use)):
        readers = await audiences.reach(db, actor.school.id, audience.rule)
        options.append(NamedAudience(audience, names.get(audience.group_id or 0), readers))
    return options


async def check_audience(db: Db, actor: Actor, audience: AnnouncementAudience) -> None:
    """Raises Gone for a group or grade that the school does not have, or no longer uses."""
    if audience.choice in (AudienceChoice.GRADE, AudienceChoice.GROUP):
        in_use = await groups.all_of(db, actor.school.id)
        if audience.which not in _selectable(audience.choice, in_use):
            raise Gone


def _selectable(choice: AudienceChoice, in_use: Sequence[GroupRow]) -> Sequence[int | None]:
    """The values of `which` for a kind of audience."""
    match choice:
        case AudienceChoice.GRADE:
            return sorted({group.grade for group in in_use if group.grade is not None})
        case AudienceChoice.GROUP:
            return [group.id for group in in_use]
        case _:
            return [None]
