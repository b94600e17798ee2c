"""YAML syntax: text to plain data and the line of each value, on the events of ruamel.yaml's parser.

Every scalar stays the text that was written: what is a number, a time or a date is for the schema to say, so `07:30`,
`no` and `2027-W02` mean what they look like, quoted or not. A file is hostile input: size and depth are limited,
aliases and tags are refused, and nothing in it is ever executed or expanded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import AliasEvent, DocumentStartEvent, MappingStartEvent, NodeEvent, ScalarEvent

from pals.checked import Path

MOST_CHARACTERS = 2_000_000
DEEPEST = 12
# YAML 1.1, section 5.1: what is left is printable.
_UNREADABLE = re.compile("[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One error in a file: its line, what is wrong and what to write instead, in whole sentences."""

    file: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.what} {self.mend}"


class SchoolFileError(Exception):
    """A school file that cannot be used. `str()` of it is meant for a person, one problem a line."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass
class Tree:
    """A parsed file: its plain data, the line of each path in it, and its syntax errors."""

    file: str
    value: Any = None
    readable: bool = True  # False when parsing stopped before the end, so that more may be missing
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line (from 1) of `path`, or of the nearest block around it when it is not in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def report(self, line: int, what: str, mend: str) -> None:
        self.problems.append(Problem(self.file, line, what, mend))


class _StopError(Exception):
    """The syntax is so broken that parsing on would only repeat the error."""


def parse_yaml(text: str, file: str) -> Tree:
    """Parse `text` without trusting it: the tree has problems instead of raising."""
    tree = Tree(file)
    try:
        _refuse_binary(text)
        _Parser(tree, YAML(typ="safe", pure=True).parse(text)).document()
    except _StopError as stop:
        tree.readable = False
        tree.report(*stop.args)
    except MarkedYAMLError as error:
        tree.readable = False
        tree.report(*_unreadable(text, error))
    return tree


def _refuse_binary(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        what = "The file is too large to be a school."
        raise _StopError(1, what, "A school file is at most 2 million characters.")
    odd = _UNREADABLE.search(text)
    if odd:
        what = f"There is a character here that is not text (U+{ord(odd[0]):04X})."
        line = text.count("\n", 0, odd.start()) + 1
        raise _StopError(line, what, "Take it out, and save the file as UTF-8 text.")


def _unreadable(text: str, error: MarkedYAMLError) -> tuple[int, str, str]:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    if "\t" in "".join(text.splitlines()[line - 1 : line])[:40]:
        return line, "There is a tab character here.", "Use spaces to indent."
    begins = error.context_mark.line + 1 if error.context_mark else line
    inside = f", in something that begins on line {begins}" if begins != line else ""
    mend = "Look at the indentation, at quotes and braces, and put quotes around a text that holds a colon."
    return line, f"From here this cannot be read as YAML{inside}.", mend


@dataclass
class _Parser:
    """Recursive descent over the events of one document."""

    tree: Tree
    events: Iterator[Any]

    def document(self) -> None:
        documents = 0
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    what = "A second document starts here (---)."
                    raise _StopError(event.start_mark.line + 1, what, "Keep one school in one file.")
            elif isinstance(event, NodeEvent):
                self.tree.value = self.value(event, (), 1)

    def value(self, event: Any, path: Path | None, depth: int) -> Any:
        """The value that begins with `event`; without a path its lines are not kept."""
        line = _line(event)
        if path is not None:
            self.tree.lines.setdefault(path, line)
        if isinstance(event, ScalarEvent):
            return _text(event)
        if depth > DEEPEST:
            what = "Lists and blocks are nested too deep here."
            raise _StopError(line, what, "Look at the brackets and indentation.")
        return (self.block if isinstance(event, MappingStartEvent) else self.list)(path, depth + 1)

    def list(self, path: Path | None, depth: int) -> list[Any]:
        values: list[Any] = []
        while isinstance(event := next(self.events), NodeEvent):
            values.append(self.value(event, None if path is None else (*path, len(values)), depth))
        return values

    def block(self, path: Path | None, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while isinstance(event := next(self.events), NodeEvent):
            line = _line(event)
            if not isinstance(event, ScalarEvent):
                what = "A key must be a single word."
                raise _StopError(line, what, "Write the key, a colon and then its value.")
            key = event.value
            if key in values:  # what follows is parsed and dropped
                what = f"The key {key} stands twice here, first on line {lines[key]}."
                self.tree.report(line, what, "Keep one of them.")
                self.value(next(self.events), None, depth)
                continue
            lines[key] = line
            at = None if path is None else (*path, key)
            if at is not None:
                self.tree.lines[at] = line
            values[key] = self.value(next(self.events), at, depth)
        return values


def _line(event: Any) -> int:
    """The line of a node (from 1). Refuses aliases and tags."""
    line: int = event.start_mark.line + 1
    if isinstance(event, AliasEvent):
        raise _StopError(
            line, f"*{event.anchor} points to another place in the file.", "Write it out instead."
        )
    if event.tag is not None:
        raise _StopError(line, f"The tag {event.tag} is not used in school files.", "Write the value alone.")
    return line


def _text(event: ScalarEvent) -> str | None:
    text: str = event.value
    if not event.style and text in {"", "~", "null"}:
        return None
    # In a folded text YAML takes one line break away; what was a blank line to its writer stays one.
    return text.replace("\n", "\n\n") if event.style == ">" else text
