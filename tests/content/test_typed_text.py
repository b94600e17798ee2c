"""What a person typed before it goes to many."""

import pytest

from bot.content.typed_text import LIMIT, contact_in, is_identity_number, plain, problem

MADE_UP = "01010750160"  # nobody's: both control digits are right
NOBODYS_ACCOUNT = "86011117173"  # both control digits are right, and there is no such day

EMPTY = "There is nothing in that message yet. Write what you want to tell, as text."


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Hei alle \n", "Hei alle"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("<b>{name}</b> %s &amp; *x*", "<b>{name}</b> %s &amp; *x*"),
        ("a\x00b\x1b[0m\u202ec\ud800", "ab[0mc"),
        ("👩‍👧 مرحبا \u200fx", "👩‍👧 مرحبا \u200fx"),
    ],
    ids=["blanks", "line ends", "markup stays as typed", "control signs", "joiners and marks stay"],
)
def test_only_what_nobody_sees_is_taken_away(typed: str, kept: str) -> None:
    assert plain(typed) == kept


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\u200b", "\u200f"])
def test_a_text_that_shows_nothing_is_no_text(text: str) -> None:
    assert problem(plain(text)) == EMPTY


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * LIMIT, True),
        ("x" * (LIMIT + 1), False),
        ("😀" * (LIMIT // 2), True),
        ("😀" * (LIMIT // 2 + 1), False),
    ],
)
def test_the_limit_counts_as_telegram_counts(text: str, fits: bool) -> None:
    assert (problem(text) is None) is fits


@pytest.mark.parametrize(
    "written",
    [
        MADE_UP,
        "010107 50160",
        "010107-50160",
        "01.01.07 - 50160",
        "0 1 0 1 0 7 5 0 1 6 0",
        "010107\u00a050160",
        "fnr:01010750160.",
        "12345 010107 01010750160",
    ],
)
def test_an_identity_number_is_found_however_it_is_written(written: str) -> None:
    said = problem(f"Ta med {written} i morgen")
    assert said is not None
    assert said.startswith("There is a number in it that looks like a national identity number.")


@pytest.mark.parametrize(
    "number",
    ["41010750235", "01410750305", "01810750479"],
    ids=["D number", "help number", "made up for tests"],
)
def test_numbers_like_it_are_found_too(number: str) -> None:
    assert is_identity_number(number)


@pytest.mark.parametrize(
    "number",
    ["01010750161", "01010750170", "99999999999", NOBODYS_ACCOUNT, "0101075016", "010107501600"],
    ids=[
        "second control digit",
        "first control digit",
        "no such day",
        "account",
        "ten digits",
        "twelve digits",
    ],
)
def test_other_numbers_are_let_through(number: str) -> None:
    assert problem(f"Kontonummer {number}") is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ring 22 33 44 55", True),
        ("Ring +47 92233445", True),
        ("Skriv til post@heia.example", True),
        ("2. november 2026 kl. 17.00–18.30 i uke 45", False),
        ("@alle møtes 12", False),
    ],
)
def test_phone_numbers_and_addresses_are_pointed_out(text: str, found: bool) -> None:
    assert contact_in(text) is found
