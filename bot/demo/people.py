"""The simulated users of the demo's school: every role, staff for every group, families of every language it has.

They are generated from the school file, so that any school's own file makes a demo. A class has two adults, a grade
an assistant, an SFO group two and SFO a leader: with 21 classes and four SFO groups that is 60 adults with the head.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby

from bot.demo import names
from bot.i18n import CODES, NORWEGIAN
from pals.content import SchoolContent, SchoolGroup
from pals.roles import Role

TEAM = 5
MORE_FAMILIES = 4
"""Additional families of the class on the page."""


@dataclass(frozen=True, slots=True)
class Character:
    """A simulated user; `shown`: with a phone on the page."""

    first: str
    last: str
    language: str
    role: Role
    groups: tuple[str, ...] = ()
    shown: bool = False

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


Accounts = Sequence[tuple[Character, int]]
"""Each user with the id of their account."""


def cast(file: SchoolContent) -> list[Character]:
    """All users, the three with phones on the page first: leader, teacher, and a family of the teacher's class."""
    advisor = Character("Kjersti", "Lervåg", file.school.language, Role.ADVISOR)
    owner = Character("Bjørn", "Hatlen", file.school.language, Role.OWNER)
    users = [*_adults(file), advisor, owner, *_families(file)]
    group = class_on_stage(file)
    shown = [
        next(place for place, c in enumerate(users) if c.role is role and c.groups == groups)
        for role, groups in ((Role.LEADER, ()), (Role.STAFF, (group,)), (Role.FAMILY, (group,)))
    ]
    return [
        *(replace(users[place], shown=True) for place in shown),
        *(c for place, c in enumerate(users) if place not in shown),
    ]


def class_on_stage(file: SchoolContent) -> str:
    """The class whose teacher and family have phones on the page, in the middle of the school."""
    classes = _classes(file)
    return classes[len(classes) * 5 // 8].name


def far_language(languages: Sequence[str]) -> str:
    """The language of the family on the page: not Norwegian if the school has another."""
    spoken = [code for code in languages if code in CODES] or list(languages)
    far = [code for code in spoken if code not in NORWEGIAN]
    return "ar" if "ar" in far else far[-1] if far else spoken[-1]


def _classes(file: SchoolContent) -> list[SchoolGroup]:
    return [group for group in file.groups if group.kind != "sfo"] or list(file.groups)


def _adults(file: SchoolContent) -> Iterator[Character]:
    """The head and the staff; a few of the teachers are the PALS team."""
    classes, main = _classes(file), file.school.language
    numbers = count()
    yield Character(*names.adult(next(numbers)), main, Role.LEADER)
    spread = {classes[place * len(classes) // TEAM].name for place in range(TEAM)} - {class_on_stage(file)}
    norwegian = [code for code in file.school.languages if code in ("nb", "nn")] or [main]
    for groups in _posts(file, classes):
        number = next(numbers)
        in_team = len(groups) == 1 and groups[0] in spread
        spread -= set(groups if in_team else ())
        on_stage = groups == (class_on_stage(file),)
        language = main if on_stage else norwegian[number % 4 == 3 and len(norwegian) > 1]
        yield Character(*names.adult(number), language, Role.TEAM if in_team else Role.STAFF, groups)


def _posts(file: SchoolContent, classes: list[SchoolGroup]) -> Iterator[tuple[str, ...]]:
    """The groups of each adult: contact teachers, SFO, assistants of a grade, second teachers, and two others."""
    sfo = tuple(group.name for group in file.groups if group.kind == "sfo")
    yield from ((group.name,) for group in classes)
    yield from ((name,) for name in (*sfo, *sfo))
    for _, grade in groupby(classes, key=lambda group: group.grade):
        yield tuple(group.name for group in grade)
    yield from ((group.name,) for group in classes)
    yield sfo
    yield ()


def _families(file: SchoolContent) -> Iterator[Character]:
    """A family for each class, more for the class on the page; half in other languages than the school's."""
    stage, far = class_on_stage(file), far_language(file.school.languages)
    yield Character(*names.parent(far, 0), far, Role.FAMILY, (stage,))
    spoken = [code for code in file.school.languages if code in CODES] or [file.school.language]
    of_each = {code: count(1) for code in spoken}
    classes = [group.name for group in _classes(file)] + [stage] * (MORE_FAMILIES - 1)
    for number, name in enumerate(classes):
        code = spoken[(number + 1) // 2 % len(spoken)] if number % 2 else spoken[0]
        yield Character(*names.parent(code, next(of_each[code])), code, Role.FAMILY, (name,))
