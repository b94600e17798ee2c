"""Home: the card of each role, and the fallbacks for updates without a handler."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Refusal
from bot.feature import CommandHandler
from bot.handlers import fallbacks
from bot.handlers.command_button import RunCommand
from bot.turn import Reply
from pals.behaviour import Answer
from pals.roles import Role
from storage import memberships, practices
from storage.delivery import occurrences
from storage.tables import OccurrenceStatus, Standing
from tests.support.chats import Chat
from tests.support.features import FEATURES
from tests.support.people import MadePerson, MadeSchool, join, make_person
from tests.support.turns import MONDAY, labels, presses, turn

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WEEK = "2026-W45"


async def test_a_teacher_sees_the_weeks_practice_and_each_classs_answer(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, tor: MadePerson, stranger_teacher: MadePerson
) -> None:
    await practices.report(db, heia.id, heia.groups["6A"], WEEK, Answer.PARTLY, person_id=tor.id, now=MONDAY)
    card = await Chat(db, tor.telegram_id).write("/hjem")
    assert card.text == (
        "🏠 <b>Heia skole</b>\n\n🎯 This week's practice: <b>Vi går rolig</b>\n"
        "· 5B: not answered yet\n· 6A: Partly"
    )
    assert labels(card) == [
        ["⭐ Praise", "📝 Incident"],
        ["🎯 This week", "📅 This month"],
        ["☰ More"],
    ]
    assert presses(card.buttons) == [
        RunCommand("ros"),
        RunCommand("hendelse"),
        RunCommand("uke"),
        RunCommand("maaned"),
        RunCommand("mer"),
    ]
    stranger = await Chat(db, stranger_teacher.telegram_id).write("/hjem")
    assert stranger.text == (
        "🏠 <b>Fjern skole</b>\n\n🎯 This week's practice: <b>Vi går rolig</b>\n· 5B: not answered yet"
    )


async def test_a_teacher_without_classes_is_told_where_to_choose_them(
    db: AsyncSession, heia: MadeSchool
) -> None:
    ida = await make_person(db, heia, Role.STAFF, name="Ida")
    assert (await Chat(db, ida.telegram_id).write("/hjem")).text == (
        "🏠 <b>Heia skole</b>\n\n🎯 This week's practice: <b>Vi går rolig</b>\n"
        "You have not chosen your classes yet. You do that under /mer."
    )


async def test_a_leader_also_sees_coverage_missed_messages_and_requests(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, lise: MadePerson, tor: MadePerson
) -> None:
    await practices.report(db, heia.id, heia.groups["6A"], WEEK, Answer.DONE, person_id=tor.id, now=MONDAY)
    for days, school in ((3, heia), (20, heia), (1, fjern)):
        await occurrences.insert_once(
            db,
            school.id,
            kind="prompt",
            ref="2026-W44",
            slot=f"{days} days ago",
            due_at=MONDAY - timedelta(days=days),
            too_late_at=MONDAY - timedelta(days=days),
            status=OccurrenceStatus.MISSED,
            now=MONDAY,
        )
    await make_person(db, heia, Role.STAFF, name="Ida", standing=Standing.PENDING)
    card = await Chat(db, lise.telegram_id).write("/hjem")
    assert card.text == (
        "🏠 <b>Heia skole</b>\n\n🎯 This week's practice: <b>Vi går rolig</b>\n"
        "\n📊 1 of 2 groups have practised this week.\n"
        "🗓 Next meeting: torsdag 12. november at 14:00.\n\n"
        "⚠️ Not sent in time the last two weeks:\n· this week's practice, 30. oktober\n\n"
        "🙋 1 person is waiting for your yes."
    )
    assert labels(card) == [
        ["⚠ What may not have arrived"],
        ["🙋 Who is waiting", "⭐ Praise"],
        ["📝 Incident", "🎯 This week"],
        ["📅 This month", "🗓 Meetings"],
        ["🔗 Invite", "📣 Write to many"],
        ["☰ More"],
    ]


async def test_a_family_sees_the_month_in_its_language_and_nothing_of_the_school(
    db: AsyncSession, heia: MadeSchool, amir: MadePerson
) -> None:
    card = await Chat(db, amir.telegram_id).write("/hjem")
    assert card.text == (
        "\u200f🏠 <b>Heia skole</b>\n\n📅 <b>نوفمبر: الهدوء في الممر</b>\n"
        "\u200fA question to ask at home: <i>على من سلّمت اليوم؟</i>\nYou follow 5B."
    )
    assert labels(card) == [["📅 This month", "🌍 Language"], ["☰ More"]]


async def test_a_family_without_a_focus_this_month_is_told_so(
    db: AsyncSession, heia: MadeSchool, amir: MadePerson
) -> None:
    await memberships.mute(db, heia.id, amir.membership_id, True)
    july = datetime(2027, 7, 5, 10, 0, tzinfo=UTC)
    card = await Chat(db, amir.telegram_id, now=july).write("/hjem")
    assert card.text == (
        "\u200f🏠 <b>Heia skole</b>\n\n📅 There is nothing new this month. You hear from me when there is.\n"
        "You follow 5B.\n🔕 Messages are turned off. You turn them on again under /mer."
    )


async def test_an_advisor_sees_totals_and_municipal_meetings_and_an_owner_totals_alone(
    db: AsyncSession, heia: MadeSchool, tor: MadePerson
) -> None:
    advisor = await make_person(db, heia, Role.ADVISOR, name="Nils")
    owner = await make_person(db, heia, Role.OWNER, name="Berit")
    totals = "🏠 <b>Heia skole</b>\n\n📊 0 of 2 groups have practised this week."
    seen = await Chat(db, advisor.telegram_id).write("/hjem")
    assert (seen.text, labels(seen)) == (totals, [["🗓 Meetings", "☰ More"]])
    seen = await Chat(db, owner.telegram_id).write("/hjem")
    assert (seen.text, labels(seen)) == (totals, [["☰ More"]])


async def test_two_roles_are_named_and_can_be_switched(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    await join(db, greet.id, fjern, Role.FAMILY, ["6A"])
    card = await Chat(db, greet.telegram_id).write("/hjem")
    assert card.text.startswith("🏠 <b>Heia skole</b>\nYou are here as staff.\n")
    assert labels(card)[-1] == ["⇄ Switch", "☰ More"]


async def test_the_card_takes_the_same_number_of_queries_for_one_class_and_for_three(
    db: AsyncSession, heia: MadeSchool, lise: MadePerson
) -> None:
    """No N+1: the number of queries must not grow with the school."""
    leader = Chat(db, lise.telegram_id)
    await leader.write("/hjem")  # the transaction has begun
    bare = await queries(db, leader)
    for group in heia.groups.values():
        await memberships.take_group(db, heia.id, lise.membership_id, group)
        await make_person(db, heia, Role.STAFF, name="Ida", standing=Standing.PENDING)
    assert (bare, await queries(db, leader)) == (9, 9)


async def queries(db: AsyncSession, chat: Chat) -> int:
    """The number of queries of the home card, including that of the actor."""
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    engine = db.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        await chat.write("/hjem")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (
            fallbacks.edited,
            "✏️ I only read new messages, so your change was not read. Please write it once more.",
        ),
        (
            fallbacks.no_text,
            "I cannot take pictures, voice messages, stickers or files, and kept nothing. Please use the buttons.",
        ),
        (fallbacks.old_button, "That button is from an earlier time. Here is what you can do now."),
        (fallbacks.unknown_command, "I do not know that command. Here is what you can do."),
        (
            fallbacks.not_awaited,
            "I was not waiting for a text, and kept nothing of it. Here is what you can do.",
        ),
    ],
)
async def test_a_fallback_is_one_line_and_home_as_one_new_message(
    db: AsyncSession, heia: MadeSchool, amir: MadePerson, answer: CommandHandler, line: str
) -> None:
    card = await Chat(db, amir.telegram_id).write("/hjem")
    said = await answer(await turn(db, amir.telegram_id, text="Ola Nordmann 010203 12345"))
    assert said == Reply(f"{line}\n\n{card.text}", card.buttons, fresh=True)


async def test_a_fallback_for_an_unknown_visitor_is_the_introduction(
    db: AsyncSession, heia: MadeSchool
) -> None:
    said = await fallbacks.no_text(await turn(db, 905, phone_language="en"))
    assert said.text.split("\n\n")[1].startswith("👋 I am the PALS assistant of schools")


async def test_a_command_button_runs_the_command_with_its_permission_check(
    db: AsyncSession, heia: MadeSchool, amir: MadePerson
) -> None:
    run = FEATURES.presses[RunCommand]
    family = await turn(db, amir.telegram_id)
    assert await run(family, RunCommand("hjem")) == await Chat(db, amir.telegram_id).write("/hjem")
    for command, said in (
        ("inviter", "That is not for your role here."),
        ("finnes-ikke", "That is no longer here."),
    ):
        with pytest.raises(Refusal) as refused:
            await run(family, RunCommand(command))
        assert str(refused.value).startswith(said)
