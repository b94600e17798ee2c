"""Read a school file: YAML to validated content, or every problem in it with its line."""

from collections.abc import Mapping
from pathlib import Path as FilePath

from bot.content.school.syntax import MOST_CHARACTERS, Problem, SchoolFileError, parse_yaml
from pals.content import ContentError, SchoolContent, parse_school
from pals.content.rules import shown


def read(path: FilePath) -> SchoolContent:
    """The school in the file at `path`. Raises `SchoolFileError` with every problem in it."""
    return parse(decode(path), path.name)


def decode(path: FilePath) -> str:
    """The text of a file as it is, but for a byte order mark. Raises `SchoolFileError` when it is not UTF-8."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_CHARACTERS * 4 + 1)
    except OSError as error:
        reason = f"The file cannot be opened ({error.strerror})."
        raise _only(path.name, 1, reason, "Check its name and that you may read it.") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _only(path.name, line, "This is not UTF-8 text.", "Save the file as UTF-8 text.") from None


def parse(text: str, name: str) -> SchoolContent:
    """The school in `text`; `name` is what the file is called in problems. Raises `SchoolFileError`."""
    tree = parse_yaml(text.removeprefix("\ufeff"), name)
    if tree.readable and not isinstance(tree.value, Mapping):
        what = "is empty" if tree.value is None else f"should begin with a key and is {shown(tree.value)}"
        tree.report(1, f"The file {what}.", "Begin with school: and see docs/school-file.md.")
    elif tree.readable:
        try:
            content = parse_school(tree.value)
        except ContentError as error:
            for path, what, mend, _ in error.violations:
                tree.report(tree.line(path), what, mend)
        else:
            if not tree.problems:
                return content
    raise SchoolFileError(tuple(sorted(dict.fromkeys(tree.problems), key=lambda problem: problem.line)))


def _only(file: str, line: int, what: str, mend: str) -> SchoolFileError:
    return SchoolFileError((Problem(file, line, what, mend),))
