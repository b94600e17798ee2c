"""What docs/school-file.md shows can be used as it stands."""

import re
from datetime import time
from pathlib import Path

from bot.content.school_file import SchoolFile, parse
from bot.content.school_file.models import (
    Calendar,
    Campaign,
    Expectation,
    Focus,
    Group,
    Meeting,
    Part,
    School,
    Times,
)

DOCS = (Path(__file__).parents[2] / "docs" / "school-file.md").read_text("utf-8")


def test_the_examples_together_are_a_school() -> None:
    examples = re.findall(r"^```yaml\n(.*?)^```", DOCS, re.DOTALL | re.MULTILINE)
    sections = [example for example in examples if example.partition(":")[0] in SchoolFile.model_fields]
    school = parse("\n".join(sections), "examples")
    assert (school.school.slug, school.school.words.sfo, school.times.focus_family) == (
        "furulia",
        "AKS",
        time(17),
    )
    assert [meeting.key for meeting in school.meetings] == ["pals-team"]


def test_every_key_is_explained() -> None:
    parts: tuple[type[Part], ...] = (School, Calendar, Times, Group, Expectation, Focus, Campaign, Meeting)
    keys = {field.alias or name for part in parts for name, field in part.model_fields.items()}
    explained = set(re.findall(r"`([a-z_]+)`", DOCS))
    assert keys - explained == set()
    headings = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"^### (.*)$", DOCS, re.MULTILINE))))
    assert set(SchoolFile.model_fields) - headings == set()
