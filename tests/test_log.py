"""Logging: JSON or console lines, and the redaction of tokens, names and texts."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.log import get_log, set_up, without_token

TOKEN = "123456789:AAE-a_token_of_the_right_shape_0000"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Restores the logging configuration."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in ("telegram", "httpx", "aiohttp", "apscheduler")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, quiet in levels.items():
        logging.getLogger(name).setLevel(quiet)
    structlog.reset_defaults()


@pytest.fixture
def lines() -> io.StringIO:
    """A stream that the log is written to."""
    written = io.StringIO()
    set_up(written)
    return written


def said(lines: io.StringIO) -> list[dict[str, object]]:
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    for line in found:
        line.pop("timestamp")
    return found


def test_a_line_is_json_outside_a_terminal(lines: io.StringIO) -> None:
    get_log("edge").info("update handled", action="update", ms=4.1)
    assert said(lines) == [
        {"event": "update handled", "level": "info", "room": "edge", "action": "update", "ms": 4.1}
    ]


def test_dependencies_log_through_the_same_pipeline_at_warning_level(lines: io.StringIO) -> None:
    for name in ("telegram.ext", "httpx", "aiohttp.access", "apscheduler.scheduler"):
        logging.getLogger(name).info("talk")
        logging.getLogger(name).debug("talk")
    logging.getLogger("apscheduler.scheduler").warning("missed %s", "a tick")
    assert said(lines) == [
        {"event": "missed a tick", "level": "warning", "logger": "apscheduler.scheduler"}
    ]  # fmt: skip


def test_names_and_texts_are_redacted(lines: io.StringIO) -> None:
    get_log("edge").warning("odd", text="Hei, det er Kari", first_name="Kari", username="kari", chat=5)
    assert said(lines) == [{"event": "odd", "level": "warning", "room": "edge", "chat": 5}]


@pytest.mark.parametrize("as_json", [True, False])
def test_no_token_in_events_fields_tracebacks_or_library_lines(as_json: bool) -> None:
    written = io.StringIO()
    set_up(written, as_json=as_json)

    def fail() -> None:
        token = TOKEN
        raise ValueError(f"https://api.telegram.org/bot{token}/getMe")

    try:
        fail()
    except ValueError:
        get_log("edge").exception(f"failed {TOKEN}", address=f"/bot{TOKEN}/x", nested={"a": [TOKEN]})
        logging.getLogger("aiohttp").error("failed %s", TOKEN, exc_info=True)
    assert "AAE-a_token" not in written.getvalue()
    assert written.getvalue().count("ValueError: https://api.telegram.org/bot<token>/getMe") == 2


def test_local_variables_are_not_shown_in_a_terminal() -> None:
    written = io.StringIO()
    set_up(written, as_json=False)
    try:
        said_by_somebody = "Hei, det er Kari"
        raise KeyError(len(said_by_somebody))
    except KeyError:
        get_log("edge").exception("failed")
    assert "KeyError: 16" in written.getvalue()
    assert "det er Kari" not in written.getvalue()


@pytest.mark.parametrize(
    "text", [f"https://api.telegram.org/bot{TOKEN}/getMe", f"x={TOKEN.replace(':', '%3A')}&y", f"({TOKEN})"]
)
def test_a_token_is_redacted_from_any_text(text: str) -> None:
    assert "AAE" not in without_token(text)


def test_text_without_a_token_is_unchanged() -> None:
    text = "kl. 12:30, 2026-08-17T08:00:00+00:00, 127.0.0.1:8081 and id 123456789"
    assert without_token(text) == text
