"""A school comes from a file, is changed by loading the file again, and goes back into one."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.content.school_file import Focus as FocusPart
from bot.content.school_file import SchoolFile, plain, public_holidays
from bot.content.school_file.models import Part
from storage import loading, tables


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: `changed` counts the rows that were added, changed or laid aside."""

    school_id: int
    new: bool
    changed: int


async def load(db: AsyncSession, file: SchoolFile, now: datetime) -> Loaded:
    """Creates the school of this slug, or brings it in line with the file. Loading twice changes nothing.

    A new school is planned from `now` on: what was due before is not sent.
    """
    facts = _facts(file)
    school = await loading.school(db, file.school.slug)
    new = school is None
    if school is None:
        school = tables.School(slug=file.school.slug, created_at=now, planned_until=now, **facts)
        db.add(school)
        await db.flush()
        changed = 1
    else:
        changed = int(loading.put_in(school, facts))
    assert school.id is not None  # noqa: S101 - it has been flushed
    changed += await _load_parts(db, school.id, file)
    if changed and not new:
        school.version += 1
    await db.flush()
    return Loaded(school.id, new, changed)


def _facts(file: SchoolFile) -> dict[str, Any]:
    first, last = file.calendar.terms[0].first, file.calendar.terms[-1].last
    public = {day.isoformat(): name for day, name in public_holidays(first, last).items()}
    return {
        "name": file.school.name,
        "timezone": file.school.timezone,
        "languages": list(file.school.languages),
        "words": {"sfo": file.school.words.sfo},
        "calendar": {**_stored(file.calendar), "public": public},
        "times": _stored(file.times),
        "quiet_hours": _stored(file.quiet_hours),
    }


def _stored(part: Part) -> Any:
    """A part of the file as it stands in a JSON column: dates and times in ISO form."""
    return json.loads(json.dumps(plain(part), default=date.isoformat))


async def _load_parts(db: AsyncSession, school_id: int, file: SchoolFile) -> int:
    changed = await loading.bring_in_line(
        db,
        tables.Group,
        school_id,
        [
            {
                "name": g.name,
                "kind": tables.GroupKind(g.kind),
                "grade": g.grade,
                "size": g.size,
                "position": n,
            }
            for n, g in enumerate(file.groups)
        ],
        by="name",
    )
    named = [{"key": v.key, "name": v.name, "position": n} for n, v in enumerate(file.values)]
    changed += await loading.bring_in_line(db, tables.Value, school_id, named)
    named = [{"key": a.key, "name": a.name, "position": n} for n, a in enumerate(file.areas)]
    changed += await loading.bring_in_line(db, tables.Area, school_id, named)
    values = await loading.ids(db, tables.Value, school_id)
    areas = await loading.ids(db, tables.Area, school_id)
    changed += await loading.bring_in_line(
        db,
        tables.Expectation,
        school_id,
        [
            {
                "key": e.key,
                "short": e.short,
                "value_id": values[e.value],
                "area_id": areas[e.area],
                "position": n,
            }
            for n, e in enumerate(file.expectations)
        ],
    )
    changed += await _load_focuses(db, school_id, file.focuses)
    changed += await loading.bring_in_line(
        db,
        tables.Campaign,
        school_id,
        [
            {"key": c.key, "week": str(c.week), "title": c.title, "staff": c.staff, "family": c.family}
            for c in file.campaigns
        ],
    )
    return changed + await loading.bring_in_line(
        db,
        tables.MeetingSeries,
        school_id,
        [
            {
                "key": m.key,
                "kind": m.kind,
                "name": m.name,
                "starts": m.starts.isoformat(timespec="minutes"),
                "minutes": m.minutes,
                "rule": m.rule,
                "on_closed": m.on_closed,
            }
            for m in file.meetings
        ],
    )


async def _load_focuses(db: AsyncSession, school_id: int, focuses: tuple[FocusPart, ...]) -> int:
    months = {str(f.month): f for f in focuses}
    for row in await loading.rows(db, tables.Focus, school_id, "month"):
        if row.key not in months and row.id is not None:
            await loading.clear_contents(db, school_id, row.id)
    changed = await loading.bring_in_line(
        db,
        tables.Focus,
        school_id,
        [
            {
                "key": key,
                "month": f.month.first,
                "title": f.title,
                "staff": f.staff,
                "family": f.family,
                "question": f.question,
            }
            for key, f in months.items()
        ],
    )
    expectations = await loading.ids(db, tables.Expectation, school_id)
    for row in await loading.rows(db, tables.Focus, school_id, "month"):
        focus = months[row.key]
        assert row.id is not None  # noqa: S101 - it has been read
        changed += await loading.replace_contents(
            db,
            school_id,
            row.id,
            [expectations[key] for key in focus.expectations],
            [(expectations[p.expectation], p.script) for p in focus.practice],
        )
    return changed


async def export(db: AsyncSession, slug: str) -> SchoolFile | None:
    """The school as a file says it; None when no school has this slug."""
    school = await loading.school(db, slug)
    if school is None or school.id is None:
        return None
    values = {v: k for k, v in (await loading.ids(db, tables.Value, school.id)).items()}
    areas = {v: k for k, v in (await loading.ids(db, tables.Area, school.id)).items()}
    expectations = {v: k for k, v in (await loading.ids(db, tables.Expectation, school.id)).items()}
    focuses = []
    for focus in await loading.rows(db, tables.Focus, school.id, "month"):
        assert focus.id is not None  # noqa: S101 - it has been read
        of_focus, prompts = await loading.contents(db, school.id, focus.id)
        focuses.append(
            {
                "month": focus.key,
                **focus.model_dump(include={"title", "staff", "family", "question"}),
                "expectations": [expectations[e] for e in of_focus],
                "practice": [{"expectation": expectations[e], "script": script} for e, script in prompts],
            }
        )
    return SchoolFile.model_validate(
        {
            "school": school.model_dump(include={"slug", "name", "timezone", "languages", "words"}),
            "calendar": {k: _dates(v) for k, v in school.calendar.items() if k != "public"},
            "times": school.times,
            "quiet_hours": school.quiet_hours,
            "groups": [
                {"name": g.name, "kind": g.kind.value, "grade": g.grade, "size": g.size}
                for g in await loading.rows(db, tables.Group, school.id)
                if g.active
            ],
            "values": [
                {"key": v.key, "name": v.name}
                for v in await loading.rows(db, tables.Value, school.id)
                if v.active
            ],
            "areas": [
                {"key": a.key, "name": a.name}
                for a in await loading.rows(db, tables.Area, school.id)
                if a.active
            ],
            "expectations": [
                {"key": e.key, "value": values[e.value_id], "area": areas[e.area_id], "short": e.short}
                for e in await loading.rows(db, tables.Expectation, school.id)
                if e.active
            ],
            "focuses": focuses,
            "campaigns": [
                c.model_dump(include={"key", "week", "title", "staff", "family"})
                for c in await loading.rows(db, tables.Campaign, school.id, "week")
            ],
            "meetings": [
                m.model_dump(include={"key", "kind", "name", "starts", "minutes", "rule", "on_closed"})
                for m in await loading.rows(db, tables.MeetingSeries, school.id, "id")
            ],
        }
    )


def _dates(stored: Any) -> Any:
    """Dates as the file's schema takes them, from their ISO form in the row."""
    if isinstance(stored, list):
        return [_dates(item) for item in stored]
    if isinstance(stored, dict):
        return {k: date.fromisoformat(v) if k in ("first", "last") else v for k, v in stored.items()}
    return date.fromisoformat(stored)
