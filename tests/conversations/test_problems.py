"""Delivery problems after a restore: the notice to the leaders, and the retries they may ask for."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from bot.errors import Gone, NotAllowed
from bot.handlers.problems import MAX_BUTTONS, AskSendLate, SendLate
from bot.handlers.shared_presses import AskSendAgain, ShowAnnouncement, ShowProblems
from bot.press import Press
from bot.services import outbox
from bot.services.announcements.write import ANNOUNCEMENT
from bot.services.incidents import INCIDENT
from bot.services.joining import JOIN_REQUESTED
from bot.turn import Reply
from storage import announcements
from storage.database import Database
from storage.delivery.audiences import FAMILIES, LEADERS
from storage.tables import AnnouncementStatus
from tests.support.announcing import Chat, Heia
from tests.support.audit_log import audit_log
from tests.support.features import KINDS
from tests.support.outages import EARLY, Stage, stage_of
from tests.support.people import MadeSchool
from tests.support.turns import labels, press

HALF_PAST_SEVEN = datetime(2026, 11, 2, 6, 31, tzinfo=UTC)
DAY = timedelta(days=1)
HELD = (
    "⚠ <b>I have been set back to an older copy of my memory.</b>\n\n"
    "I do not know what I sent before Monday 2 November at 08:00.\n"
    "This may have gone out, so I do not send it again by myself:\n"
    "· PALS of the month, to staff, Monday 2 November at 07:15: {focus}\n"
    "· This week&#39;s practice, Monday 2 November at 07:30: {prompt}\n\n"
    "Tap one to send it after all. I ask first.\n\n"
    "What was written down after that copy was made is gone: please look through it."
)
BUTTONS = [["🔁 PALS of the month, to staff, Mon 2 Nov"], ["🔁 This week's practice, Mon 2 Nov"], ["🏠 Home"]]
SEVEN = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)  # 08:00 in Oslo


@pytest_asyncio.fixture
async def stage(database: Database, heia: MadeSchool, fjern: MadeSchool, people: Heia) -> Stage:
    return await stage_of(database, heia, fjern)


@pytest_asyncio.fixture
async def held(stage: Stage, people: Heia) -> Reply:
    """The leader's notice, after a restore to a backup in which the week's practice was waiting."""
    await stage.plan(HALF_PAST_SEVEN)
    await stage.hold(SEVEN)
    await stage.deliver(SEVEN)
    return stage.letter_to(people.liv, "restored")


async def test_the_notice_lists_uncertain_messages_and_two_taps_resend_one(
    stage: Stage, people: Heia, held: Reply, database: Database, heia: MadeSchool
) -> None:
    assert (held.text, labels(held)) == (
        HELD.format(focus="uncertain for 4", prompt="uncertain for 4"),
        BUTTONS,
    )
    asked = await stage.tap(people.liv, press(held, "practice"), SEVEN)
    assert (asked.text, labels(asked), asked.fresh) == (
        "🔁 <b>Send it again to the 4 who are uncertain?</b>\n"
        "It is this week&#39;s practice, due Monday 2 November at 07:30.\n"
        "It may have arrived. Whoever has it already gets it twice.",
        [["🔁 Send again"], ["◀ Back, send nothing"]],
        True,
    )
    before = len(stage.got)
    sent = await stage.tap(people.liv, press(asked, "Send again"), SEVEN)
    assert (sent.toast, labels(sent)) == (
        "It goes out in a moment",
        [["🔁 PALS of the month, to staff, Mon 2 Nov"], ["🏠 Home"]],
    )
    again = await stage.tap(people.liv, press(asked, "Send again"), SEVEN)
    assert (again.toast, again.text) == ("That is settled already, so I sent nothing", sent.text)
    await stage.deliver(SEVEN + timedelta(minutes=1))
    staff = (people.liv, people.nils, people.ada, people.cato)
    assert Counter(stage.got[before:]) == {(one.telegram_id, "prompt"): 1 for one in staff}
    async with database.reading() as db:
        trail = [(row.person_id, row.action) for row in await audit_log(db, heia.id)]
    assert trail == [(people.liv.id, "sent_again")]


async def test_a_forgotten_message_may_be_sent(stage: Stage, people: Heia) -> None:
    """The backup is older than the day's messages: they have no delivery."""
    async with stage.database.writing() as db:  # only uncertain deliveries cause a notice
        await outbox.enqueue(db, stage.school.id, JOIN_REQUESTED, "1", LEADERS, now=EARLY)
    await stage.hold(SEVEN)
    await stage.deliver(SEVEN)
    letter = stage.letter_to(people.liv, "restored")
    assert labels(letter) == [["🔁 Somebody's wish to join, Mon 2 Nov"], *BUTTONS]
    assert "practice, Monday 2 November at 07:30: perhaps sent" in str(letter.text)
    asked = await stage.tap(people.nils, press(letter, "practice"), SEVEN)
    assert asked.text == (
        "🔁 <b>Send it again to 4 readers?</b>\n"
        "It is this week&#39;s practice, due Monday 2 November at 07:30.\n"
        "It may have arrived. Whoever has it already gets it twice."
    )
    sent = await stage.tap(people.nils, press(asked, "Send again"), SEVEN)
    assert sent.toast == "It goes out in a moment"
    twice = await stage.tap(people.liv, press(asked, "Send again"), SEVEN)
    assert twice.toast == "That is settled already, so I sent nothing"
    await stage.deliver(SEVEN + timedelta(minutes=1))
    assert Counter(kind for _, kind in stage.got)["prompt"] == 4


@pytest.mark.parametrize("pressed", [ShowProblems(), AskSendLate(1), SendLate(1)], ids=str)
async def test_only_a_leader_may_see_and_send(
    stage: Stage, people: Heia, held: Reply, pressed: Press
) -> None:
    for who in (people.ada, people.cato, people.of_6a):
        with pytest.raises(NotAllowed):
            await stage.tap(who, pressed, SEVEN)


async def test_another_schools_leader_finds_nothing_and_a_forged_id_is_gone(
    stage: Stage, people: Heia, held: Reply, database: Database, fjern: MadeSchool
) -> None:
    ask = press(held, "practice")
    assert isinstance(ask, AskSendLate)
    for pressed in (ask, SendLate(ask.occurrence_id), AskSendLate(9999), SendLate(-1)):
        with pytest.raises(Gone):
            await stage.tap(people.far, pressed, SEVEN)
    assert "Heia" not in str((await stage.tap(people.far, ShowProblems(), SEVEN)).text)


async def test_an_announcement_is_resent_from_its_own_card_only(
    stage: Stage, people: Heia, database: Database, heia: MadeSchool
) -> None:
    """It may have been stopped or withdrawn; the card checks that."""
    async with database.writing() as db:
        this, _ = await outbox.enqueue(db, heia.id, ANNOUNCEMENT, "1", FAMILIES, now=EARLY)
    await stage.hold(SEVEN)
    for pressed in (AskSendLate(this), SendLate(this)):
        with pytest.raises(Gone):
            await stage.tap(people.liv, pressed, SEVEN)


async def test_in_quiet_hours_the_toast_says_when_it_is_sent(stage: Stage, people: Heia, held: Reply) -> None:
    night = datetime(2026, 11, 2, 20, 0, tzinfo=UTC)  # 21:00 in Oslo
    asked = await stage.tap(people.liv, press(held, "practice"), night)
    sent = await stage.tap(people.liv, press(asked, "Send again"), night)
    assert sent.toast == "It goes out after the quiet hours, at 06:30"
    before = len(stage.got)
    await stage.deliver(night)
    assert stage.got[before:] == []


async def test_a_message_not_worth_sending_late_is_listed_without_a_button(
    stage: Stage, people: Heia
) -> None:
    """A reminder just before a meeting, the day after it."""
    thursday = datetime(2026, 11, 12, 11, 59, tzinfo=UTC)
    await stage.plan(thursday)
    await stage.plan(thursday + timedelta(minutes=2))
    await stage.hold(thursday + timedelta(minutes=10))
    shown = await stage.tap(people.liv, ShowProblems(), thursday + DAY)
    assert "The reminder just before a meeting, Thursday 12 November at 13:00: uncertain for 3" in shown.text
    assert not [label for (label, *_) in labels(shown) if "just before" in label]


async def test_an_announcement_has_a_button_to_its_own_card(
    stage: Stage, people: Heia, database: Database, heia: MadeSchool
) -> None:
    """The button asks about the retry, or shows the card of a stopped announcement."""
    liv = Chat(database, people.liv, EARLY)
    await liv.tap(await liv.written("Hei", "All families"), "Send")
    await stage.hold(EARLY + timedelta(minutes=10))
    await stage.deliver(SEVEN)
    letter = stage.letter_to(people.nils, "restored")
    assert press(letter, "An announcement") == AskSendAgain(1)
    asked = await stage.tap(people.nils, AskSendAgain(1), SEVEN)
    assert asked.text.startswith("🔁 <b>Send it again to the 3 who are uncertain?</b>")
    async with database.writing() as db:
        await announcements.set_status(db, heia.id, 1, AnnouncementStatus.SENDING, AnnouncementStatus.STOPPED)
    assert press(await stage.tap(people.nils, ShowProblems(), SEVEN), "An announcement") == ShowAnnouncement(
        1
    )


def test_every_listed_kind_has_a_name() -> None:
    assert [kind.name for kind in KINDS.by_name.values() if not kind.called] == [
        "refused",
        "restored",
        "missed",
    ]


async def test_a_long_list_shows_the_newest(
    stage: Stage, people: Heia, database: Database, heia: MadeSchool
) -> None:
    """As after a long outage: the list fits into one message, with a button for each of the newest."""
    async with database.writing() as db:
        for number in range(30):
            at = EARLY + number * timedelta(minutes=1)
            await outbox.enqueue(db, heia.id, INCIDENT, str(number), LEADERS, now=at)
    await stage.hold(SEVEN)
    shown = await stage.tap(people.liv, ShowProblems(), SEVEN)
    lines = str(shown.text).splitlines()
    assert lines[2] == "· … and 7 that are older", "the two moments of the morning are listed too"
    assert [line for line in lines[3:28] if not line.startswith("· ")] == []
    assert (len(lines), len(shown.buttons), len(str(shown.text)) < 4096) == (30, MAX_BUTTONS + 1, True)
