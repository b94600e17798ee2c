"""A school in a file: read it, validate it, write it back.

`syntax` (YAML to plain data with lines) -> `pals.content` (validated values) -> a frozen `SchoolContent`, or a
`SchoolFileError` with every problem, its line and its mend. `write` serializes, `edit` changes a file in place.
docs/school-file.md explains the keys.
"""

from bot.content.school.edit import edit
from bot.content.school.read import decode, parse, read
from bot.content.school.syntax import Problem, SchoolFileError
from bot.content.school.write import dump

__all__ = ["Problem", "SchoolFileError", "decode", "dump", "edit", "parse", "read"]
