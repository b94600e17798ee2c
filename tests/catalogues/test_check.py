"""`make check` and `make messages`: which msgid is asked for in which domain and language, and what moves where."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polib
import pytest

from bot.i18n import FAMILIES_DOMAIN, SCHOOL_DOMAIN, language
from locales.check import problems
from locales.extract import COMPLETE, LOCALES, families_msgids, msgids, path_of, sentences
from locales.update import update

OF_FAMILIES = "👁 Seen"
OF_SCHOOL = "📤 Send"
NAMED = "The families of {group}"  # the school's


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    """A copy of the catalogues, to break."""
    copied: Path = shutil.copytree(LOCALES, tmp_path / "locales", ignore=shutil.ignore_patterns("*.py*"))
    return copied


def change(locales: Path, code: str, domain: str, done: Callable[[polib.POFile], object]) -> None:
    catalogue = polib.pofile(str(path_of(code, domain, locales)))
    done(catalogue)
    catalogue.save()


def entry_of(locales: Path, code: str, domain: str, msgid: str) -> polib.POEntry | None:
    return polib.pofile(str(path_of(code, domain, locales))).find(msgid)


def drop(msgid: str) -> Callable[[polib.POFile], object]:
    def done(catalogue: polib.POFile) -> None:
        entry = catalogue.find(msgid)
        assert entry is not None
        catalogue.remove(entry)

    return done


def put(msgid: str, msgstr: str) -> Callable[[polib.POFile], object]:
    """Adds a translation, or puts another in its place."""

    def done(catalogue: polib.POFile) -> None:
        entry = catalogue.find(msgid)
        if entry is None:
            entry = polib.POEntry(msgid=msgid)
            catalogue.append(entry)
        entry.msgstr = msgstr

    return done


def test_every_catalogue_has_all_of_its_domain() -> None:
    assert list(problems()) == []


def test_families_read_every_language_and_the_school_norwegian_and_the_source() -> None:
    assert COMPLETE == {FAMILIES_DOMAIN: ("nb", "nn", "ar", "uk"), SCHOOL_DOMAIN: ("nb", "nn")}


@pytest.mark.parametrize("code", ["nb", "nn", "ar", "uk"])
def test_a_sentence_of_either_domain_is_found(code: str) -> None:
    for domain, msgid in ((FAMILIES_DOMAIN, OF_FAMILIES), (SCHOOL_DOMAIN, OF_SCHOOL)):
        entry = entry_of(LOCALES, code, domain, msgid)
        assert entry is not None
        assert (language(code).t(msgid), bool(entry.msgstr)) == (entry.msgstr, True)


@pytest.mark.parametrize("code", ["nb", "ar"])
def test_what_families_read_is_missed_in_every_language(locales: Path, code: str) -> None:
    change(locales, code, FAMILIES_DOMAIN, drop(OF_FAMILIES))
    assert list(problems(locales)) == [f"{code}/families: missing (run `make messages`): {OF_FAMILIES!r}"]
    change(locales, code, FAMILIES_DOMAIN, put(OF_FAMILIES, ""))
    assert list(problems(locales)) == [f"{code}/families: not translated: {OF_FAMILIES!r}"]


@pytest.mark.parametrize(
    ("code", "missing", "empty"),
    [
        ("nn", [f"nn/school: missing (run `make messages`): {OF_SCHOOL!r}"], ["not translated"]),
        ("uk", [], []),
    ],
)
def test_what_the_school_reads_is_missed_in_its_languages_alone(
    locales: Path, code: str, missing: list[str], empty: list[str]
) -> None:
    change(locales, code, SCHOOL_DOMAIN, drop(OF_SCHOOL))
    assert list(problems(locales)) == missing
    change(locales, code, SCHOOL_DOMAIN, put(OF_SCHOOL, ""))
    assert list(problems(locales)) == [f"{code}/school: {what}: {OF_SCHOOL!r}" for what in empty]


def test_an_optional_translation_must_fit_and_be_of_something_that_is_said(locales: Path) -> None:
    change(locales, "ar", SCHOOL_DOMAIN, put(NAMED, "Familiene"))
    change(locales, "ar", SCHOOL_DOMAIN, put("Once said", "Sagt"))
    assert list(problems(locales)) == [
        "ar/school: no longer said (run `make messages`): 'Once said'",
        f"ar/school: fills in [] for ['group']: {NAMED!r}",
    ]


def test_a_msgid_is_of_one_domain_in_every_language(locales: Path) -> None:
    change(locales, "nb", FAMILIES_DOMAIN, put(OF_SCHOOL, "📤 Send"))
    assert list(problems(locales)) == [
        *(
            f"{code}/families: missing (run `make messages`): {OF_SCHOOL!r}"
            for code in ("nn", "ar", "uk")
        ),
        *(
            f"{code}/school: of the other domain (run `make messages`): {OF_SCHOOL!r}"
            for code in ("nb", "nn", "ar", "uk")
        ),
    ]  # fmt: skip


def test_a_msgid_moves_with_its_translations(locales: Path) -> None:
    before = entry_of(locales, "uk", SCHOOL_DOMAIN, OF_SCHOOL)
    assert before is not None
    update({*families_msgids(), OF_SCHOOL}, locales)
    assert families_msgids(locales) - families_msgids() == {OF_SCHOOL}
    moved = entry_of(locales, "uk", FAMILIES_DOMAIN, OF_SCHOOL)
    assert moved is not None
    assert moved.msgstr == before.msgstr
    assert entry_of(locales, "uk", SCHOOL_DOMAIN, OF_SCHOOL) is None
    assert list(problems(locales)) == []


def test_a_msgid_moves_back_with_its_translations(locales: Path) -> None:
    update(families_msgids(), locales)  # the source files of a msgid may have been renamed
    before = {path: path.read_bytes() for path in locales.rglob("*.po")}
    update({*families_msgids(), OF_SCHOOL}, locales)
    update(families_msgids(), locales)
    assert {path: path.read_bytes() for path in locales.rglob("*.po")} == before


def test_a_new_msgid_is_the_schools_until_a_family_meets_it(locales: Path) -> None:
    for code in ("nb", "nn", "ar", "uk"):
        change(locales, code, FAMILIES_DOMAIN, drop(OF_FAMILIES))
    update(families_msgids(locales), locales)
    assert list(problems(locales)) == [
        f"{code}/school: not translated: {OF_FAMILIES!r}" for code in ("nb", "nn")
    ]


def test_a_language_of_families_needs_no_catalogue_of_the_schools(locales: Path) -> None:
    path_of("uk", SCHOOL_DOMAIN, locales).unlink()
    update(families_msgids(locales), locales)
    assert not path_of("uk", SCHOOL_DOMAIN, locales).exists()
    assert list(problems(locales)) == []


def test_updating_twice_changes_nothing_more(locales: Path) -> None:
    update(families_msgids(), locales)  # the source files of a msgid may have been renamed
    before = {path: path.read_bytes() for path in locales.rglob("*.po")}
    update(families_msgids(locales), locales)
    assert {path: path.read_bytes() for path in locales.rglob("*.po")} == before
    assert families_msgids() < msgids(sentences())
