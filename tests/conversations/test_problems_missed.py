"""Missed deadlines: the leaders are notified once a day, and may have the messages sent late."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest_asyncio

from bot.handlers.shared_presses import ShowProblems
from bot.messages.missed_notice import INTERVAL
from bot.services import outbox
from bot.services.incidents import INCIDENT
from scheduler.delivery.deliverer import Failed
from storage.database import Database
from storage.delivery.audiences import LEADERS
from storage.tables import DeliveryStatus
from tests.support.announcing import Heia
from tests.support.outages import EARLY, Stage, stage_of
from tests.support.people import MadeSchool
from tests.support.turns import MONDAY, labels, press

HALF_PAST_SEVEN = datetime(2026, 11, 2, 6, 31, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def stage(database: Database, heia: MadeSchool, fjern: MadeSchool, people: Heia) -> Stage:
    return await stage_of(database, heia, fjern)


async def test_missed_deadlines_are_notified_once_in_the_morning(stage: Stage, people: Heia) -> None:
    """An outage from Monday morning until late in the evening."""
    evening = datetime(2026, 11, 2, 19, 40, tzinfo=UTC)  # 20:40 in Oslo
    await stage.plan(evening)
    await stage.deliver(evening)
    assert [kind for _, kind in stage.got if kind == "missed"] == []
    morning = datetime(2026, 11, 3, 6, 30, tzinfo=UTC)  # 07:30
    for minutes in (0, 20, 600):
        await stage.plan(morning + timedelta(minutes=minutes))
        await stage.deliver(morning + timedelta(minutes=minutes))
    letter = stage.letter_to(people.liv, "missed")
    assert stage.letter_to(people.nils, "missed") == letter
    assert (letter.text, labels(letter)) == (
        "⚠ <b>Not everything could be sent in time.</b>\n\n"
        "· This week&#39;s practice, Monday 2 November at 07:30: not sent\n\n"
        "That happens when I have been switched off, or could not reach Telegram. "
        "What is too late I do not send by myself.\nTap one to send it after all. I ask first.",
        [["🔁 This week's practice, Mon 2 Nov"], ["⚠ What may not have arrived"]],
    )
    assert Counter(kind for _, kind in stage.got)["missed"] == 3, (
        "two leaders here, and one at the other school"
    )
    asked = await stage.tap(people.liv, press(letter, "practice"), morning)
    assert (asked.text, labels(asked)) == (
        "📤 <b>Send it now to 4 readers?</b>\nIt is this week&#39;s practice, due Monday 2 November at 07:30.",
        [["📤 Send it now"], ["◀ Back, send nothing"]],
    )
    await stage.tap(people.liv, press(asked, "Send it now"), morning)
    await stage.deliver(morning + timedelta(minutes=601))
    assert Counter(kind for _, kind in stage.got)["prompt"] == 4


async def test_a_deadline_missed_after_the_notice_is_in_the_next_days_notice(
    stage: Stage, people: Heia, database: Database, heia: MadeSchool
) -> None:
    morning = datetime(2026, 11, 3, 6, 30, tzinfo=UTC)
    await stage.plan(datetime(2026, 11, 2, 19, 40, tzinfo=UTC))
    await stage.deliver(morning)
    async with database.writing() as db:
        await outbox.enqueue(
            db,
            heia.id,
            INCIDENT,
            "1",
            LEADERS,
            now=morning,
            valid_for=timedelta(hours=1),
        )
    noon = morning + timedelta(hours=5)
    await stage.plan(noon)
    await stage.deliver(noon)
    await stage.plan(noon + INTERVAL)
    assert Counter(kind for _, kind in stage.got)["missed"] == 3
    stage.got.clear()
    stage.letters.clear()
    await stage.deliver(morning + DAY + timedelta(hours=1))
    assert stage.letter_to(people.liv, "missed").text == (
        "⚠ <b>Not everything could be sent in time.</b>\n\n"
        "· The notice of an incident, Tuesday 3 November at 07:30: not sent\n\n"
        "That happens when I have been switched off, or could not reach Telegram. "
        "What is too late I do not send by myself."
    )
    assert Counter(kind for _, kind in stage.got)["missed"] == 2, "the other school has missed nothing new"


async def test_a_message_sent_late_before_the_morning_is_not_notified(stage: Stage, people: Heia) -> None:
    evening = datetime(2026, 11, 2, 19, 20, tzinfo=UTC)  # 20:20, before the quiet hours
    await stage.plan(evening)
    listed = await stage.tap(people.liv, ShowProblems(), evening)
    await stage.tap(
        people.liv, press(await stage.tap(people.liv, press(listed, "practice"), evening), "now"), evening
    )
    await stage.deliver(evening)
    await stage.deliver(datetime(2026, 11, 3, 6, 30, tzinfo=UTC))
    assert (people.liv.telegram_id, "missed") not in stage.got


async def test_a_deadline_missed_for_some_readers_is_notified_with_their_number(
    stage: Stage, people: Heia
) -> None:
    stage.fate[people.cato.telegram_id] = Failed(
        DeliveryStatus.WAITING, "no way", retry_in=timedelta(hours=10)
    )
    await stage.plan(HALF_PAST_SEVEN)
    await stage.deliver(HALF_PAST_SEVEN)
    stage.fate.clear()
    afternoon = HALF_PAST_SEVEN + timedelta(hours=10)
    await stage.deliver(afternoon)
    shown = await stage.tap(people.liv, ShowProblems(), afternoon)
    assert (shown.text, labels(shown)) == (
        "⚠ <b>What may not have arrived in the last two weeks</b>\n\n"
        "· This week&#39;s practice, Monday 2 November at 07:30: too late for 1 of 4",
        [["🏠 Home"]],
    )


async def test_home_has_the_button_only_while_there_are_problems(stage: Stage, people: Heia) -> None:
    quiet = labels(await stage.home(people.liv, EARLY))
    await stage.plan(datetime(2026, 11, 2, 19, 40, tzinfo=UTC))
    later = MONDAY + DAY
    assert labels(await stage.home(people.liv, later)) == [["⚠ What may not have arrived"], *quiet]
    for_the_team = labels(await stage.home(people.cato, later))
    assert ["⚠ What may not have arrived"] not in for_the_team
    assert press(await stage.home(people.liv, later), "arrived") == ShowProblems()
    empty = await stage.tap(people.liv, ShowProblems(), MONDAY + 20 * DAY)
    assert empty.text == (
        "⚠ <b>What may not have arrived in the last two weeks</b>\n\n"
        "Nothing: everything has gone out as it should."
    )
