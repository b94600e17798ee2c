"""Callback data of inline keyboard buttons: a conversation's state, packed into the button itself.

A subclass of `Press` is a frozen dataclass with a short tag; packed it is at most `LIMIT` bytes. When its fields
change, its tag must change too, so that the data of an old button is rejected.

    class Praise(Press, tag="p1"):
        group_id: int
        expectation_id: int
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, ClassVar, Union, dataclass_transform, get_args, get_origin, get_type_hints
from urllib.parse import quote, unquote

IN_DIGEST = "~"
"""Prefix of the callback data of a button in a digest."""

LIMIT = 64 - len(IN_DIGEST)  # bytes; Telegram allows 64 of callback data


@dataclass_transform(frozen_default=True)
class Press:
    """The meaning of a tap. It is untrusted input: the handler checks permission and school again."""

    tag: ClassVar[str] = ""
    known: ClassVar[dict[str, type["Press"]]] = {}

    def __init_subclass__(cls, tag: str) -> None:
        if other := Press.known.get(tag):
            raise TypeError(f"tag {tag!r} of {cls.__name__} is already {other.__name__}'s")
        cls.tag = tag
        Press.known[tag] = dataclass(frozen=True)(cls)

    def pack(self) -> str:
        """The callback data. Raises ValueError above `LIMIT` bytes."""
        values = [_write(getattr(self, name)) for name in type(self).readers()]
        data = ":".join([self.tag, *values])
        if len(data.encode()) > LIMIT:
            raise ValueError(f"{data!r} is longer than {LIMIT} bytes")
        return data

    @classmethod
    @cache
    def readers(cls) -> dict[str, Callable[[str], object]]:
        """Each field's name with the function that reads it from callback data."""
        hints = get_type_hints(cls)
        return {f.name: _reader(hints[f.name]) for f in fields(cls)}  # type: ignore[arg-type]

    @staticmethod
    def unpack(data: str) -> "Press | None":
        """Parses callback data; None for an unknown tag or invalid fields."""
        tag, *values = data.split(":")
        cls = Press.known.get(tag)
        if cls is None:
            return None
        try:
            pairs = zip(cls.readers().items(), values, strict=True)
            return cls(**{name: read(value) for (name, read), value in pairs})
        except (ValueError, KeyError):
            return None


def _write(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case date():
            return value.isoformat()
        case _:
            return quote(str(value), safe=" ")


def _int(value: str) -> int:
    """A 32-bit integer, as ids are; PostgreSQL rejects larger ones."""
    if not (value.isascii() and value.removeprefix("-").isdigit()) or len(value) > 11:
        raise ValueError(value)
    number = int(value)
    if not -(2**31) <= number < 2**31:
        raise ValueError(value)
    return number


def _text(value: str) -> str:
    text = unquote(value)
    if "\0" in text:  # PostgreSQL rejects NUL in text
        raise ValueError(value)
    return text


READERS: dict[type, Callable[[str], object]] = {
    int: _int,
    bool: {"1": True, "0": False}.__getitem__,
    str: _text,
    date: date.fromisoformat,
}


def _reader(kind: Any) -> Callable[[str], object]:
    if get_origin(kind) in (Union, UnionType):
        (inner,) = (a for a in get_args(kind) if a is not NoneType)
        read = _reader(inner)
        return lambda value: None if value == "" else read(value)
    return kind if issubclass(kind, StrEnum) else READERS[kind]
