"""What docs/school-file.md shows can be used as it stands."""

import re
from datetime import time
from pathlib import Path

from bot.content.school import parse
from pals.content import SchoolContent, schema
from pals.content.parts import (
    SchoolCalendar,
    SchoolCampaign,
    SchoolExpectation,
    SchoolFacts,
    SchoolFocus,
    SchoolGroup,
    SchoolMeeting,
)
from pals.content.times import DEFAULT_TIMES

PARTS = (
    SchoolFacts,
    SchoolCalendar,
    SchoolGroup,
    SchoolExpectation,
    SchoolFocus,
    SchoolCampaign,
    SchoolMeeting,
)
SECTIONS = {field.key for field in schema(SchoolContent)}

DOCS = (Path(__file__).parents[2] / "docs" / "school-file.md").read_text("utf-8")


def test_the_examples_together_are_a_school() -> None:
    examples = re.findall(r"^```yaml\n(.*?)^```", DOCS, re.DOTALL | re.MULTILINE)
    sections = [example for example in examples if example.partition(":")[0] in SECTIONS]
    school = parse("\n".join(sections), "examples")
    assert (school.school.slug, school.school.words.sfo, school.times["focus_family"]) == (
        "furulia",
        "AKS",
        time(17),
    )
    assert [meeting.key for meeting in school.meetings] == ["pals-team"]


def test_every_key_is_explained() -> None:
    keys = {field.key for part in PARTS for field in schema(part)} | set(DEFAULT_TIMES)
    explained = set(re.findall(r"`([a-z_]+)`", DOCS))
    assert keys - explained == set()
    headings = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"^### (.*)$", DOCS, re.MULTILINE))))
    assert SECTIONS - headings == set()
