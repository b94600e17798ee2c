"""A school file from disk to a `SchoolFile`, or every reason why not, with its line."""

import types
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.content.school_file.check import findings
from bot.content.school_file.kinds import shown
from bot.content.school_file.models import SchoolFile
from bot.content.school_file.problems import Problem, SchoolFileError
from bot.content.school_file.tree import MOST_CHARACTERS, Path, Tree, grow


def read(path: FilePath) -> SchoolFile:
    """The school in the file at `path`. Raises `SchoolFileError` with everything there is to mend."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_CHARACTERS * 4 + 1)
    except OSError as error:
        reason = f"The file cannot be opened ({error.strerror})."
        raise _only(path.name, 1, reason, "Check its name and that you may read it.") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _only(path.name, line, "This is not UTF-8 text.", "Save the file as UTF-8 text.") from None
    return parse(text, path.name)


def parse(text: str, name: str) -> SchoolFile:
    """The school in `text`; `name` is what the file is called in problems. Raises `SchoolFileError`."""
    tree = grow(text.removeprefix("\ufeff"), name)
    if tree.readable and not isinstance(tree.value, dict):
        if tree.value is None:
            what = "The file is empty."
        else:
            what = f"The file should begin with a key and is {shown(tree.value)}."
        tree.report(1, what, "Begin with school: and see docs/school-file.md.")
    elif tree.readable:
        try:
            file = SchoolFile.model_validate(tree.value)
        except ValidationError as error:
            tree.problems += [_problem(tree, detail) for detail in error.errors()]
            tree.problems += _problems_of_the_rest(tree, error)
        else:
            tree.problems += [
                Problem(name, tree.line(path), what, mend) for path, what, mend, _ in findings(file)
            ]
            if not tree.problems:
                return file
    raise SchoolFileError(tuple(sorted(dict.fromkeys(tree.problems), key=lambda problem: problem.line)))


def _problems_of_the_rest(tree: Tree, error: ValidationError) -> list[Problem]:
    """What does not agree among the parts that are well formed, so that one reading tells everything.

    A broken part of a list is left out and its key still counts as known; when more than such parts
    is broken, there is too little left to compare.
    """
    broken = {detail["loc"][:2] for detail in error.errors()}
    rest: dict[str, Any] = dict(tree.value) if isinstance(tree.value, dict) else {}
    kept: dict[str | int, list[int]] = {}
    gone: set[Any] = set()
    for section, *_ in broken:
        parts = rest.get(str(section))
        if isinstance(parts, list) and section not in kept:
            kept[section] = [n for n in range(len(parts)) if (section, n) not in broken]
            rest[str(section)] = [parts[n] for n in kept[section]]
            gone |= {part["key"] for n, part in enumerate(parts) if n not in kept[section] and _has_key(part)}
    try:
        file = SchoolFile.model_validate(rest)
    except ValidationError:
        return []
    return [
        Problem(tree.file, tree.line(_as_written(path, kept)), what, mend)
        for path, what, mend, about in findings(file)
        if about not in gone
    ]


def _has_key(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("key"), str)


def _as_written(path: Path, kept: dict[str | int, list[int]]) -> Path:
    section, *inside = path
    if section in kept and inside and isinstance(inside[0], int):
        return (section, kept[section][inside[0]], *inside[1:])
    return path


def _only(file: str, line: int, what: str, mend: str) -> SchoolFileError:
    return SchoolFileError((Problem(file, line, what, mend),))


def _problem(tree: Tree, detail: ErrorDetails) -> Problem:
    path: Path = detail["loc"]
    what, mend = _said(path, detail)
    return Problem(tree.file, tree.line(path), what, mend)


def _said(path: Path, detail: ErrorDetails) -> tuple[str, str]:
    name, given = _name(path), detail.get("ctx", {})
    if detail["type"] == "wrong":
        return given["what"].replace("This", name, 1), given["mend"]
    if detail["type"] == "extra_forbidden":
        keys = _keys(path[:-1])
        alike = get_close_matches(str(path[-1]), keys, 1)
        mend = f"Did you mean {alike[0]}?" if alike else f"The keys here are {', '.join(keys)}."
        return f"{_name(path[:-1])} has no use for a key {path[-1]}.", mend
    is_now = f"and is {shown(detail['input'])}."
    sentences = {
        "missing": (f"{_name(path[:-1])} has no {name}.", f"Add {name}: and its value."),
        "too_short": (f"{name} is empty.", "Give at least one."),
        "too_long": (f"{name} has {given.get('actual_length')}.", f"At most {given.get('max_length')} fit."),
        "tuple_type": (f"{name} should be a list {is_now}", "Begin each line of it with a hyphen."),
        "dict_type": (
            f"{name} should have a text per language {is_now}",
            "Write it as in {nb: Gang, nn: Gang}.",
        ),
    }
    return sentences.get(detail["type"]) or (
        f"{name} should be a block of keys {is_now}",
        f"The keys here are {', '.join(_keys(path))}.",
    )


def _name(path: Path) -> str:
    """What a value is called in a sentence: its own key, or its number in the list it stands in."""
    last = path[-1] if path else "The file"
    return f"Number {last + 1} of {_name(path[:-1])}" if isinstance(last, int) else str(last)


def _keys(path: Path) -> list[str]:
    """The keys that the schema has at `path`, as a file writes them."""
    kind: Any = SchoolFile
    for step in path:
        kind = _inside(kind, step)
    return [field.alias or name for name, field in kind.model_fields.items()]


def _inside(kind: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return get_args(kind)[0]
    by_key = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
    found = by_key[step]
    if get_origin(found) in {Union, types.UnionType}:
        found = next(
            part for part in get_args(found) if isinstance(part, type) and issubclass(part, BaseModel)
        )
    return found
