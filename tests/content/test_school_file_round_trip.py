"""A school that is read, written and read again is the same school."""

import difflib
import json
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.content.school import SchoolFileError, dump, edit, parse, read
from bot.content.schools import FURULIA, LITEN
from pals.content import Month, SchoolContent, as_json
from pals.quiet import QuietHours
from pals.weeks import IsoWeek
from pals.yearwheel import OnClosed, WeekTime
from tests.support.tiny_school import TINY


@pytest.mark.parametrize("path", [FURULIA, LITEN], ids=lambda path: path.stem)
def test_a_school_written_and_read_again_is_the_same(path: Path) -> None:
    school = read(path)
    written = dump(school)
    assert parse(written, "again.yaml") == school
    assert dump(parse(written, "again.yaml")) == written


def test_the_demo_school_stands_in_its_canonical_form_but_for_its_notes() -> None:
    lines = FURULIA.read_text("utf-8").splitlines(keepends=True)
    assert dump(read(FURULIA)) == "".join(line for line in lines if not line.startswith("#"))


def test_another_reader_of_yaml_sees_the_same_texts_and_times() -> None:
    plain = YAML(typ="safe", pure=True).load(dump(read(LITEN)))
    assert plain["times"]["focus_staff"] == "07:15"
    assert plain["focuses"][0]["family"] == read(LITEN).focuses[0].family


def test_what_is_left_out_has_its_default() -> None:
    school = read(LITEN)
    assert school.school.timezone == "Europe/Oslo"
    assert school.school.words.sfo == "SFO"
    assert school.times == {
        "prompt": WeekTime(0, time(7, 30)),
        "reminder": WeekTime(3, time(13)),
        "coverage": WeekTime(4, time(12)),
        "focus_staff": time(7, 15),
        "focus_family": time(16, 30),
        "campaign_notice": WeekTime(3, time(14)),
        "campaign_start": time(7, 45),
        "campaign_family": time(16, 30),
        "meeting_day_before": time(13, 30),
        "meeting_minutes_before": 60,
    }
    assert school.quiet_hours == QuietHours(time(20, 30), time(6, 30))
    assert [meeting.on_closed for meeting in school.meetings] == [OnClosed.SKIP, OnClosed.AFTER]


# YAML 1.1 takes several of these for something else: seconds, truth, a number, a day.
TRAPS = [
    ('at: "07:30"', "at: 7:30", lambda school: school.times["prompt"].at, time(7, 30)),
    ('from: "20:30"', "from: 20:30", lambda school: school.quiet_hours.start, time(20, 30)),
    ("name: 1A", "name: 1e5", lambda school: school.groups[0].name, "1e5"),
    ("name: 1A", "name: 07", lambda school: school.groups[0].name, "07"),
    ("name: 1A", "name: no", lambda school: school.groups[0].name, "no"),
    ("{nb: Hei}", "{nb: no}", lambda school: school.focuses[0].title, {"nb": "no"}),
    ("{nb: Hei}", "{nb: 2026-08-17}", lambda school: school.focuses[0].title, {"nb": "2026-08-17"}),
    ("2026-09", "'2026-09'", lambda school: school.focuses[0].month, Month(2026, 9)),
    ("2027-W02", '"2027-W2"', lambda school: school.campaigns[0].week, IsoWeek(2027, 2)),
    ("2027-W02", "2026-W50", lambda school: school.campaigns[0].week.monday, date(2026, 12, 7)),
    ("20T14:00", "20 14:00:00", lambda school: school.meetings[0].starts, datetime(2026, 8, 20, 14)),  # noqa: DTZ001
    ("slug: tiny", "slug: &name tiny", lambda school: school.school.slug, "tiny"),
    ("school:", "\ufeffschool:", lambda school: school.school.slug, "tiny"),
    ("\n", "\r\n", lambda school: school.school.name, "Tiny skole"),
]


@pytest.mark.parametrize(("before", "now", "value", "meant"), TRAPS, ids=[trap[1] for trap in TRAPS])
def test_a_value_means_what_it_looks_like(before: str, now: str, value: Any, meant: object) -> None:
    assert before in TINY
    school = parse(TINY.replace(before, now), "t.yaml")
    assert value(school) == meant
    assert parse(dump(school), "again.yaml") == school


def test_a_blank_line_in_a_long_text_stays_a_blank_line() -> None:
    folded = "staff:\n      nb: >\n        Vi går\n        rolig.\n\n        Vi hilser.\n"
    kept = "family:\n      nb: |\n        Vi går\n        rolig.\n\n        Vi hilser.\n"
    text = TINY.replace("staff: {nb: Si hei.}\n", folded).replace("family: {nb: Vi sier hei.}\n", kept)
    focus = parse(text, "t.yaml").focuses[0]
    assert focus.staff == {"nb": "Vi går rolig.\n\nVi hilser."}
    assert focus.family == {"nb": "Vi går\nrolig.\n\nVi hilser."}


def _with_staff_text(text: str) -> SchoolContent:
    plain = as_json(parse(TINY, "t.yaml"))
    plain["focuses"][0] |= {"staff": {"nb": text}, "title": {"nb": " ".join(text.split()) or "-"}}
    return parse(json.dumps(plain, ensure_ascii=False), "t.yaml")


_WORDS = st.sampled_from(
    [
        "Vi",
        "øver:",
        "#ro",
        "- nå",
        "{a}",
        "'«",
        "*b",
        "&c",
        "!d",
        "|",
        ">",
        "%e",
        "@f",
        "? ",
        "no",
        "07:30",
        "سلام",
        "👏",
    ]
)
_PARTS = st.lists(
    st.one_of(_WORDS, st.sampled_from([" ", "\n", "\n\n", "\n\n\n", "\t", "  \n  "])), min_size=1, max_size=30
)


@settings(deadline=None)  # the machine is shared
@given(_PARTS)
def test_whatever_words_a_text_has_come_back(parts: list[str]) -> None:
    try:
        school = _with_staff_text("".join(parts))
    except SchoolFileError as error:
        only_space = not "".join(parts).strip()
        too_long = len(" ".join("".join(parts).split())) > 80
        assert only_space or too_long, error
        return
    assert parse(dump(school), "again.yaml") == school


@settings(deadline=None)  # the machine is shared
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80))
@example(":-)")
def test_whatever_letters_a_text_has_come_back(text: str) -> None:
    try:
        school = _with_staff_text(text)
    except SchoolFileError:
        return
    assert parse(dump(school), "again.yaml") == school


COMMENTED = """\
# Skolens egen fil
groups:
  # The youngest
  - {name: 1A, kind: class, grade: 1, size: 20}  # counted in August
  - {name: SFO, kind: sfo, size: 12}  # also in their classes
"""


def test_an_edited_file_keeps_its_comments_and_the_layout_of_what_stays() -> None:
    head, _, tail = TINY.partition("groups:\n")
    text = head + COMMENTED + "values:\n" + tail.partition("values:\n")[2]
    school = parse(text, "t.yaml")
    first, sfo = school.groups
    wanted = replace(
        school,
        groups=(first, replace(sfo, size=15), replace(first, name="1B")),
        focuses=(replace(school.focuses[0], title={"nb": "Hei, alle", "en": "Hello"}),),
        campaigns=(),
    )
    edited = edit(text, wanted)
    assert parse(edited, "t.yaml") == wanted
    assert [line for line in difflib.ndiff(text.splitlines(), edited.splitlines()) if line[0] in "-+"] == [
        "-   - {name: SFO, kind: sfo, size: 12}  # also in their classes",
        "+   - {name: SFO, kind: sfo, size: 15}  # also in their classes",
        "+   - {name: 1B, kind: class, grade: 1, size: 20}",
        "-     title: {nb: Hei}",
        "+     title: {nb: 'Hei, alle', en: Hello}",
        "- campaigns:",
        "-   - {key: sprak, week: 2027-W02, title: {nb: Språkuka}, staff: {nb: Vi øver.}}",
    ]
    assert edit(text, school) == text


def test_a_section_that_cannot_be_edited_is_written_anew_under_its_comment() -> None:
    """ruamel.yaml loses a line break after a comment on an entry in braces that another form follows."""
    mixed = COMMENTED.replace("{name: SFO, kind: sfo, size: 12}", "name: SFO\n    kind: sfo\n    size: 12")
    head, _, tail = TINY.partition("groups:\n")
    text = head + mixed + "values:\n" + tail.partition("values:\n")[2]
    school = parse(text, "t.yaml")
    wanted = replace(school, groups=tuple(replace(group, size=9) for group in school.groups))
    edited = edit(text, wanted)
    assert parse(edited, "t.yaml") == wanted
    assert "# Skolens egen fil\ngroups:\n  - {name: 1A, kind: class, grade: 1, size: 9}\n" in edited
    assert edited.partition("values:\n")[2] == text.partition("values:\n")[2]


@pytest.mark.parametrize("path", [FURULIA, LITEN], ids=lambda path: path.stem)
def test_a_file_is_edited_into_another_year_and_back(path: Path) -> None:
    text = path.read_text("utf-8")
    school = read(path)
    year = replace(
        school,
        times={**school.times, "focus_family": time(17)},
        groups=tuple(reversed(school.groups)),
        focuses=tuple(
            replace(focus, practice=focus.practice[:1], staff={"nb": "Én\n\nto " * 40})
            for focus in school.focuses[1:]
        ),
        campaigns=tuple(replace(campaign, family=None) for campaign in school.campaigns),
        meetings=school.meetings[:1],
    )
    edited = edit(text, year)
    assert parse(edited, "t.yaml") == year
    assert parse(edit(edited, school), "t.yaml") == school
    comments = {line for line in text.splitlines() if line.startswith("#")}
    assert comments <= set(edited.splitlines())
