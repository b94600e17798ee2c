"""What is wrong in a school file is told with its file, its line and the way to mend it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.content.school import Problem, SchoolFileError, dump, parse, read
from tests.support.tiny_school import TINY

BROKEN = YAML(typ="safe", pure=True).load(Path(__file__).with_name("broken.yaml"))


def test_the_school_that_is_broken_below_is_whole_before() -> None:
    assert parse(TINY, "t.yaml").school.slug == "tiny"


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case["broken"])
def test_a_broken_line_is_told_with_its_mend(case: dict[str, Any]) -> None:
    assert case["before"] in TINY
    with pytest.raises(SchoolFileError) as refused:
        parse(TINY.replace(case["before"], case["now"], 1), "t.yaml")
    assert str(refused.value).split("\n") == case["said"]


def test_a_problem_can_be_taken_apart_by_a_program() -> None:
    with pytest.raises(SchoolFileError) as refused:
        parse(TINY.replace("size: 20", "size: many"), "t.yaml")
    assert refused.value.problems == (
        Problem("t.yaml", 16, "size should be a number and is ‘many’.", "Write a number from 1 to 2000."),
    )


NOT_SCHOOLS = [
    ("nothing", b"", "line 1: The file is empty. Begin with school: and see docs/school-file.md."),
    (
        "a comment",
        b"# later\n",
        "line 1: The file is empty. Begin with school: and see docs/school-file.md.",
    ),
    (
        "a list",
        b"- school\n",
        "line 1: The file should begin with a key and is a list. "
        "Begin with school: and see docs/school-file.md.",
    ),
    (
        "a word",
        b"school\n",
        "line 1: The file should begin with a key and is \u2018school\u2019. "
        "Begin with school: and see docs/school-file.md.",
    ),
    ("UTF-16", "school: x".encode("utf-16"), "line 1: This is not UTF-8 text. Save the file as UTF-8 text."),
    (
        "Latin-1",
        "a: 1\nb: å".encode("latin-1"),
        "line 2: This is not UTF-8 text. Save the file as UTF-8 text.",
    ),
    (
        "a picture",
        b"GIF89a\x01\x00",
        "line 1: There is a character here that is not text (U+0001). "
        "Take it out, and save the file as UTF-8 text.",
    ),
    (
        "a thousand million laughs",
        b"a: &a [ha, ha]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "line 2: *a points to another place in the file. Write it out instead.",
    ),
    (
        "a hole without a bottom",
        b"[" * 100_000,
        "line 1: Lists and blocks are nested too deep here. Look at the brackets and indentation.",
    ),
    (
        "a block without a bottom",
        b"\n".join(b" " * n + b"a:" for n in range(200)),
        "line 13: Lists and blocks are nested too deep here. Look at the brackets and indentation.",
    ),
    (
        "a mountain",
        b"a: " + b"x" * 2_000_001,
        "line 1: The file is too large to be a school. A school file is at most 2 million characters.",
    ),
    (
        "another mountain",
        b"a: " + b"x" * 9_000_000,
        "line 1: The file is too large to be a school. A school file is at most 2 million characters.",
    ),
    (
        "a directive from another time",
        b"%YAML 9\n",
        "line 1: From here this cannot be read as YAML. Look at the indentation, at quotes and braces, "
        "and put quotes around a text that holds a colon.",
    ),
]


@pytest.mark.parametrize(
    ("raw", "said"), [case[1:] for case in NOT_SCHOOLS], ids=[case[0] for case in NOT_SCHOOLS]
)
def test_what_is_no_school_at_all_is_refused_in_a_sentence(tmp_path: Path, raw: bytes, said: str) -> None:
    file = tmp_path / "school.yaml"
    file.write_bytes(raw)
    with pytest.raises(SchoolFileError) as refused:
        read(file)
    assert str(refused.value) == f"school.yaml, {said}"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SchoolFileError) as refused:
        read(tmp_path / "school.yaml")
    assert str(refused.value) == (
        "school.yaml, line 1: The file cannot be opened (No such file or directory). "
        "Check its name and that you may read it."
    )


def test_half_a_character_is_refused_where_it_stands() -> None:
    with pytest.raises(SchoolFileError) as refused:
        parse(TINY.replace("Tiny skole", "Tiny \ud83d"), "t.yaml")
    assert str(refused.value) == (
        "t.yaml, line 3: There is a character here that is not text (U+D83D). "
        "Take it out, and save the file as UTF-8 text."
    )


@settings(deadline=None)  # the machine is shared
@given(st.text(max_size=200))
def test_whatever_is_written_is_answered_in_sentences(text: str) -> None:
    with pytest.raises(SchoolFileError) as refused:
        parse(text, "t.yaml")
    assert all(
        problem.what.endswith(".") and problem.mend.endswith((".", "?")) for problem in refused.value.problems
    )


@settings(deadline=None)  # the machine is shared
@given(st.integers(0, len(TINY)), st.integers(0, 12), st.text(":{}[]-#&*!|>'\"\n\t aå0", max_size=6))
def test_a_file_with_a_slip_anywhere_is_read_or_answered(at: int, lost: int, slip: str) -> None:
    try:
        parse(TINY[:at] + slip + TINY[at + lost :], "t.yaml")
    except SchoolFileError as error:
        assert error.problems


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (block or list, key or number) inside `value`."""
    inside = list(
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [place for at, item in inside for place in ((value, at), *_places(item))]


@settings(deadline=None)  # the machine is shared
@given(st.data())
def test_a_file_with_anything_anywhere_is_read_or_answered(data: st.DataObject) -> None:
    plain = YAML(typ="base", pure=True).load(TINY)  # makes texts of everything, and nothing else
    around, at = data.draw(st.sampled_from(_places(plain)))
    around[at] = data.draw(
        st.sampled_from(
            [{}, [], [[]], [{}], None, "", "nb", "-1", "2027-06-30", "2026-W53", "../x", "FREQ=DAILY"]
        )
    )
    try:
        school = parse(json.dumps(plain, ensure_ascii=False), "t.yaml")
    except SchoolFileError as error:
        assert error.problems
    else:
        assert parse(dump(school), "again.yaml") == school
