"""Structured logging: one line an event, for people in a terminal, as JSON anywhere else.

    log = get_log("channels")
    log.info("update", action="praise.save", outcome="ok", ms=4.1)

structlog and the standard library's logging (of dependencies) share one pipeline, which redacts two things: fields
that may hold names or texts, and, in the rendered line with its traceback, whatever looks like a bot token. Local
variables are never shown, and dependencies are kept above the level at which they log messages.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor

_TOKEN: Final = re.compile(r"\d{3,}(?::|%3A)[A-Za-z0-9_-]{10,}", re.IGNORECASE)
_PRIVATE: Final = frozenset(
    {"text", "caption", "message", "update", "first_name", "last_name", "full_name", "username", "token"}
)
# PTB logs every call with its text at DEBUG; httpx logs URLs with the token at INFO; the others are verbose.
_QUIET: Final = (
    "telegram",
    "httpx",
    "httpcore",
    "aiohttp",
    "apscheduler",
    "alembic",
    "sqlalchemy",
    "asyncio",
)


def without_token(text: str) -> str:
    """Redacts everything that looks like a bot token."""
    return _TOKEN.sub("<token>", text)


def get_log(room: str) -> FilteringBoundLogger:
    """The logger of one part of the program, bound as `room`."""
    log: FilteringBoundLogger = structlog.get_logger(room=room)
    return log


def set_up(stream: TextIO | None = None, *, as_json: bool | None = None, level: int = logging.INFO) -> None:
    """Configures logging to `stream` (standard error), as JSON unless that is a terminal."""
    out = stream or sys.stderr
    in_json = not out.isatty() if as_json is None else as_json
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_private,
    ]
    after: list[Processor] = [structlog.processors.format_exc_info] if in_json else []
    after.append(_scrubbed(_renderer(in_json, out)))
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _renderer(in_json: bool, out: TextIO) -> Processor:
    if in_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    # The default formatter shows local variables where rich is installed.
    return structlog.dev.ConsoleRenderer(
        colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _scrubbed(render: Processor) -> Processor:
    def rendered(logger: Any, name: str, event: MutableMapping[str, Any]) -> str:
        return without_token(str(render(logger, name, event)))

    return rendered


def _without_private(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in _PRIVATE.intersection(event):
        del event[key]
    return event
