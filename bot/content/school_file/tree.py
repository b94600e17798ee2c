"""YAML text -> plain values and the line each of them stands on.

Every value stays the text that was written: what is a number, a time or a date is for the schema to
say, so `07:30`, `no` and `2027-W02` mean what they look like, quoted or not. The tree is built from
the parser's events, so nothing in a file is ever executed, expanded or nested without end.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from bot.content.school_file.problems import Problem

Path = tuple[str | int, ...]
Value = None | str | list[Any] | dict[str, Any]

MOST_CHARACTERS = 2_000_000
DEEPEST = 12
# YAML 1.1, section 5.1: what is left is printable.
_UNREADABLE = re.compile("[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Tree:
    """A file's values, the line of each path in it, and what was wrong with its form."""

    file: str
    value: Value = None
    readable: bool = True  # False when reading stopped before the end, so that more may be missing
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line (from 1) of `path`, or of the nearest block around it when it is not in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def report(self, line: int, what: str, mend: str) -> None:
        self.problems.append(Problem(self.file, line, what, mend))


@dataclass
class _Open:
    """A list or a block of keys whose end has not come yet."""

    value: list[Any] | dict[str, Any]
    path: Path
    key: str | None = None
    forgotten: bool = False  # the key was given before: what follows is read and dropped


def grow(text: str, file: str) -> Tree:
    """Read `text` without believing it: the tree has problems instead of raising."""
    tree = Tree(file)
    if len(text) > MOST_CHARACTERS:
        tree.readable = False
        tree.report(
            1, "The file is too large to be a school.", "A school file is at most 2 million characters."
        )
        return tree
    odd = _UNREADABLE.search(text)
    if odd:
        tree.report(
            text.count("\n", 0, odd.start()) + 1,
            f"There is a character here that is not text (U+{ord(odd[0]):04X}).",
            "Take it out, and save the file as UTF-8 text.",
        )
        tree.readable = False
        return tree
    try:
        _build(tree, yaml.parse(text, Loader=_LOADER))
    except _UnusableError:
        tree.readable = False
    except yaml.MarkedYAMLError as error:
        tree.readable = False
        _report_unreadable(tree, text, error)
    return tree


class _UnusableError(Exception):
    """The form is so broken that reading on would only repeat the complaint."""


def _report_unreadable(tree: Tree, text: str, error: yaml.MarkedYAMLError) -> None:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    if "\t" in _line_of(text, line)[:40]:
        tree.report(line, "There is a tab character here.", "Use spaces to indent.")
        return
    begins = error.context_mark.line + 1 if error.context_mark else line
    inside = f", in something that begins on line {begins}" if begins != line else ""
    tree.report(
        line,
        f"From here this cannot be read as YAML{inside}.",
        "Look at the indentation, at quotes and braces, and put quotes around a text that holds a colon.",
    )


def _line_of(text: str, line: int) -> str:
    lines = text.splitlines()
    return lines[line - 1] if line <= len(lines) else ""


def _build(tree: Tree, events: Iterator[Any]) -> None:
    stack: list[_Open] = []
    documents = 0
    for event in events:
        line = event.start_mark.line + 1
        match event:
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    tree.report(line, "A second document starts here (---).", "Keep one school in one file.")
                    raise _UnusableError
            case yaml.AliasEvent():
                tree.report(
                    line, f"*{event.anchor} points to another place in the file.", "Write it out instead."
                )
                raise _UnusableError
            case yaml.CollectionStartEvent() | yaml.ScalarEvent():
                _refuse_tag(tree, event, line)
                _place(tree, stack, event, line)
            case yaml.CollectionEndEvent():
                stack.pop()


def _refuse_tag(tree: Tree, event: Any, line: int) -> None:
    if event.tag is not None:
        tree.report(line, f"The tag {event.tag} is not used in school files.", "Write the value alone.")
        raise _UnusableError


def _place(tree: Tree, stack: list[_Open], event: Any, line: int) -> None:
    scalar = isinstance(event, yaml.ScalarEvent)
    top = stack[-1] if stack else None
    if top and isinstance(top.value, dict) and top.key is None:
        if not scalar:
            tree.report(line, "A key must be a single word.", "Write the key, a colon and then its value.")
            raise _UnusableError
        _take_key(tree, top, event.value, line)
        return
    value: Value = _plain(event) if scalar else {} if isinstance(event, yaml.MappingStartEvent) else []
    path: Path = ()
    dropped = False
    if top is None:
        tree.value = value
    elif isinstance(top.value, dict):
        assert top.key is not None  # noqa: S101 - a key was taken just before
        path, dropped = (*top.path, top.key), top.forgotten
        if not dropped:
            top.value[top.key] = value
        top.key = None
    else:
        path = (*top.path, len(top.value))
        top.value.append(value)
    if not dropped:
        tree.lines.setdefault(path, line)
    if not scalar:
        stack.append(_Open(value, path))  # type: ignore[arg-type]
        if len(stack) > DEEPEST:
            tree.report(
                line, "Lists and blocks are nested too deep here.", "Look at the brackets and indentation."
            )
            raise _UnusableError


def _take_key(tree: Tree, top: _Open, key: str, line: int) -> None:
    top.key = key
    top.forgotten = key in top.value
    if top.forgotten:
        first = tree.lines[(*top.path, key)]
        tree.report(line, f"The key {key} stands twice here, first on line {first}.", "Keep one of them.")
    else:
        tree.lines[(*top.path, key)] = line


def _plain(event: Any) -> str | None:
    text: str = event.value
    if not event.style and text in {"", "~", "null"}:
        return None
    # In a folded text YAML takes one line break away; what was a blank line to its writer stays one.
    return text.replace("\n", "\n\n") if event.style == ">" else text
