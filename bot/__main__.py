"""The command line: `palsbot …`, or `python -m bot …`.

Every command exits 0 on success, 1 on a stated problem and 2 on bad usage. What it prints is for a person; with
`--json` it prints the same for a program.
"""

import asyncio
import errno
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import config, log
from bot.operations.gc_tuning import without_collection

cli = typer.Typer(
    help="palsbot: a PALS school's memory and rhythm, in the chat people already carry.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
school_cli = typer.Typer(help="A school in a file.", no_args_is_help=True)
db_cli = typer.Typer(help="The database.", no_args_is_help=True)
cli.add_typer(school_cli, name="school")
cli.add_typer(db_cli, name="db")

DEMO_PORT = 8080

Work = Callable[..., Coroutine[Any, Any, None]]
AsJson = Annotated[bool, typer.Option("--json", help="Print the same for a program.")]


class Stated(Exception):  # noqa: N818 - it says what is wrong
    """A problem in words for the person at the keyboard; `facts` are the same for a program."""

    def __init__(self, says: str, **facts: Any) -> None:
        super().__init__(says)
        self.facts = facts


def _say(says: str, as_json: bool, **facts: Any) -> None:
    sys.stdout.write((json.dumps({"ok": True, **facts}, ensure_ascii=False) if as_json else says) + "\n")
    sys.stdout.flush()


def _do(work: Callable[[], Coroutine[Any, Any, None]], as_json: bool) -> None:
    """Runs a command to its end, and turns what can go wrong into a sentence and an exit code."""
    from sqlalchemy.exc import DBAPIError, OperationalError
    from telegram.error import TelegramError

    from bot.web.server import CannotListen
    from storage.migrations import NewerDatabaseError

    try:
        asyncio.run(work())
    except Stated as problem:
        _fail(str(problem), as_json, **problem.facts)
    except (config.BadSettings, CannotListen, NewerDatabaseError, ValueError) as problem:
        _fail(str(problem), as_json)
    except TelegramError as problem:
        _fail(f"Telegram could not be used: {problem.message} Check PALSBOT_TOKEN and PALSBOT_API.", as_json)
    except (OperationalError, DBAPIError, OSError) as problem:
        reason = getattr(problem, "orig", None) or problem
        _fail(f"Could not go on: {reason}", as_json)
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _command(app: typer.Typer, name: str | None = None) -> Callable[[Work], Work]:
    """Adds a coroutine function to the command line; its parameter `as_json` is the option `--json`."""

    def add(work: Work) -> Work:
        @app.command(name)
        @wraps(work)
        def run(as_json: bool, **options: Any) -> None:
            _do(partial(work, as_json=as_json, **options), as_json)

        return work

    return add


def _port_refused(port: int, error: OSError) -> Stated:
    taken = error.errno == errno.EADDRINUSE
    why = "is taken" if taken else f"cannot be used ({os.strerror(error.errno or 0)})"
    return Stated(
        f"Port {port} {why}: choose another with --port, or --port 0 for any that is free.", port=port
    )


def _fail(says: str, as_json: bool, **facts: Any) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"ok": False, "problem": says, **facts}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(says + "\n")
    raise typer.Exit(1)


async def _until_stopped() -> None:
    """Until the process is told to end, by a person or by whatever runs it."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):
            loop.add_signal_handler(name, stopped.set)
    await stopped.wait()


@cli.command()
def run(as_json: AsJson = False) -> None:
    """Run the bot, the scheduler and the web pages. Webhook when PALSBOT_PUBLIC_URL is set, else polling."""

    async def work() -> None:
        from bot.app import running
        from scheduler.clock import SystemClock

        settings = config.load()
        if settings.token is None:
            raise Stated(
                "PALSBOT_TOKEN is not set. Get a token from @BotFather in Telegram, or start `palsbot localchat`, "
                "which prints one."
            )
        log.set_up()
        async with running(settings, SystemClock()) as bot:
            starting.close()
            _say(
                f"@{bot.client.username} answers. How it is: {bot.pages}/readyz",
                as_json,
                username=bot.client.username,
                pages=bot.pages,
            )
            await _until_stopped()

    with ExitStack() as starting:
        starting.enter_context(without_collection())
        _do(work, as_json)


@_command(cli, "localchat")
async def run_localchat(
    port: Annotated[
        int, typer.Option(help="The port of the page and of the Bot API.", min=0, max=65535)
    ] = 8090,
    rate: Annotated[int, typer.Option(help="How many messages a second it takes from a bot.", min=1)] = 30,
    as_json: AsJson = False,
) -> None:
    """Run the chat server alone: phones in the browser, and a Bot API for PALSBOT_API."""
    import localchat
    from localchat.client import Sim

    try:
        server = await localchat.begin(port=port, rate=rate)
    except OSError as error:
        raise _port_refused(port, error) from None
    try:
        async with Sim(server.url) as sim:
            bot = await sim.bot()
            _say(
                f"The phones are at {server.url}\n"
                f"For a bot: PALSBOT_API={server.url} PALSBOT_TOKEN={bot.token} palsbot run",
                as_json,
                url=server.url,
                token=bot.token,
                username=bot.username,
            )
            await _until_stopped()
    finally:
        await server.stop()


@_command(cli)
async def demo(
    port: Annotated[
        int | None,
        typer.Option(
            help="The port of the demo's page.",
            min=0,
            max=65535,
            show_default=f"{DEMO_PORT}, or a free one when that is taken",
        ),
    ] = None,
    school: Annotated[Path | None, typer.Option(help="A school file in place of the demo's own.")] = None,
    at: Annotated[str | None, typer.Option(help="When it starts, ISO time in the school's zone.")] = None,
    as_json: AsJson = False,
) -> None:
    """A whole school in the browser: three phones, and a clock that you can move."""
    import localchat
    from bot import demo
    from bot.content.school import SchoolFileError
    from localchat.client import Sim

    try:
        file = demo.school_file(school)
    except SchoolFileError as error:
        raise Stated(str(error), file=str(school)) from None
    stage = demo.Stage(file, demo.clock_of(file, at))
    log.set_up(level=logging.WARNING)
    begin = partial(localchat.begin, limits=False, clock=stage.clock.now, routes=demo.routes(stage))
    says = "The demo is at"
    try:
        server = await begin(port=DEMO_PORT if port is None else port)
    except OSError as error:
        if port is not None or error.errno != errno.EADDRINUSE:
            raise _port_refused(DEMO_PORT if port is None else port, error) from None
        server = await begin(port=0)
        says = f"Port {DEMO_PORT} is taken, so the demo is at"
    try:
        async with Sim(server.url) as sim:
            account = await sim.bot(demo.username(file), "PALS")
            async with demo.playing(stage, server.url, account.token, sim):
                page = f"{server.url}/demo"
                _say(f"{says} {page}", as_json, url=page, sim=server.url)
                await _until_stopped()
    finally:
        await server.stop()


@_command(school_cli, "load")
async def school_load(
    file: Annotated[Path, typer.Argument(help="A school file, see docs/school-file.md.")],
    check: Annotated[bool, typer.Option("--check", help="Dry run: problems, or what would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Create a school from its file, or bring it in line with it. Idempotent: loading twice changes nothing."""
    from bot.content.school import SchoolFileError, read
    from bot.operations import load_report
    from bot.services import schools

    try:
        wanted = read(file)
    except SchoolFileError as error:
        problems = [{"line": p.line, "what": p.what, "mend": p.mend} for p in error.problems]
        raise Stated(str(error), file=str(file), problems=problems) from None
    name, slug = wanted.school.name, wanted.school.slug
    if check:
        new, impacts = True, schools.impact_of_new(wanted)
        async with _database(create=False) as database:
            if database is not None:
                async with database.reading() as db:
                    new, impacts = await schools.dry_run(db, wanted)
        changes = load_report.to_json(impacts)
        what = "It is a new school." if new else f"Loading it makes {load_report.counted(len(changes))}."
        text = f"{file} is right: {name}. {what}{load_report.preview(impacts, new)}"
    else:
        async with _database() as database, database.writing() as db:
            _, impacts = await schools.dry_run(db, wanted)
            loaded = await schools.load(db, wanted, datetime.now(UTC))
        new, changes = loaded.new, load_report.to_json(impacts)
        what = "is new" if new else f"has {load_report.counted(len(changes))}" if changes else "is unchanged"
        text = "\n".join([f"{name} {what}.", *load_report.summary(loaded.changes)])
    _say(text, as_json, slug=slug, new=new, changed=len(changes), changes=changes)


@_command(school_cli, "export")
async def school_export(
    slug: Annotated[str, typer.Argument(help="The school's slug.")],
    into: Annotated[
        Path | None, typer.Option(help="Edit this school file in place; its comments are kept.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the school's file, or bring a file in line with the school."""
    from bot.content.school import SchoolFileError, decode, dump, edit
    from storage import school_content

    async with _database() as database:
        async with database.reading() as db:
            found = await school_content.stored(db, slug)
        if found is None:
            raise await _no_such_school(database, slug)
    if into is None:
        text = dump(found)
        _say(text.rstrip("\n"), as_json, slug=slug, file=text)
        return
    try:
        before = decode(into)
        text = edit(before, found)
    except SchoolFileError as error:
        raise Stated(str(error), file=str(into)) from None
    into.write_text(text, encoding="utf-8", newline="")
    what = "was up to date" if text == before else "is up to date now"
    _say(f"{into} {what}.", as_json, slug=slug, changed=text != before)


@_command(cli)
async def invite(
    slug: Annotated[str, typer.Argument(help="The school's slug.")],
    role: Annotated[str, typer.Option(help="leader, team, staff, advisor, owner or family.")],
    group: Annotated[str | None, typer.Option(help="The class or group, for families and staff.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a join link. The first leader of a school comes in by one."""
    from bot.app import join_links
    from bot.channels.telegram.client import BotClient
    from bot.channels.telegram.transport import Transport
    from bot.services import invitations
    from pals.roles import Role

    if role not in set(Role):
        raise typer.BadParameter(f"{role} is no role. Choose one of: {', '.join(Role)}.")
    settings = config.load()
    if settings.token is None:
        raise Stated("PALSBOT_TOKEN is not set, and a link needs the bot's name. Set it and try again.")
    client = BotClient(
        settings.token.get_secret_value(),
        base_url=settings.base_url,
        base_file_url=settings.base_file_url,
        transport=Transport(),
    )
    async with client:
        link_to = join_links(settings.api, client.username)
    async with _database() as database:
        async with database.writing() as db:
            token = await invitations.invite_from_command_line(db, slug, Role(role), group, datetime.now(UTC))
        if token is None:
            raise await _no_such_school(database, slug)
    link = link_to(token)
    _say(link, as_json, link=link, token=token)


@_command(cli)
async def deliveries(
    slug: Annotated[str, typer.Argument(help="The school's slug.")],
    days: Annotated[int, typer.Option(min=1, max=90, help="How far back to look.")] = 14,
    as_json: AsJson = False,
) -> None:
    """Print what went out lately, and what became of it."""
    from bot.operations import delivery_report

    async with _database() as database:
        async with database.reading() as db:
            found = await delivery_report.recent(db, slug, datetime.now(UTC), days)
        if found is None:
            raise await _no_such_school(database, slug)
    zone, lines = found
    facts = [line.to_json() for line in lines]
    _say(delivery_report.format_table(lines, zone, days), as_json, slug=slug, deliveries=facts)


@_command(db_cli, "upgrade")
async def db_upgrade(as_json: AsJson = False) -> None:
    """Bring the tables up to date. `demo` and `run` do it by themselves."""
    async with _database():
        _say("The database is up to date.", as_json)


@_command(cli)
async def doctor(as_json: AsJson = False) -> None:
    """Check settings, token, database, clock, calendar and webhook, and say how to mend each."""
    from bot.operations.doctor import run_checks

    findings = await run_checks()
    facts = [{"part": f.part, "ok": f.ok, "says": f.says} for f in findings]
    text = "\n".join(f"{'✓' if f.ok else '✗'} {f.part}: {f.says}" for f in findings)
    if not all(f.ok for f in findings):
        raise Stated(text, findings=facts)
    _say(text, as_json, findings=facts)


@asynccontextmanager
async def _database(*, create: bool = True) -> AsyncIterator[Any]:
    """The migrated database of the settings; None where there is none and it shall not be created."""
    from storage.database import Database

    database = Database.open(config.load().database_url)
    try:
        if not create and database.is_missing:
            yield None
        else:
            await database.upgrade()
            yield database
    finally:
        await database.close()


async def _no_such_school(database: Any, slug: str) -> Stated:
    from storage import schools

    async with database.reading() as db:
        there = [school.slug for school in await schools.all_of(db)]
    known = (
        f"There are: {', '.join(there)}."
        if there
        else "There is none yet: load one with `palsbot school load`."
    )
    return Stated(f"No school is called {slug}. {known}", schools=there)


def main() -> None:
    """The console script."""
    cli()


if __name__ == "__main__":
    main()
