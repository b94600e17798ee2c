"""What was written in the evening arrives in the morning as one message, over HTTP, and goes on being one.

The bot is restarted in the night, and after the message has arrived: what stands together is known from the rows.
"""

from datetime import time, timedelta

import pytest

from bot.services import outbox
from bot.services.problems import REFUSED as REFUSED_NOTICE
from pals.roles import Role
from storage.delivery import occurrences
from storage.delivery.audiences import Audience
from tests.journeys.conftest import Phone, Stage, oslo, rows
from tests.journeys.test_joining import token_in
from tests.support.people import MadeSchool

EVENING, MORNING = oslo(2, 21), oslo(3, 6, 31)
FRAME = "📣 Heia skole\nFrom the school's leadership"
HEADING = "🌙 {n} messages have waited while it was quiet."


@pytest.fixture
async def liv(stage: Stage, heia: MadeSchool) -> Phone:
    """She leads the school."""
    return await stage.join(heia, Role.LEADER, name="Liv")


@pytest.fixture
async def ada(stage: Stage, heia: MadeSchool) -> Phone:
    """Family of 5B."""
    return await stage.join(heia, Role.FAMILY, ["5B"], name="Ada")


async def written(stage: Stage, liv: Phone, text: str, *, asks: bool) -> None:
    """She sends a message to all families, and perhaps asks whether they have seen it."""
    await liv.write("/kunngjoring")
    await liv.tap("All families: 1")
    await liv.write(text)
    if asks:
        await liv.tap("👁 Ask whether they have seen it")
    await liv.tap("📤 Send")
    stage.clock.set(stage.clock.now() + timedelta(minutes=1))
    await stage.bot.deliver()


@pytest.fixture
async def digest(stage: Stage, heia: MadeSchool, liv: Phone, ada: Phone) -> int:
    """Two messages of the evening before, which ask whether they were seen. Returns the number of what arrived."""
    await stage.begin(EVENING, heia)
    for text in ("Husk matpakke", "Ta med ski"):
        await written(stage, liv, text, asks=True)
    await stage.restart()
    before = (await ada.chat()).texts
    stage.clock.set(MORNING)
    await stage.bot.deliver()
    arrived = await ada.sees("Ta med ski")
    assert (await ada.chat()).texts == [*before, arrived["text"]], (
        "one message, and nothing before the morning"
    )
    assert (arrived["text"], rows(arrived)) == (
        f"{HEADING.format(n=2)}\n\n① {FRAME}\n\nHusk matpakke\n\n② {FRAME}\n\nTa med ski",
        [["① 👁 Seen"], ["② 👁 Seen"]],
    )
    await stage.restart()
    number: int = arrived["message_id"]
    return number


async def test_seen_changes_its_own_button_and_the_leader_sees_each_count(
    stage: Stage, liv: Phone, ada: Phone, digest: int
) -> None:
    tapped = await ada.tap("② 👁 Seen")
    assert (tapped["message_id"], tapped["text"].count(FRAME), rows(tapped)) == (
        digest,
        2,
        [["① 👁 Seen"], ["② ✓ Seen"]],
    )
    first = await liv.sees("Husk matpakke")
    assert "Delivered: 1" in first["text"]


async def test_a_correction_changes_its_own_part_and_a_withdrawal_takes_it_out(
    stage: Stage, liv: Phone, ada: Phone, digest: int
) -> None:
    await ada.tap("① 👁 Seen")
    await liv.tap("✏ Correct the text")  # of the newest
    await liv.write("Ta med skøyter")
    await liv.tap("✅ Replace the old text")
    await stage.bot.deliver()
    changed = await ada.sees("Ta med skøyter")
    assert (changed["message_id"], changed["text"], rows(changed)) == (
        digest,
        f"{HEADING.format(n=2)}\n\n① {FRAME}\n\nHusk matpakke\n\n② {FRAME}\n\nTa med skøyter",
        [["① ✓ Seen"], ["② 👁 Seen"]],
    )
    await liv.tap("🗑 Withdraw")
    await liv.tap("🗑 Withdraw")
    await stage.bot.deliver()
    left = await ada.sees("Husk matpakke")
    assert (left["message_id"], left["text"], rows(left)) == (
        digest,
        f"{FRAME}\n\nHusk matpakke",
        [["✓ Seen"]],
    )
    before = len((await ada.chat()).received)
    await liv.write("/kunngjoring")
    await liv.tap("✅ 2 November: Husk matpakke")
    await liv.tap("🗑 Withdraw")
    await liv.tap("🗑 Withdraw")
    await stage.bot.deliver()
    assert len((await ada.chat()).received) == before - 1, "nothing is left of it"


async def test_what_another_button_says_comes_below_and_the_letters_stay(
    stage: Stage, heia: MadeSchool, liv: Phone
) -> None:
    """Both leaders hear in the morning who asked to join, and what was written to all staff."""
    await stage.begin(EVENING, heia)
    await liv.write("/inviter")
    await liv.tap("🧑‍🏫 All who work here")
    link = await liv.sees("The link for all who work")
    ida = await stage.phone(901, name="Ida Lie", language="en")
    await ida.write(f"/start {token_in(link)}")
    await ida.tap("✅ Join")
    await stage.bot.deliver()
    await liv.write("/kunngjoring")
    await liv.tap("All staff: 1")
    await liv.write("The meeting is moved.")
    await liv.tap("📤 Send")
    await stage.restart()
    stage.clock.set(MORNING)
    await stage.bot.deliver()
    arrived = await liv.sees("🌙")
    asks = "would like to join Heia skole as one of the adults who work there."
    assert (arrived["text"], rows(arrived)) == (
        f"{HEADING.format(n=2)}\n\n"
        f"① 🙋 Ida Lie {asks} That is the name on their phone. Do you know them?\n\n"
        f"② {FRAME}\n\nThe meeting is moved.",
        [["① ✅ Let in", "① ✖ Turn away"]],
    )
    said = await liv.tap("① ✅ Let in")
    assert said["text"] == "✅ Ida Lie is in, and has been told."
    assert [m for m in (await liv.chat()).received if m["message_id"] == arrived["message_id"]] == [arrived]
    await liv.tap("① ✅ Let in")
    await liv.sees("was let in before you tapped")
    data = arrived["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    assert data.startswith("~")
    assert await liv.forge("~zz:1", message_id=arrived["message_id"]) is None
    await liv.sees("That button is from an earlier time")


async def test_a_card_that_is_asked_for_among_letters_does_not_take_their_place(
    stage: Stage, heia: MadeSchool, liv: Phone
) -> None:
    """What goes on being sent edits the card it is followed on, and never the message that holds the letters."""
    await stage.join(heia, Role.FAMILY, ["5B"], name="Eva", quiet=(time(21), time(9)))
    await stage.begin(EVENING, heia)
    leader = Audience(frozenset({Role.LEADER}))
    for number, text in enumerate(("Husk matpakke", "Ta med ski"), 1):
        await written(stage, liv, text, asks=False)
        async with stage.database.writing() as db:
            this = await occurrences.find(db, heia.id, "announcement", str(number), "")
            assert this is not None
            await occurrences.set_status(db, heia.id, this.id, this.status, refusal="Bad Request")
            await outbox.enqueue(db, heia.id, REFUSED_NOTICE, str(this.id), leader, now=EVENING)
    await stage.bot.deliver()
    stage.clock.set(MORNING)
    await stage.bot.deliver()
    letters = await liv.sees("🌙")
    card = await liv.tap("① 👀 See the announcement")
    assert "Waiting: 1" in card["text"]
    stage.clock.set(oslo(3, 9, 1))
    await stage.bot.deliver()
    await liv.sees("Delivered: 1")
    received = (await liv.chat()).received
    assert [message for message in received if message["message_id"] == letters["message_id"]] == [letters]
