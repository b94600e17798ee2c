"""The diff of a school's content: changes that can be shown, applied, inverted and taken back.

changes = plan_changes(stored, wanted)     # pure and idempotent: none when both are equal
patched(stored, changes) == wanted
patched(wanted, taken_back(changes)) == stored
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pals.content.parts import (
    MatrixHeading,
    SchoolCampaign,
    SchoolExpectation,
    SchoolFocus,
    SchoolGroup,
    SchoolMeeting,
)
from pals.content.schema import as_json, schema
from pals.content.school import SchoolContent
from pals.content.times import FAMILY_ROLES, MEETING_ROLES, READERS, TEAM_ROLES
from pals.roles import STAFF_ROLES, Role

Entry = SchoolGroup | MatrixHeading | SchoolExpectation | SchoolFocus | SchoolCampaign | SchoolMeeting

SECTIONS = tuple(field.key for field in schema(SchoolContent))
WHOLE = ("school", "calendar", "times", "quiet_hours")
"""Sections that change as one value; the others have entries with a key."""
ORDERED = ("groups", "values", "areas", "expectations")
"""Sections that keep the file's order. Records may refer to an entry, so it is laid aside and not removed."""


class ChangeKind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REORDERED = "reordered"
    LAID_ASIDE = "laid aside"
    REMOVED = "removed"


class StaleChangeError(ValueError):
    """A change was planned against content that has changed since (optimistic concurrency)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference of a diff: a section, or an entry of it by its key, from its old value to its new one.

    None stands for an entry that is not there. A change of the entries' order has no key, and their keys as values.
    """

    school: str
    section: str
    key: str
    old: Any
    new: Any

    @property
    def kind(self) -> ChangeKind:
        if self.old is None:
            return ChangeKind.ADDED
        if self.new is None:
            return ChangeKind.LAID_ASIDE if self.section in ORDERED else ChangeKind.REMOVED
        return ChangeKind.CHANGED if self.key or self.section in WHOLE else ChangeKind.REORDERED

    @property
    def differing(self) -> tuple[str, ...]:
        """The keys whose values differ."""
        if self.kind is not ChangeKind.CHANGED:
            return ()
        old, new = as_json(self.old), as_json(self.new)
        return tuple(key for key in {**old, **new} if old.get(key) != new.get(key))

    @property
    def only_shifts(self) -> bool:
        """Whether it only makes room for entries added or laid aside: those that stay keep their order."""
        if self.kind is not ChangeKind.REORDERED:
            return False
        return [key for key in self.old if key in self.new] == [key for key in self.new if key in self.old]


def key_of(entry: Entry) -> str:
    """The key of an entry in its section: it stays the same entry for as long as this does."""
    if isinstance(entry, SchoolFocus):
        return str(entry.month)
    return entry.name if isinstance(entry, SchoolGroup) else entry.key


def entries(content: SchoolContent | None, section: str) -> dict[str, Any]:
    """The entries of a section by their keys, in order; a section that changes as one value has the key ""."""
    if content is None:
        return {}
    value = getattr(content, section)
    return {"": value} if section in WHOLE else {key_of(entry): entry for entry in value}


def plan_changes(current: SchoolContent | None, wanted: SchoolContent) -> tuple[Change, ...]:
    """The diff that turns a school's content (None: a new school) into the wanted one, section by section."""
    slug = wanted.school.slug
    if current is not None and current.school.slug != slug:
        raise ValueError(f"{current.school.slug} and {slug} are two schools.")
    changes = []
    for section in SECTIONS:
        old, new = entries(current, section), entries(wanted, section)
        changes += [
            Change(slug, section, key, old.get(key), new.get(key))
            for key in {**old, **new}
            if old.get(key) != new.get(key)
        ]
        if section in ORDERED and (_in_order(old, new) != list(new) or _in_order(new, old) != list(old)):
            changes.append(Change(slug, section, "", tuple(old), tuple(new)))
    return tuple(changes)


def _in_order(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """The keys of `after` in the order they have by themselves: those of `before` first, new ones at the end."""
    kept = list(after)
    return [key for key in before if key in kept] + [key for key in kept if key not in list(before)]


def taken_back(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The inverse of a diff: applied to its result, it restores what was there."""
    return tuple(replace(change, old=change.new, new=change.old) for change in changes)


def patched(current: SchoolContent | None, changes: Sequence[Change]) -> SchoolContent:
    """Apply a diff to content. Pure.

    Raises StaleChangeError when a change does not fit what is there, and ContentError when the result is not valid.
    """
    sections = {section: entries(current, section) for section in SECTIONS}
    for change in sorted(changes, key=lambda change: change.kind is ChangeKind.REORDERED):
        there = sections[change.section]
        if change.kind is ChangeKind.REORDERED:
            sections[change.section] = {key: there[key] for key in _in_order(change.new, there)}
        elif there.get(change.key) != change.old:
            name = change.key or change.section
            raise StaleChangeError(f"{name} has been changed since. Look at the changes again.")
        elif change.new is None:
            del there[change.key]
        else:
            there[change.key] = change.new
    if not all(sections[section] for section in WHOLE):
        raise StaleChangeError("A school that was loaded is not removed again.")
    values: dict[str, Any] = {
        section: there[""] if section in WHOLE else tuple(there.values())
        for section, there in sections.items()
    }
    return SchoolContent(**values)


def readers(change: Change) -> frozenset[Role]:
    """The roles that get or see what a change is about; a group is seen by its own members only."""
    if change.section == "times":
        names = {**(change.old or {}), **(change.new or {})}
        return frozenset[Role]().union(*(READERS[name] for name in change.differing or names))
    if change.section in ("focuses", "campaigns"):
        return _text_readers(change)
    if change.section == "meetings":
        municipal = any(each is not None and each.kind == "municipal" for each in (change.old, change.new))
        return MEETING_ROLES if municipal else TEAM_ROLES
    if change.section in ("values", "areas"):
        return STAFF_ROLES
    return STAFF_ROLES | FAMILY_ROLES if change.section == "expectations" else frozenset(Role)


def _text_readers(change: Change) -> frozenset[Role]:
    keys = set(change.differing) or set(as_json(change.old or change.new))
    staff = STAFF_ROLES if keys - {"family", "question"} else frozenset()
    told = change.section == "focuses" or any(each and each.family for each in (change.old, change.new))
    return staff | (FAMILY_ROLES if told and keys - {"staff", "practice"} else frozenset())
