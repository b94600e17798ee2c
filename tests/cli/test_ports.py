"""A port that is taken: the demo moves to a free one, and what was asked for by number is a stated problem."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import cli

PATIENCE = 60
ROOT = Path(__file__).parents[2]


@contextmanager
def listening(port: int = 0) -> Iterator[int]:
    """Somebody listens on the port meanwhile: this test, another run of it beside this one, or another program."""
    with socket.socket() as somebody:
        somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            somebody.bind(("127.0.0.1", port))
            somebody.listen()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        yield somebody.getsockname()[1] or port


@contextmanager
def started(where: Path, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """A command as a process of its own, ended at the latest with the block."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PALSBOT_")}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", *words],
        cwd=where,
        env={**kept, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def test_the_demo_moves_from_a_taken_port_and_says_so(tmp_path: Path) -> None:
    """Also when the usual ports of `run` and localchat are taken: it needs one port."""
    with listening(8080), listening(8081), listening(8090), started(tmp_path, "demo") as demo:
        assert demo.stdout is not None
        before, page = demo.stdout.readline().rstrip("\n").rsplit(" ", 1)
        assert before == "Port 8080 is taken, so the demo is at"
        with urllib.request.urlopen(page, timeout=PATIENCE) as answer:  # noqa: S310 - the demo's own page
            assert b"/demo/static/demo.js" in answer.read()
        demo.send_signal(signal.SIGTERM)
        code, out, err = ended(demo)
        assert (code, out) == (0, "")
        assert "Traceback" not in err  # a busy machine may be told of a tick that was skipped


def test_a_taken_port_that_was_asked_for_is_a_stated_problem(tmp_path: Path) -> None:
    with listening() as port, started(tmp_path, "demo", "--port", str(port)) as demo:
        assert ended(demo) == (1, "", f"{says(port)}\n")


def test_a_taken_port_told_to_a_program(tmp_path: Path) -> None:
    with listening() as port, started(tmp_path, "localchat", "--port", str(port), "--json") as chat:
        code, out, err = ended(chat)
    assert (code, json.loads(out), err) == (1, {"ok": False, "problem": says(port), "port": port}, "")


def test_localchat_stays_where_bots_look_for_it(tmp_path: Path) -> None:
    """A bot's PALSBOT_API names its port, so it does not move to another."""
    with listening(8090), started(tmp_path, "localchat") as chat:
        assert ended(chat) == (1, "", f"{says(8090)}\n")


@pytest.mark.parametrize("command", ["demo", "localchat"])
@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_what_is_no_port_is_bad_usage(command: str, port: str) -> None:
    done = CliRunner().invoke(cli, [command, "--port", port])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--port" in done.stderr


def says(port: int) -> str:
    return f"Port {port} is taken: choose another with --port, or --port 0 for any that is free."
