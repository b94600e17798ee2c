"""A school's content in its rows: stored, read back, and changed by a diff.

Entries are matched by key. One that records may refer to is laid aside (`active = False`, a soft delete); others are
deleted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from pals.content import Change, SchoolContent, as_json, schema, stored_school
from pals.content.changes import ORDERED, SECTIONS, WHOLE
from pals.content.parts import SchoolCalendar, SchoolExpectation, SchoolFocus, SchoolGroup
from pals.content.times import DEFAULT_TIMES
from storage import schools, year_wheels
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


class _Stored(NamedTuple):
    """Where the entries of a section are stored: the table, the columns of their key and of their order."""

    table: type[Any]
    key: str
    order: str


_TABLES: Mapping[str, _Stored] = {
    "groups": _Stored(Group, "name", "position"),
    "values": _Stored(Value, "key", "position"),
    "areas": _Stored(Area, "key", "position"),
    "expectations": _Stored(Expectation, "key", "position"),
    "focuses": _Stored(Focus, "key", "month"),
    "campaigns": _Stored(Campaign, "key", "week"),
    "meetings": _Stored(MeetingSeries, "key", "starts"),
}
_REFERRED_TO = ("values", "areas", "expectations")
_NOT_WRITTEN = frozenset({"id", "school_id", "position", "active", "value_id", "area_id"})


async def stored(db: AsyncSession, slug: str) -> SchoolContent | None:
    """The content of the school with this slug, deserialized; None when there is none."""
    school = await schools.by_slug(db, slug)
    if school is None:
        return None
    facts = ("slug", "name", "timezone", "languages", "words")
    rows = {section: await _rows(db, section, school.id) for section in _TABLES}
    entries = {
        section: [row.model_dump(exclude=_NOT_WRITTEN) for row in its if getattr(row, "active", True)]
        for section, its in rows.items()
    }
    keys = {(section, row.id): row.key for section in _REFERRED_TO for row in rows[section]}
    active = (row for row in rows["expectations"] if row.active)
    for entry, row in zip(entries["expectations"], active, strict=True):
        entry |= {"value": keys["values", row.value_id], "area": keys["areas", row.area_id]}
    for entry, row in zip(entries["focuses"], rows["focuses"], strict=True):
        entry["month"] = entry.pop("key")
        entry.update(await _focus_contents(db, row.id, keys))
    return stored_school(
        {
            "school": {name: getattr(school, name) for name in facts},
            "calendar": {key: value for key, value in school.calendar.items() if key != "public"},
            "times": {name: at for name, at in school.times.items() if name in DEFAULT_TIMES},
            "quiet_hours": school.quiet_hours,
            **entries,
        }
    )


async def _rows(db: AsyncSession, section: str, school_id: int) -> Sequence[Any]:
    """All rows of a school in a section's table, in order, those laid aside among them."""
    table, _, order = _TABLES[section]
    statement = select(table).where(col(table.school_id) == school_id)
    return (await db.exec(statement.order_by(getattr(table, order), col(table.id)))).all()


async def _focus_contents(
    db: AsyncSession, focus_id: int, keys: Mapping[tuple[str, int], str]
) -> dict[str, Any]:
    """The expectations of a focus and its practices, in order, as plain data."""
    chosen = select(FocusExpectation).where(col(FocusExpectation.focus_id) == focus_id)
    practised = select(Prompt).where(col(Prompt.focus_id) == focus_id)
    return {
        "expectations": [
            keys["expectations", row.expectation_id]
            for row in await db.exec(chosen.order_by(col(FocusExpectation.position)))
        ],
        "practice": [
            {"expectation": keys["expectations", row.expectation_id], "script": row.script}
            for row in await db.exec(practised.order_by(col(Prompt.position)))
        ],
    }


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
    school = (await db.exec(select(School).where(col(School.slug) == slug))).one_or_none()
    if school is None:
        school = School(**facts, created_at=now, planned_until=now)
        db.add(school)
    elif changes:
        school.sqlmodel_update(facts)
        school.version += 1
    await db.flush()
    assert school.id is not None  # noqa: S101 - it has been flushed
    year_wheels.leave_cache(db)
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
    table, key_column, _ = _TABLES[section]
    rows = {getattr(row, key_column): row for row in await _rows(db, section, school_id)}
    ids = await _ids(db, school_id) if section in ("expectations", "focuses") else {}
    last = max((row.position for row in rows.values() if section in ORDERED), default=-1)
    for change in sorted(changes, key=lambda change: not change.key):  # the order comes after its entries
        if not change.key:
            for position, key in enumerate(change.new):
                rows[key].position = position
        elif change.new is None:
            await _remove(db, section, rows[change.key])
        else:
            columns = _columns(change.new, ids)
            if section in ORDERED and change.old is None:
                last += 1
                columns |= {"active": True, "position": last}
            if change.key not in rows:
                rows[change.key] = table(school_id=school_id, **columns)
                db.add(rows[change.key])
            rows[change.key].sqlmodel_update(columns)
    await db.flush()
    for change in changes:
        if isinstance(change.new, SchoolFocus):
            await _replace_contents(db, rows[change.key].id, change, ids)


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
        (section, row.key): row.id for section in _REFERRED_TO for row in await _rows(db, section, school_id)
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
    await db.flush()


async def _clear_contents(db: AsyncSession, focus_id: int) -> None:
    await db.exec(delete(FocusExpectation).where(col(FocusExpectation.focus_id) == focus_id))
    await db.exec(delete(Prompt).where(col(Prompt.focus_id) == focus_id))
