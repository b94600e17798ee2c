"""Setup of the tap benchmarks: the demo school with teachers, and their taps as Telegram's update JSON."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from bot.content.school import read
from bot.content.schools import FURULIA
from bot.handlers.praise import AskArea, AskPraiseGroup, SavePraise
from bot.i18n import pick_text
from bot.press import Press
from bot.services import schools
from pals.roles import Role
from storage import groups, matrix, memberships, people
from storage.database import Database
from storage.execute import value
from storage.tables import Audit, Praise, Standing, table_of

TEACHERS: Final = 60
MONTH: Final = "2026-11"
LOADED: Final = datetime(2026, 8, 1, tzinfo=UTC)
_BOT: Final = {"id": 1000001, "is_bot": True, "first_name": "Stub", "username": "stub_bot"}


@dataclass(frozen=True, slots=True)
class Teacher:
    telegram_id: int
    group_id: int
    group: str


@dataclass(frozen=True, slots=True)
class DemoSchool:
    """The loaded school: teachers, each with a class, and the expectations of a month's focus."""

    teachers: tuple[Teacher, ...]
    expectations: tuple[tuple[int, str], ...]

    def tap(self, number: int) -> str:
        """The update of the `number`th tap on *ros*: a callback query of the question it answers.

        Every number is a message of its own, so that each tap is a new idempotency key and a new row.
        """
        teacher = self.teachers[number % len(self.teachers)]
        chosen = self.expectations[number % len(self.expectations)][0]
        buttons: list[tuple[str, Press]] = [
            *((short, SavePraise(teacher.group_id, id_)) for id_, short in self.expectations),
            ("En annen klasse", AskPraiseGroup()),
            ("Noe annet", AskArea(teacher.group_id)),
        ]
        teacher_as_user = {"id": teacher.telegram_id, "first_name": "Kari", "last_name": "Berg"}
        return json.dumps(
            {
                "update_id": 500_000_000 + number,
                "callback_query": {
                    "id": str(4_611_686_018_427_387_904 + number),
                    "from": {**teacher_as_user, "is_bot": False, "language_code": "nb"},
                    "message": {
                        "message_id": number + 1,
                        "from": _BOT,
                        "chat": {**teacher_as_user, "type": "private"},
                        "date": 1_790_000_000,
                        "text": f"⭐ {teacher.group}: hva så du?",
                        "entities": [{"offset": 2, "length": len(teacher.group), "type": "bold"}],
                        "reply_markup": {"inline_keyboard": [[_button(*button)] for button in buttons]},
                    },
                    "chat_instance": "-7316494170923402012",
                    "data": SavePraise(teacher.group_id, chosen).pack(),
                },
            },
            ensure_ascii=False,
        )

    def home(self, number: int) -> str:
        """The `number`th /hjem, as the JSON of its update."""
        teacher = self.teachers[number % len(self.teachers)]
        user = {"id": teacher.telegram_id, "first_name": "Kari", "last_name": "Berg"}
        return json.dumps(
            {
                "update_id": 500_000_000 + number,
                "message": {
                    "message_id": number + 1,
                    "from": {**user, "is_bot": False, "language_code": "nb"},
                    "chat": {**user, "type": "private"},
                    "date": 1_790_000_000,
                    "text": "/hjem",
                    "entities": [{"offset": 0, "length": 5, "type": "bot_command"}],
                },
            }
        )


def _button(label: str, press: Press) -> dict[str, Any]:
    return {"text": label, "callback_data": press.pack()}


def at(path: Path) -> str:
    """The database URL of a SQLite file."""
    return f"sqlite:///{path}"


async def make(path: Path) -> DemoSchool:
    """Creates and migrates a database at `path`, and loads the demo school with its teachers."""
    database = Database.open(at(path))
    try:
        await database.upgrade()
        async with database.writing() as db:
            school = (await schools.load(db, read(FURULIA), LOADED)).school_id
        async with database.writing() as db:
            classes = [g for g in await groups.all_of(db, school) if g.kind == "class"]
            teachers = []
            for number in range(TEACHERS):
                group, telegram_id = classes[number % len(classes)], 7_000_000_001 + number
                person = await people.create(db, telegram_id, "nb", LOADED)
                membership = await memberships.add(
                    db, school, person, Role.STAFF, Standing.ACTIVE, LOADED, "Kari"
                )
                assert membership is not None
                await memberships.set_groups(db, school, membership, [group.id])
                await people.choose_membership(db, person, membership)
                teachers.append(Teacher(telegram_id, group.id, group.name))
            focus = await matrix.of_month(db, school, MONTH)
        return DemoSchool(tuple(teachers), tuple((e.id, pick_text(e.short, "nb")) for e in focus))
    finally:
        await database.close()


async def count_praises(path: Path) -> tuple[int, int]:
    """Counts praise rows and their audit rows in the database at `path`."""
    database = Database.open(at(path))
    praise, audit = table_of(Praise), table_of(Audit)
    try:
        async with database.reading() as db:
            return (
                await value(db, select(func.count()).select_from(praise)),
                await value(db, select(func.count()).select_from(audit).where(audit.c.action == "praise")),
            )
    finally:
        await database.close()
