"""Values that validate themselves when they are made, and the validation error they raise."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

Path = tuple[str | int, ...]


class Violation(NamedTuple):
    """A validation error: the path of the value, what is wrong with it, how to mend it, in whole sentences.

    `{this}` at the beginning of `what` stands for the value's name, until that is known. `about` is the key that was
    referred to and not found, if that is what is wrong.
    """

    path: Path
    what: str
    mend: str
    about: str = ""

    def under(self, path: Path) -> "Violation":
        """The same of a value inside another: with the path from there, and its name filled in."""
        whole = (*path, *self.path)
        what = self.what
        if what.startswith("{this}"):
            what = name_of(whole) + what.removeprefix("{this}")
        return self._replace(path=whole, what=what)


class ContentError(ValueError):
    """Values that break validation rules: every violation at once."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__("\n".join(f"{each.what} {each.mend}" for each in self.violations))


def refused(what: str, mend: str) -> ContentError:
    """The validation error of a single value."""
    return ContentError([Violation((), what, mend)])


def name_of(path: Path) -> str:
    """What an error message calls a value: its key, or its number in the list it is in."""
    last = path[-1] if path else "The file"
    return f"Number {last + 1} of {name_of(path[:-1])}" if isinstance(last, int) else str(last)


class Checked:
    """Base of a dataclass with invariants: making it raises ContentError when one is broken."""

    __slots__ = ()

    def __post_init__(self) -> None:
        found = list(self.violations())
        if found:
            raise ContentError(found)

    def violations(self) -> Iterator[Violation]:
        """The broken invariants of the value as a whole, each with its path inside the value."""
        yield from ()


def duplicates(paths: Iterable[tuple[Path, str]]) -> Iterator[Violation]:
    """A violation for each key that has been used before, upper and lower case alike."""
    seen: set[str] = set()
    for path, key in paths:
        if key.casefold() in seen:
            yield Violation(path, f"{key} stands twice.", "Each may be there only once.")
        seen.add(key.casefold())
