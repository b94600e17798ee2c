"""A school's content in its rows: stored, read back, and changed by a diff.

Entries are matched by key. One that records may refer to is laid aside (`active = False`, a soft delete); others are
deleted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.content import (
    Change,
    SchoolArea,
    SchoolCalendar,
    SchoolCampaign,
    SchoolContent,
    SchoolExpectation,
    SchoolFocus,
    SchoolGroup,
    SchoolMeeting,
    SchoolValue,
    as_json,
    schema,
    stored_school,
)
from pals.content.changes import ORDERED, SECTIONS, WHOLE
from storage.tables import (
    Area,
    Campaign,
    Expectation,
    Focus,
    FocusExpectation,
    Group,
    GroupKind,
    MeetingSeries,
    Prompt,
    School,
    Value,
)


class _Section(NamedTuple):
    """Where the entries of a section are stored: the table, their class, the columns of their key and their order."""

    table: type[Any]
    entry: type
    key: str
    order: str


_TABLES: Mapping[str, _Section] = {
    "groups": _Section(Group, SchoolGroup, "name", "position"),
    "values": _Section(Value, SchoolValue, "key", "position"),
    "areas": _Section(Area, SchoolArea, "key", "position"),
    "expectations": _Section(Expectation, SchoolExpectation, "key", "position"),
    "focuses": _Section(Focus, SchoolFocus, "key", "month"),
    "campaigns": _Section(Campaign, SchoolCampaign, "key", "week"),
    "meetings": _Section(MeetingSeries, SchoolMeeting, "key", "starts"),
}


async def find_school(db: AsyncSession, slug: str) -> School | None:
    return (await db.exec(select(School).where(col(School.slug) == slug))).one_or_none()


async def stored(db: AsyncSession, slug: str) -> SchoolContent | None:
    """The content of the school with this slug, deserialized; None when there is none."""
    school = await find_school(db, slug)
    if school is None or school.id is None:
        return None
    sections = {section: await _entries(db, section, school.id) for section in _TABLES}
    return stored_school(
        {
            "school": school.model_dump(include={"slug", "name", "timezone", "languages", "words"}),
            "calendar": {key: value for key, value in school.calendar.items() if key != "public"},
            "times": school.times,
            "quiet_hours": school.quiet_hours,
            **sections,
        }
    )


async def _entries(db: AsyncSession, section: str, school_id: int) -> list[dict[str, Any]]:
    """The entries of a section in use, as plain data."""
    more: dict[int, dict[str, Any]] = {}
    if section == "expectations":
        more = await _cells(db, school_id)
    elif section == "focuses":
        more = await _focus_contents(db, school_id)
    names = [field.key for field in schema(_TABLES[section].entry)]
    return [
        {name: getattr(row, name) for name in names if hasattr(row, name)} | more.get(row.id or 0, {})
        for row in await _rows(db, section, school_id)
        if getattr(row, "active", True)
    ]


async def _rows(db: AsyncSession, section: str, school_id: int) -> Sequence[Any]:
    """All rows of a school in a section's table, in order, those laid aside among them."""
    table, _, _, order = _TABLES[section]
    return (
        await db.exec(
            select(table)
            .where(col(table.school_id) == school_id)
            .order_by(getattr(table, order), col(table.id))
        )
    ).all()


async def _cells(db: AsyncSession, school_id: int) -> dict[int, dict[str, Any]]:
    """The keys of the value and the area of each expectation."""
    cells = await db.exec(
        select(col(Expectation.id), col(Value.key), col(Area.key))
        .join(Value, col(Value.id) == col(Expectation.value_id))
        .join(Area, col(Area.id) == col(Expectation.area_id))
        .where(col(Expectation.school_id) == school_id)
    )
    return {row_id or 0: {"value": value, "area": area} for row_id, value, area in cells}


async def _focus_contents(db: AsyncSession, school_id: int) -> dict[int, dict[str, Any]]:
    """The month of each focus, the keys of its expectations and its practices, in order."""
    months = select(col(Focus.id), col(Focus.key)).where(col(Focus.school_id) == school_id)
    found: dict[int, dict[str, Any]] = {
        row_id or 0: {"month": key, "expectations": [], "practice": []}
        for row_id, key in await db.exec(months)
    }
    expectations = await db.exec(
        select(col(FocusExpectation.focus_id), col(Expectation.key))
        .join(Expectation, col(Expectation.id) == col(FocusExpectation.expectation_id))
        .where(col(FocusExpectation.focus_id).in_(found))
        .order_by(col(FocusExpectation.position))
    )
    for focus_id, key in expectations:
        found[focus_id]["expectations"].append(key)
    prompts = await db.exec(
        select(col(Prompt.focus_id), col(Expectation.key), col(Prompt.script))
        .join(Expectation, col(Expectation.id) == col(Prompt.expectation_id))
        .where(col(Prompt.focus_id).in_(found))
        .order_by(col(Prompt.position))
    )
    for focus_id, key, script in prompts:
        found[focus_id]["practice"].append({"expectation": key, "script": script})
    return found


async def apply(db: AsyncSession, slug: str, changes: Sequence[Change], now: datetime) -> int:
    """Write a diff to the rows of its school and return the school's id. The diff has to fit what is stored.

    A new school is planned from `now` on: what was due before is not sent.
    """
    facts = {
        name: value
        for change in changes
        if change.section in WHOLE
        for name, value in _facts(change.section, change.new).items()
    }
    school = await find_school(db, slug)
    if school is None:
        school = School(**facts, created_at=now, planned_until=now)
        db.add(school)
    elif changes:
        _set(school, facts)
        school.version += 1
    await db.flush()
    assert school.id is not None  # noqa: S101 - it has been flushed
    for section in SECTIONS:  # in this order, because entries refer to those of earlier sections
        its = [change for change in changes if change.section == section]
        if its and section not in WHOLE:
            await _apply_section(db, school.id, section, its)
    return school.id


def _facts(section: str, new: Any) -> dict[str, Any]:
    value = as_json(new)
    if section == "school":
        return dict(value)
    if isinstance(new, SchoolCalendar):
        value["public"] = {day.isoformat(): name for day, name in new.public_holidays().items()}
    return {section: value}


async def _apply_section(db: AsyncSession, school_id: int, section: str, changes: Sequence[Change]) -> None:
    table, _, key_column, _ = _TABLES[section]
    rows = {getattr(row, key_column): row for row in await _rows(db, section, school_id)}
    ids = await _ids(db, school_id) if section in ("expectations", "focuses") else {}
    last = max((row.position for row in rows.values() if section in ORDERED), default=-1)
    for change in sorted(changes, key=lambda change: not change.key):  # the order comes after its entries
        row = rows.get(change.key)
        if not change.key:
            for position, key in enumerate(change.new):
                rows[key].position = position
        elif change.new is None:
            await _remove(db, section, row)
        else:
            columns = _columns(change.new, ids)
            if section in ORDERED and change.old is None:
                last += 1
                columns |= {"active": True, "position": last}
            if row is None:
                row = rows[change.key] = table(school_id=school_id, **columns)
            _set(row, columns)
            db.add(row)
            await db.flush()
            if isinstance(change.new, SchoolFocus):
                await _replace_contents(db, row.id, change, ids)
    await db.flush()


async def _remove(db: AsyncSession, section: str, row: Any) -> None:
    if section in ORDERED:
        row.active = False
        return
    if section == "focuses":
        await _clear_contents(db, row.id)
    await db.delete(row)


async def _ids(db: AsyncSession, school_id: int) -> dict[tuple[str, str], int]:
    """The ids of what expectations and focuses refer to, by section and key."""
    return {
        (section, row.key): row.id
        for section in ("values", "areas", "expectations")
        for row in await _rows(db, section, school_id)
    }


def _columns(entry: Any, ids: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """An entry as the columns of its row."""
    columns: dict[str, Any] = {field.key: None for field in schema(type(entry))} | as_json(entry)
    if isinstance(entry, SchoolGroup):
        columns["kind"] = GroupKind(entry.kind)
    elif isinstance(entry, SchoolExpectation):
        columns["value_id"] = ids["values", columns.pop("value")]
        columns["area_id"] = ids["areas", columns.pop("area")]
    elif isinstance(entry, SchoolFocus):
        columns |= {"key": columns["month"], "month": entry.month.first}
        del columns["expectations"], columns["practice"]
    return columns


async def _replace_contents(
    db: AsyncSession, focus_id: int, change: Change, ids: Mapping[tuple[str, str], int]
) -> None:
    """Rewrite the expectations and prompts of a focus, unless they are the same: prompts keep their ids."""
    old, new = change.old, change.new
    if old is not None and (old.expectations, old.practice) == (new.expectations, new.practice):
        return
    await _clear_contents(db, focus_id)
    db.add_all(
        FocusExpectation(focus_id=focus_id, expectation_id=ids["expectations", key], position=position)
        for position, key in enumerate(new.expectations)
    )
    db.add_all(
        Prompt(
            focus_id=focus_id,
            expectation_id=ids["expectations", practice.expectation],
            position=position,
            script=practice.script,
        )
        for position, practice in enumerate(new.practice)
    )


async def _clear_contents(db: AsyncSession, focus_id: int) -> None:
    await db.exec(delete(FocusExpectation).where(col(FocusExpectation.focus_id) == focus_id))
    await db.exec(delete(Prompt).where(col(Prompt.focus_id) == focus_id))


def _set(row: SQLModel, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
