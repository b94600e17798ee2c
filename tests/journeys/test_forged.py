"""Forged presses: every kind of button in the program, with another school's numbers in it and with nonsense.

None may end in anything but an answer or a refusal in words, and no row of the other school may change. The whole
program's buttons are pressed without the network here, a few with it in `test_robustness`.
"""

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, get_args, get_type_hints

import pytest
from sqlalchemy import select

from bot.channels.dispatcher import strip_unstorable
from bot.channels.turns import turn_of
from bot.errors import Refusal
from bot.feature import FeatureSet
from bot.handlers.joining import Join
from bot.press import Press
from bot.turn import Visitor
from pals.behaviour import Answer, Behaviour
from pals.roles import Role
from storage import announcements, audits, handovers, incidents, invitations, practices, praises
from storage.database import Database
from storage.tables import InvitationKind, metadata
from tests.support.features import FEATURES
from tests.support.people import START, MadePerson, MadeSchool, make_person
from tests.support.turns import MONDAY

TOKEN = "theirs-theirs-theirs-theirs"
NONSENSE: dict[type, tuple[str, ...]] = {
    int: ("0", "-1", "2147483647", "99999999999", "--1", "1e3", "٣", ""),
    bool: ("1", "0", "2", ""),
    str: ("", "xyzzy", "%00", "%ED%A0%80", "\ud800", "'; --", "9999-W99", "0001-W01", "2026-W46", "å" * 20),
}


@pytest.fixture
async def theirs(database: Database, fjern: MadeSchool, stranger_teacher: MadePerson) -> dict[str, int]:
    """One of everything at the other school, by the name that a button's field has for it."""
    group, area = fjern.groups["5B"], fjern.areas["gang"]
    logged: dict[str, Any] = {
        "person_id": stranger_teacher.id,
        "at": MONDAY,
        "day": MONDAY.date(),
        "idempotency_key": f"{stranger_teacher.telegram_id}:1",
    }
    async with database.writing() as db:
        praised = await praises.add(
            db, fjern.id, group_id=group, expectation_id=fjern.expectations["gang-hilser"], **logged
        )
        incident = await incidents.add(
            db, fjern.id, behaviour=Behaviour.LATE, area_id=area, group_id=group, **logged
        )
        assert praised is not None
        assert incident is not None
        told = await handovers.add(db, fjern.id, incident, stranger_teacher.id, MONDAY, by_adult=False)
        await practices.report(
            db, fjern.id, group, "2026-W45", Answer.DONE, person_id=stranger_teacher.id, now=MONDAY
        )
        written = await announcements.create(
            db, fjern.id, stranger_teacher.id, audience="staff", group_id=None, text="Hello", now=MONDAY
        )
        await invitations.create(
            db, fjern.id, InvitationKind.FAMILY, Role.FAMILY, TOKEN, now=MONDAY, group_id=group
        )
        await audits.record(db, fjern.id, stranger_teacher.id, MONDAY, "praise")
    assert told is not None
    return {
        "group_id": group,
        "area_id": area,
        "expectation_id": fjern.expectations["gang-hilser"],
        "praise_id": praised,
        "incident_id": incident,
        "handover_id": told,
        "announcement_id": written,
        "membership_id": stranger_teacher.membership_id,
        "asked_at": int(START.timestamp()),
        "since": int(START.timestamp()),
        "which": group,
    }


@pytest.fixture
async def leader(database: Database, heia: MadeSchool) -> MadePerson:
    """Has every permission, at another school."""
    async with database.writing() as db:
        return await make_person(db, heia, Role.LEADER, ["5B"], name="Lise", language="en")


def forgeries(kind: type[Press], theirs: dict[str, int]) -> Iterator[str]:
    """A press with their ids; and the same with each field in turn made invalid."""
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    kinds = [_plain(hints[name]) for name in names]
    base = [_theirs(name, type_, theirs) for name, type_ in zip(names, kinds, strict=True)]
    if kind is Join:  # with a valid token they would join, as they may
        base[0] = "no-such-token"
    yield _packed(kind, base)
    for place, type_ in enumerate(kinds):
        for value in _others(type_):
            yield _packed(kind, [*base[:place], value, *base[place + 1 :]])


def _plain(hint: Any) -> type:
    """The type of a field, without its None."""
    (plain,) = [arm for arm in get_args(hint) or (hint,) if arm is not type(None)]
    assert isinstance(plain, type)
    return plain


def _theirs(name: str, kind: type, theirs: dict[str, int]) -> str:
    if issubclass(kind, StrEnum):
        return str(next(iter(kind)))
    if kind is str:
        return {"token": TOKEN, "week": "2026-W45", "key": "2026-11", "language": "ar"}.get(name, "ar")
    return str(theirs.get(name, 1))


def _others(kind: type) -> tuple[str, ...]:
    if issubclass(kind, StrEnum):
        return (*(str(member) for member in kind), "xyzzy", "")
    return NONSENSE[kind]


def _packed(kind: type[Press], values: list[str]) -> str:
    return ":".join([kind.tag, *values])


async def press(
    database: Database, program: FeatureSet, who: int, data: str, message: int
) -> BaseException | None:
    """Handles a press as the dispatcher does, without sending; returns an exception that is no refusal."""
    pressed = Press.unpack(strip_unstorable(data))
    if pressed is None:
        return None
    try:
        async with database.writing() as db:
            turn = await turn_of(
                db, MONDAY, FEATURES, Visitor(who, "Lise", "en"), message, MONDAY, pressed=message
            )
            reply = await program.presses[type(pressed)](turn, pressed)
            assert reply.text or reply.toast
    except Refusal:
        return None
    except Exception as error:
        return error
    return None


async def rows_of(database: Database, school: MadeSchool) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that belongs to a school."""
    async with database.reading() as db:
        connection = await db.connection()
        return {
            table.name: [
                tuple(row)
                for row in await connection.execute(
                    select(table).where(table.c.school_id == school.id).order_by(*table.primary_key.columns)
                )
            ]
            for table in metadata.sorted_tables
            if "school_id" in table.columns
        }


def test_every_press_has_a_handler() -> None:
    ours = {kind for kind in Press.known.values() if kind.__module__.startswith("bot.")}
    assert ours == set(FEATURES.presses)


async def test_a_forged_press_is_refused_and_changes_nothing_at_another_school(
    database: Database, fjern: MadeSchool, leader: MadePerson, theirs: dict[str, int]
) -> None:
    before = await rows_of(database, fjern)
    assert all(before[table] for table in ("praise", "incident", "handover", "invitation", "announcement"))
    failed: dict[str, str] = {}
    message = 0
    for kind in FEATURES.presses:
        for data in forgeries(kind, theirs) if fields(kind) else ():  # type: ignore[arg-type]
            message += 1
            error = await press(database, FEATURES, leader.telegram_id, data, message)
            if error is not None:
                failed[data] = repr(error)
    assert failed == {}
    assert await rows_of(database, fjern) == before


@pytest.mark.parametrize("role", [Role.FAMILY, Role.ADVISOR, Role.OWNER, None])
async def test_a_role_without_permission_changes_nothing_at_its_own_school(
    database: Database, fjern: MadeSchool, theirs: dict[str, int], role: Role | None
) -> None:
    """Everything that a button of the staff or a leader could do there, pressed without permission."""
    number = 1
    if role is not None:
        async with database.writing() as db:
            number = (await make_person(db, fjern, role, ["6A"], language="en")).telegram_id
    before = await rows_of(database, fjern)
    own = {"xl", "xm", "xh", "xv", "rs"}  # one's own language, messages, quiet hours and roles
    failed = {}
    for message, kind in enumerate(kind for kind in FEATURES.presses if kind.tag not in own):
        if not fields(kind):  # type: ignore[arg-type]
            continue
        data = next(forgeries(kind, theirs))
        if (error := await press(database, FEATURES, number, data, message)) is not None:
            failed[data] = repr(error)
    assert failed == {}
    assert await rows_of(database, fjern) == before


def test_integers_beyond_32_bits_are_not_unpacked() -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    assert Press.unpack(f"jd:1:{int(at.timestamp())}:1") is not None
    assert [Press.unpack(f"pu:{number}") for number in (2**31, -(2**31) - 1, "1_0", "+1", " 1")] == [None] * 5
