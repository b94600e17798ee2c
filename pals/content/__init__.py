"""A school's content: what a school decides about itself, as frozen values that validate themselves.

rules, schema    validation rules of single values; parsing from and serializing to plain data
parts, times     the parts of a school; each raises ContentError when it is made of something invalid
school           the whole: references, duplicates, what must agree
changes          the diff of two contents: changes that can be shown, applied and taken back
"""

from pals.checked import ContentError, Violation
from pals.content.changes import Change, ChangeKind, StaleChangeError, patched, plan_changes, taken_back
from pals.content.parts import SchoolGroup
from pals.content.rules import Month, Texts
from pals.content.schema import as_json, plain, schema
from pals.content.school import SchoolContent, parse_school, stored_school
