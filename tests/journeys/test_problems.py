"""Delivery problems over HTTP: a leader is notified, and retries, with restarts half-way."""

from datetime import timedelta

from bot.services import problems
from pals.roles import Role
from scheduler.leadership import restore_guard
from scheduler.plan import plan_due
from storage.database import Database
from tests.journeys.conftest import Stage, oslo, rows
from tests.support.people import MadeSchool

MINUTE = timedelta(minutes=1)


async def test_after_a_restore_a_leader_resends_the_months_text_in_two_taps(
    stage: Stage, database: Database, heia: MadeSchool
) -> None:
    await stage.begin(oslo(2, 16), heia)
    gro = await stage.join(heia, Role.LEADER, name="Gro")
    families = [await stage.join(heia, Role.FAMILY, ["5B"], name="Emil") for _ in range(2)]
    stage.clock.set(oslo(2, 16, 31))
    await plan_due(database, stage.bot.features.kinds, stage.clock.now())
    await restore_guard.hold_possibly_sent(
        database,
        stage.bot.features.kinds,
        stage.clock.now(),
        stage.clock.now(),
        notify=problems.notify_restored,
    )
    await stage.bot.deliver()
    letter = await gro.sees("I have been set back to an older copy of my memory.")
    assert rows(letter) == [["🔁 PALS of the month, to families, Mon 2 Nov"], ["🏠 Home"]]
    await stage.restart()
    asked = await gro.tap("🔁 PALS of the month, to families, Mon 2 Nov")
    assert asked["text"].startswith("🔁 Send it again to the 2 who are uncertain?")
    await stage.restart()
    shown = await gro.tap("🔁 Send again")
    assert "Nothing: everything has gone out as it should." in shown["text"]
    assert await gro.forge("ks:1", message_id=shown["message_id"]) == (
        "That is settled already, so I sent nothing"
    )
    stage.clock.set(oslo(2, 16, 33))
    await stage.bot.deliver()
    for family in families:
        texts = (await family.chat()).texts
        assert sum("Calm in the corridor" in text and "PALS of the month" in text for text in texts) == 1
    assert (
        await families[0].forge("ks:1") == "That is not for your role here. Tap /hjem to see what you can do."
    )


async def test_after_an_outage_the_leader_is_notified_in_the_morning(stage: Stage, heia: MadeSchool) -> None:
    await stage.begin(oslo(2, 7, 20), heia)
    gro = await stage.join(heia, Role.LEADER, name="Gro")
    before = len((await gro.chat()).received)
    stage.clock.set(oslo(2, 20))
    await stage.bot.plan_due()
    await stage.bot.deliver()
    assert len((await gro.chat()).received) == before
    await stage.restart()
    for minutes in (0, 1, 20):
        stage.clock.set(oslo(3, 7, 30) + minutes * MINUTE)
        await stage.bot.plan_due()
        await stage.bot.deliver()
    letters = [text for text in (await gro.chat()).texts if "Not everything could be sent in time." in text]
    assert letters == [
        "⚠ Not everything could be sent in time.\n\n"
        "· This week's practice, Monday 2 November at 07:30: not sent\n\n"
        "That happens when I have been switched off, or could not reach Telegram. "
        "What is too late I do not send by myself.\nTap one to send it after all. I ask first."
    ]
