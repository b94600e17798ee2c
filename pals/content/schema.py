"""Schema of content: dataclasses annotated with validation rules, parsed from and serialized to plain data.

Plain data is blocks of keys (mappings), lists and text, as a file, a JSON column or a form gives it. Parsing collects
every violation, each with its path, so that the caller can name the line, the cell or the column.
"""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime, time
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from pals.calendar import Term
from pals.checked import Checked, ContentError, Path, Violation
from pals.content.rules import DAYS, Count, Month, Rule, clock, day, shown, starting_clock, weekday
from pals.quiet import QuietHours
from pals.weeks import IsoWeek
from pals.yearwheel.parts import WeekTime

T = TypeVar("T")

BROKEN: Final = object()
"""In place of a value that could not be parsed, so that validation goes on with the rest."""

Read = Callable[[object, Path, list[Violation]], Any]


class Field(NamedTuple):
    """One key of a block: the attribute it becomes, how it is parsed and how it is written."""

    name: str
    key: str
    read: Read
    required: bool = True
    write: Callable[[Any], Any] | None = None


class Block(NamedTuple):
    """A block of keys that becomes a dict: its fields, and the values of those left out."""

    fields: tuple[Field, ...]
    defaults: Mapping[str, Any]


class Content(Checked):
    """Base of a dataclass with a schema: each attribute is validated by the rule in its annotation."""

    __slots__ = ()

    def __post_init__(self) -> None:
        found: list[Violation] = []
        for field in schema(type(self)):
            value = field.read(getattr(self, field.name), (field.key,), found)
            object.__setattr__(self, field.name, value)
        if not found:
            found += self.violations()
        if found:
            raise ContentError(found)


def read_block(given: object, known: tuple[Field, ...], path: Path, found: list[Violation]) -> Any:
    """Parse a mapping into attributes; BROKEN when a key is missing, unknown or has no value.

    Lists keep BROKEN in place of the entries that could not be parsed.
    """
    if not isinstance(given, Mapping):
        what = f"{{this}} should be a block of keys and is {shown(given)}."
        found.append(Violation((), what, f"The keys here are {_listed(known)}.").under(path))
        return BROKEN
    values: dict[str, Any] = {}
    complete = True
    for field in known:
        if field.key in given:
            values[field.name] = field.read(given[field.key], (*path, field.key), found)
        elif field.required:
            mend = f"Add {field.key}: and its value."
            found.append(Violation((), f"{{this}} has no {field.key}.", mend).under(path))
            complete = False
    keys = [field.key for field in known]
    for key in given:
        if key not in keys:
            alike = get_close_matches(str(key), keys, 1)
            mend = f"Did you mean {alike[0]}?" if alike else f"The keys here are {_listed(known)}."
            unknown = Violation((), f"{{this}} has no use for a key {key}.", mend).under(path)
            found.append(unknown._replace(path=(*path, str(key))))
            complete = False
    return values if complete and all(value is not BROKEN for value in values.values()) else BROKEN


def has_gaps(value: object) -> bool:
    """Whether a list has entries that could not be parsed."""
    return isinstance(value, tuple) and any(entry is BROKEN for entry in value)


def made(kind: type[T], values: Mapping[str, Any]) -> T:
    """An instance of validated values, and defaults for the others, without validating them again."""
    instance = object.__new__(kind)
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name in values:
            value = values[field.name]
        else:
            value = field.default if field.default_factory is MISSING else field.default_factory()
        object.__setattr__(instance, field.name, value)
    return instance


def schema(kind: type) -> tuple[Field, ...]:
    """The fields of a class, in the order in which they are written. Derived once from its annotations."""
    if kind not in _SCHEMAS:
        hints = get_type_hints(kind, include_extras=True)
        _SCHEMAS[kind] = tuple(
            Field(
                field.name,
                field.name,
                _reader(hints[field.name]),
                field.default is MISSING and field.default_factory is MISSING,
            )
            for field in fields(kind)
        )
    return _SCHEMAS[kind]


def _reader(hint: Any) -> Read:
    if get_origin(hint) in {Union, types.UnionType}:
        read = _reader(next(inner for inner in get_args(hint) if inner is not types.NoneType))
        return lambda value, path, found: None if value is None else read(value, path, found)
    if get_origin(hint) is tuple:
        return _list(_reader(get_args(hint)[0]), Count())
    if get_origin(hint) is Annotated:
        inner, rule = get_args(hint)
        if isinstance(rule, Count):
            return _list(_reader(get_args(inner)[0]), rule)
        return _dict(rule) if isinstance(rule, Block) else leaf(rule)
    return part(hint)


def leaf(rule: Rule) -> Read:
    """Parse a single value by its rule."""

    def read(value: object, path: Path, found: list[Violation]) -> Any:
        try:
            return rule(value)
        except ContentError as error:
            found += [each.under(path) for each in error.violations]
            return BROKEN

    return read


def _list(entry: Read, count: Count) -> Read:
    def read(value: object, path: Path, found: list[Violation]) -> Any:
        if not isinstance(value, list | tuple):
            mend = "Begin each line of it with a hyphen."
            wrong = f"{{this}} should be a list and is {shown(value)}.", mend
        elif len(value) < count.least:
            wrong = "{this} is empty.", "Give at least one."
        elif len(value) > count.most:
            wrong = f"{{this}} has {len(value)}.", f"At most {count.most} fit."
        else:
            return tuple(entry(each, (*path, n), found) for n, each in enumerate(value))
        found.append(Violation((), *wrong).under(path))
        return BROKEN

    return read


def _dict(known: Block) -> Read:
    def read(value: object, path: Path, found: list[Violation]) -> Any:
        values = read_block(value, known.fields, path, found)
        return BROKEN if values is BROKEN else {**known.defaults, **values}

    return read


def part(kind: type) -> Read:
    """Parse a block of keys into an instance of its class."""

    def read(value: object, path: Path, found: list[Violation]) -> Any:
        if isinstance(value, kind):
            return value
        values = read_block(value, schema(kind), path, found)
        if values is BROKEN or any(has_gaps(each) for each in values.values()):
            return BROKEN
        instance: object = made(kind, values)
        if isinstance(instance, Checked):
            # The instance is complete and stays, so that what refers to it is validated too.
            found += [each.under(path) for each in instance.violations()]
        return instance

    return read


def _listed(known: tuple[Field, ...]) -> str:
    return ", ".join(field.key for field in known)


_SCHEMAS: dict[type, tuple[Field, ...]] = {
    Term: (Field("first", "first", leaf(day)), Field("last", "last", leaf(day))),
    QuietHours: (Field("start", "from", leaf(clock)), Field("end", "to", leaf(clock))),
    WeekTime: (
        Field("day", "day", leaf(weekday), write=DAYS.__getitem__),
        Field("at", "at", leaf(starting_clock)),
    ),
}
"""The schemas of all classes; these are given for dataclasses that know nothing of written content."""


def plain(value: Any) -> Any:
    """Serialize to plain data: blocks of keys without what is None, lists, text, numbers, dates and times of day."""
    if isinstance(value, Content) or type(value) in _SCHEMAS:
        written = {field.key: _written(field, value) for field in schema(type(value))}
        return {key: item for key, item in written.items() if item is not None}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return str(value) if isinstance(value, Month | IsoWeek | StrEnum) else value


def _written(field: Field, value: Any) -> Any:
    item = getattr(value, field.name)
    return plain(item) if field.write is None else field.write(item)


def as_json(value: Any) -> Any:
    """Serialize to JSON values: plain data with dates and times of day in ISO 8601."""
    return json.loads(json.dumps(plain(value), default=_iso))


def _iso(value: date | time) -> str:
    return value.isoformat(timespec="minutes") if isinstance(value, time) else value.isoformat()
