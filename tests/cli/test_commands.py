"""The command line is a contract: what each command prints, for a person and for a program, and how it exits."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.content.school import dump, read
from bot.content.schools import LITEN

Run = Callable[..., "Done"]


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Running:
    """A command that goes on until it is told to stop, and what it said first."""

    process: "subprocess.Popen[str]"
    facts: Any

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=15)
        return self.process.returncode


def environment(where: Path, **settings: str) -> dict[str, str]:
    """The settings of a test and no others: not the developer's, not their .env file."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PALSBOT_")}
    root = str(Path(__file__).parents[2])
    return {
        **kept,
        "PYTHONPATH": root,
        "PALSBOT_DATABASE_URL": f"sqlite:///{where / 'palsbot.db'}",
        "PALSBOT_LISTEN": "127.0.0.1:0",
        **{f"PALSBOT_{name.upper()}": value for name, value in settings.items()},
    }


def begin(where: Path, *words: str, **settings: str) -> Running:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *words, "--json"],
        cwd=where,
        env=environment(where, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return Running(process, json.loads(process.stdout.readline()))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command that ends by itself, in this process."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str, **settings: str) -> Done:
        env = environment(tmp_path, **settings)
        others = {name: None for name in os.environ if name.startswith("PALSBOT_") and name not in env}
        done = CliRunner().invoke(cli, words, env={**others, **env}, prog_name="palsbot")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Done(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`palsbot localchat` on a free port."""
    chat = begin(tmp_path_factory.mktemp("chat"), "localchat", "--port", "0")
    yield chat
    assert chat.stop() == 0


def test_a_school_is_checked_loaded_and_exported(run: Run) -> None:
    checked = run("school", "load", str(LITEN), "--check", "--json")
    assert checked.code == 0
    assert {"ok": True, "slug": "liten", "new": True}.items() <= checked.facts.items()
    first = run("school", "load", str(LITEN), "--json")
    assert (first.code, first.facts["new"]) == (0, True)
    again = run("school", "load", str(LITEN))
    assert (again.code, again.out) == (0, "Lillebekk skole is unchanged.\n")
    exported = run("school", "export", "liten")
    assert exported.code == 0
    assert exported.out.startswith("school:\n  slug: liten\n")
    assert run("school", "export", "liten", "--json").facts["file"] == exported.out


def test_what_is_exported_can_be_loaded_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    run("school", "load", str(LITEN))
    file = tmp_path / "copy.yaml"
    file.write_text(run("school", "export", "liten").out, encoding="utf-8")
    again = run("school", "load", str(file), "--json")
    assert again.facts == {"ok": True, "slug": "liten", "new": False, "changed": 0, "changes": []}


def changed_copy(folder: Path) -> Path:
    """A copy of the file of Lillebekk with a change in four sections, and one group left out."""
    text = LITEN.read_text(encoding="utf-8")
    for before, now in (
        ("name: Lillebekk skole", "name: Lillebekk oppvekstsenter"),
        ("  - {name: 7A, kind: class, grade: 7, size: 20}\n", ""),
        ("name: 1A, kind: class, grade: 1, size: 18", "name: 1A, kind: class, grade: 1, size: 19"),
        ("nb: Vi tilbyr hjelp", "nb: Vi hjelper"),
        ("nb: Vi øver på å hilse på hverandre på skolen.", "nb: Vi øver på å hilse."),
        ("INTERVAL=4", "INTERVAL=6"),
    ):
        assert before in text
        text = text.replace(before, now, 1)
    file = folder / "changed.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_check_tells_every_change_and_a_load_what_it_did(run: Run, tmp_path: Path) -> None:
    file = changed_copy(tmp_path)
    run("school", "load", str(LITEN))
    checked = run("school", "load", str(file), "--check")
    assert (checked.code, checked.out.removeprefix(str(file))) == (
        0,
        """ is right: Lillebekk oppvekstsenter. Loading it makes 6 changes.

school
  The school changes: name ‘Lillebekk skole’ → ‘Lillebekk oppvekstsenter’. It affects no members.
groups
  The group 1A changes: size 18 → 19. It affects no members.
  The group 7A is laid aside; what was recorded of it stays. It affects no members.
matrix
  The expectation hjelpe changes: short nb ‘Vi tilbyr hjelp’ → ‘Vi hjelper’. It affects no members.
months
  The month 2026-08 changes: family (nb). It affects no members.
meetings
  The meeting kommune changes: rule FREQ=WEEKLY;INTERVAL=4 → FREQ=WEEKLY;INTERVAL=6. It affects no members.
""",
    )
    facts = run("school", "load", str(file), "--check", "--json").facts
    assert (facts["new"], facts["changed"], [change["key"] for change in facts["changes"]]) == (
        False,
        6,
        ["", "1A", "7A", "hjelpe", "2026-08", "kommune"],
    )
    assert facts["changes"][1] == {
        "section": "groups",
        "key": "1A",
        "kind": "changed",
        "differing": ["size"],
        "old": {"name": "1A", "kind": "class", "grade": 1, "size": 18},
        "new": {"name": "1A", "kind": "class", "grade": 1, "size": 19},
        "adults": 0,
        "families": 0,
        "says": "The group 1A changes: size 18 → 19. It affects no members.",
    }
    assert run("school", "export", "liten").out == dump(read(LITEN)), "a dry run writes nothing"
    loaded = run("school", "load", str(file))
    assert (loaded.code, loaded.out) == (
        0,
        """Lillebekk oppvekstsenter has 6 changes.
  school: name changed
  groups: 1A changed, 7A laid aside
  matrix: hjelpe changed
  months: 2026-08 changed
  meetings: kommune changed
""",
    )
    assert run("school", "load", str(file), "--check").out == (
        f"{file} is right: Lillebekk oppvekstsenter. Loading it makes no changes.\n"
    )


def test_a_file_is_edited_into_what_the_school_is_now(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("# Ours\n" + LITEN.read_text(encoding="utf-8"), encoding="utf-8")
    run("school", "load", str(changed_copy(tmp_path)))
    edited = run("school", "export", "liten", "--into", str(mine))
    assert (edited.code, edited.out) == (0, f"{mine} is up to date now.\n")
    assert mine.read_text(encoding="utf-8").startswith("# Ours\n")
    assert read(mine) == read(tmp_path / "changed.yaml")
    again = run("school", "export", "liten", "--into", str(mine), "--json")
    assert again.facts == {"ok": True, "slug": "liten", "changed": False}
    mine.write_text(LITEN.read_text(encoding="utf-8").replace("slug: liten", "slug: annen"), encoding="utf-8")
    assert "of the school annen" in run("school", "export", "liten", "--into", str(mine)).err
    mine.write_text("no school", encoding="utf-8")
    refused = run("school", "export", "liten", "--into", str(mine))
    assert (refused.code, mine.read_text(encoding="utf-8")) == (1, "no school")
    assert run("school", "export", "liten", "--into", str(tmp_path / "nowhere.yaml")).code == 1


def test_a_check_without_a_database_shows_a_new_school_and_creates_no_file(run: Run, tmp_path: Path) -> None:
    missing = tmp_path / "not_yet.db"
    checked = run("school", "load", str(LITEN), "--check", database_url=f"sqlite:///{missing}")
    assert checked.code == 0
    assert "It is a new school." in checked.out
    assert "  4 groups (1A, 4A, 7A, SFO) are added.\n" in checked.out
    assert not missing.exists()


def test_a_wrong_file_is_told_by_line_and_mend_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(LITEN.read_text(encoding="utf-8").replace("grade: 1", "grad: 1", 1), encoding="utf-8")
    told = run("school", "load", str(file))
    assert (told.code, told.out) == (1, "")
    assert "wrong.yaml" in told.err
    assert "grad" in told.err
    facts = run("school", "load", str(file), "--json").facts
    assert (facts["ok"], {"line", "what", "mend"} <= facts["problems"][0].keys()) == (False, True)
    assert run("school", "export", "liten").code == 1


def test_deliveries_are_listed_for_a_school_that_is_there(run: Run) -> None:
    run("school", "load", str(LITEN))
    listed = run("deliveries", "liten")
    assert (listed.code, listed.out) == (0, "Nothing was due in the last 14 days.\n")
    facts = run("deliveries", "liten", "--days", "3", "--json").facts
    assert facts == {"ok": True, "slug": "liten", "deliveries": []}
    unknown = run("deliveries", "ingen")
    assert (unknown.code, unknown.err) == (1, "No school is called ingen. There are: liten.\n")
    assert run("deliveries", "liten", "--days", "0").code == 2


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["school", "export", "ingen"], 1, "No school is called ingen. There is none yet"),
        (["school", "load", "nowhere.yaml"], 1, "nowhere.yaml"),
        (["run"], 1, "PALSBOT_TOKEN is not set."),
        (["invite", "liten", "--role", "boss"], 2, "boss is no role"),
        (["invite", "liten", "--role", "leader"], 1, "PALSBOT_TOKEN is not set"),
        (["fly"], 2, "fly"),
        (["demo", "--at", "yesterday"], 1, "yesterday"),
    ],
)
def test_a_stated_problem_exits_with_1_and_bad_usage_with_2(
    run: Run, words: list[str], code: int, says: str
) -> None:
    done = run(*words)
    assert (done.code, done.out) == (code, "")
    assert says in " ".join(done.err.replace("│", " ").split())
    assert "Traceback" not in done.err


def test_a_bad_setting_is_a_sentence_that_does_not_repeat_it(run: Run) -> None:
    done = run("db", "upgrade", database_url="mysql://root:hush@host/x")
    assert done.code == 1
    assert "PALSBOT_DATABASE_URL" in done.err
    assert "hush" not in done.err + done.out
    assert "Traceback" not in done.err


def test_the_database_is_upgraded_once_and_again(run: Run) -> None:
    for _ in range(2):
        done = run("db", "upgrade", "--json")
        assert (done.code, done.facts) == (0, {"ok": True})


def test_a_link_invites_the_first_leader(run: Run, chat: Running) -> None:
    settings = {"token": chat.facts["token"], "api": chat.facts["url"]}
    run("school", "load", str(LITEN))
    done = run("invite", "liten", "--role", "leader", "--json", **settings)
    assert done.code == 0
    assert done.facts["link"] == f"{chat.facts['url']}/t/pals_bot?start={done.facts['token']}"
    unknown = run("invite", "liten", "--role", "family", "--group", "9Z", **settings)
    assert unknown.code == 1
    assert "has no group called 9Z" in unknown.err
    elsewhere = run("invite", "annen", "--role", "leader", **settings)
    assert (elsewhere.code, elsewhere.err) == (1, "No school is called annen. There are: liten.\n")


def test_the_bot_runs_tells_how_it_is_and_stops_when_told(tmp_path: Path, chat: Running) -> None:
    bot = begin(tmp_path, "run", token=chat.facts["token"], api=chat.facts["url"])
    try:
        assert bot.facts["username"] == "pals_bot"
        with urllib.request.urlopen(f"{bot.facts['pages']}/healthz", timeout=5) as answer:  # noqa: S310
            assert answer.status == 200
    finally:
        assert bot.stop() == 0


def test_the_doctor_finds_what_is_wrong_and_says_how_to_mend_it(run: Run, chat: Running) -> None:
    settings = {"token": chat.facts["token"], "api": chat.facts["url"]}
    ill = run("doctor", "--json", **settings)
    assert ill.code == 1
    found = {f["part"]: f["ok"] for f in ill.facts["findings"]}
    assert found == {
        "settings": True,
        "token": True,
        "webhook": True,
        "clock": True,
        "database": True,
        "calendar": False,
    }
    run("school", "load", str(LITEN))
    well = run("doctor", **settings)
    assert (well.code, well.err) == (0, "")
    assert [line[0] for line in well.out.splitlines()] == ["✓"] * 6
    without = run("doctor")
    assert without.code == 1
    assert "✗ token: PALSBOT_TOKEN is not set." in without.err


def test_the_doctor_tells_a_wrong_token_from_a_server_that_is_away(run: Run, chat: Running) -> None:
    wrong = run("doctor", token="1:" + "x" * 35, api=chat.facts["url"])
    assert "✗ token: The server does not know this token." in wrong.err
    away = run("doctor", token=chat.facts["token"], api="http://127.0.0.1:9")
    assert "✗ token: http://127.0.0.1:9 could not be reached" in away.err
    assert chat.facts["token"] not in away.err + wrong.err
