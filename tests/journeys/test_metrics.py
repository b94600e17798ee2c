"""`/metrics` of a running bot: a tap and a broadcast are counted there, and no person is named."""

import aiohttp
import pytest

from pals.roles import Role
from storage.database import Database
from tests.journeys.conftest import Stage
from tests.support.people import MadeSchool, make_person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_taps_and_deliveries_are_counted(stage: Stage, database: Database, heia: MadeSchool) -> None:
    async with database.writing() as db:
        leader = await make_person(db, heia, Role.LEADER, name="Liv Lie", language="en")
    liv = await stage.phone(leader, name="Liv Lie")
    await liv.write("/kunngjoring")
    await liv.tap("All staff: 1")
    await liv.write("Kl. 18")
    await liv.tap("📤 Send")
    async with aiohttp.ClientSession() as browser, browser.get(f"{stage.bot.pages}/metrics") as answer:
        page = await answer.text()
    lines = page.splitlines()
    for line in (
        'palsbot_updates_total{action="announcement.card.send",outcome="ok"} 1.0',
        "palsbot_update_seconds_count 5.0",
        'palsbot_api_calls_total{method="editMessageText",outcome="ok"} 2.0',
        "palsbot_tick_age_seconds -1.0",
        "palsbot_database_up 1.0",
    ):
        assert line in lines
    assert not [secret for secret in ("Liv", "Kl. 18", str(leader.telegram_id)) if secret in page]
