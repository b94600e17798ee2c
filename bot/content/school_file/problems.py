"""What is wrong in a school file, said so that the person who wrote it can mend it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: where it stands, what is wrong and what to write instead, in whole sentences."""

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
