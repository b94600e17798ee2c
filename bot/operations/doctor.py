"""Health checks of `palsbot doctor`: each part, whether it works, and how to fix it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
from telegram.error import InvalidToken, TelegramError

from bot import config
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.transport import Transport
from bot.config import Settings
from pals.zone import to_wall
from storage import schools, year_wheels
from storage.database import Database

MAX_CLOCK_SKEW = timedelta(seconds=30)
WARN_AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class CheckResult:
    part: str
    ok: bool
    says: str


async def run_checks() -> list[CheckResult]:
    """Checks every part, in the order of their dependencies. Never raises for a failing part."""
    try:
        settings = config.load()
    except config.BadSettings as problem:
        return [CheckResult("settings", False, str(problem))]
    return [
        CheckResult("settings", True, "They can be read."),
        *await _telegram(settings),
        CheckResult("clock", *await _clock(settings)),
        *await _database(settings),
    ]


async def _telegram(settings: Settings) -> list[CheckResult]:
    if settings.token is None:
        says = "PALSBOT_TOKEN is not set. Get one from @BotFather, or from `palsbot localchat`."
        return [CheckResult("token", False, says)]
    client = BotClient(
        settings.token.get_secret_value(),
        base_url=settings.base_url,
        base_file_url=settings.base_file_url,
        transport=Transport(),
    )
    try:
        async with client:
            token = CheckResult("token", True, f"The server knows it as @{client.username}.")
            return [token, CheckResult("webhook", *await _webhook(settings, client))]
    except InvalidToken:
        says = "The server does not know this token. Copy it once more from @BotFather."
    except TelegramError as error:
        says = f"{settings.api} could not be reached ({error.message}). Check PALSBOT_API."
    return [CheckResult("token", False, says)]


async def _webhook(settings: Settings, client: BotClient) -> tuple[bool, str]:
    info = await client.call("getWebhookInfo")
    url = info.get("url") or ""
    if settings.public_url is None:
        if url:
            return False, "One is set, but PALSBOT_PUBLIC_URL is not. `palsbot run` removes it."
        return True, "None is set; updates are fetched by polling."
    if not url.startswith(settings.public_url):
        return False, "It is not set to PALSBOT_PUBLIC_URL yet. `palsbot run` sets it."
    if error := info.get("last_error_message"):
        return False, f"Telegram could not deliver: {error}. Is the address open to the world?"
    return True, f"It is set; {info.get('pending_update_count', 0)} updates wait."


async def _clock(settings: Settings) -> tuple[bool, str]:
    """Clock skew: this machine's clock against the server's, by the Date header of an HTTP response."""
    try:
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.head(settings.api) as answer:
            server_time = parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        return False, "The server's clock could not be read, so this one could not be compared."
    skew = abs(datetime.now(UTC) - server_time)
    if skew > MAX_CLOCK_SKEW:
        return False, f"It is {skew.total_seconds():.0f} seconds off. Let the machine use NTP."
    return True, "It agrees with the server's."


async def _database(settings: Settings) -> list[CheckResult]:
    try:
        database = Database.open(settings.database_url)
    except ValueError as problem:
        return [CheckResult("database", False, str(problem))]
    try:
        await database.upgrade()
        answers = CheckResult("database", True, f"It answers ({database.dialect}).")
        return [answers, *await _calendars(database)]
    except Exception as problem:
        return [CheckResult("database", False, f"It cannot be used: {problem}. Check PALSBOT_DATABASE_URL.")]
    finally:
        await database.close()


async def _calendars(database: Database) -> list[CheckResult]:
    results = []
    async with database.reading() as db:
        for school in await schools.all_of(db):
            wheel = await year_wheels.of_school(db, school.id)
            last = wheel.calendar.terms[-1].last
            left = last - to_wall(datetime.now(UTC), wheel.zone).date()
            if left < timedelta(0):
                says = f"It ended on {last}. Put the next school year into the school's file and load it."
            elif left < WARN_AHEAD:
                says = (
                    f"It ends on {last}. Soon it is time to put the next school year into the school's file."
                )
            else:
                says = f"It reaches to {last}."
            results.append(CheckResult(f"calendar of {school.slug}", left >= timedelta(0), says))
    none = "No school has been loaded. Load one with `palsbot school load FILE`."
    return results or [CheckResult("calendar", False, none)]
