"""The week's practice: prompt on Monday, an answer for each group, reminder, coverage on Friday."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.content.message_length import TEXT_LIMIT, length
from bot.errors import Gone, NotAllowed, NotMember
from bot.handlers import practice
from bot.handlers.command_button import RunCommand
from bot.handlers.practice import (
    ChangeAnswer,
    RemindTomorrow,
    ReportPractice,
    ShowCoverage,
    ShowWeek,
)
from bot.press import Press
from bot.turn import Button, Reply
from pals.behaviour import Answer
from pals.roles import Role
from storage import practices
from storage.tables import Delivery, Expectation, Group, MembershipGroup, Occurrence, Practice, Prompt, School
from tests.support.audit_log import audit_log
from tests.support.features import FEATURES
from tests.support.people import CALENDAR, MadePerson, MadeSchool, make_person
from tests.support.talk import Talk, oslo
from tests.support.turns import MONDAY, labels, press, turn

WEEK = "2026-W45"
SHOWN = """🎯 <b>This week's practice</b>, week 45

<b>We walk calmly</b>
Respect · Corridor

Two minutes with the pupils:
<blockquote>Walk it together and say what you see.</blockquote>"""
ASKED = "How did it go with <b>5B</b>?"


def answers(group_id: int, *, name: str = "", brief: bool = False) -> list[Button]:
    """The row of buttons for a group."""
    given = ((Answer.DONE, "Practised"), (Answer.PARTLY, "Partly"), (Answer.NOT_YET, "Not yet"))
    return [
        Button(f"{name}{label}", ReportPractice(group_id, WEEK, answer, brief)) for answer, label in given
    ]


def change(group_id: int, label: str = "✏️ Change", *, brief: bool = False) -> Button:
    return Button(label, ChangeAnswer(group_id, WEEK, brief))


REMIND = [Button("⏰ Remind me tomorrow", RemindTomorrow(WEEK))]
CHOOSE = [Button("👥 Choose your classes", RunCommand("klasser"))]
COUNT = [Button("📊 How many groups have answered", ShowCoverage(WEEK))]


async def answered(db: AsyncSession, school: MadeSchool) -> dict[str, tuple[Answer, int | None]]:
    """The stored answers of the week by group, with their authors."""
    return {
        row.group_name: (row.answer, row.person_id) for row in await practices.of_week(db, school.id, WEEK)
    }


# --- the prompt


async def test_a_teacher_of_one_class_answers_with_one_of_three_buttons(
    db: AsyncSession, ada: MadePerson
) -> None:
    assert await Talk(db, practice, ada).command("uke") == Reply(
        f"{SHOWN}\n\n{ASKED}", [answers(ada.groups[0]), REMIND]
    )


async def test_a_teacher_of_two_classes_gets_a_row_for_each(db: AsyncSession, bo: MadePerson) -> None:
    b5, a6 = bo.groups
    assert await Talk(db, practice, bo).command("uke") == Reply(
        f"{SHOWN}\n\nHow did it go?", [answers(b5, name="5B: "), answers(a6, name="6A: "), REMIND]
    )


async def test_staff_without_a_group_may_choose_classes(db: AsyncSession, cato: MadePerson) -> None:
    assert await Talk(db, practice, cato).command("uke") == Reply(SHOWN, [CHOOSE, COUNT])


async def test_many_groups_or_long_names_are_chosen_by_name_first(
    db: AsyncSession, heia: MadeSchool, bo: MadePerson
) -> None:
    """Three buttons in a row have room for a short name only, and Telegram shows a hundred buttons at most."""
    await db.exec(update(Group).where(col(Group.id) == heia.groups["6A"]).values(name="Den blå gruppa"))
    b5, a6 = bo.groups
    talk = Talk(db, practice, bo)
    asked = await talk.command("uke")
    assert asked == Reply(
        f"{SHOWN}\n\nHow did it go? Choose a group.",
        [[change(b5, "5B"), change(a6, "Den blå gruppa")], REMIND],
    )
    opened = await talk.press(press(asked, "Den blå gruppa"))
    assert opened == Reply(
        f"{SHOWN}\n\nHow did it go with <b>Den blå gruppa</b>?", [answers(a6), [change(b5, "5B")], REMIND]
    )
    done = await talk.press(press(opened, "Partly"))
    assert done == Reply(
        f"{SHOWN}\n\n✓ <b>Den blå gruppa</b>: Partly\n\n{ASKED}",
        [[change(b5, "5B"), change(a6, "✓ Den blå gruppa")], REMIND],
        toast="Saved. Den blå gruppa: Partly.",
    )


async def test_a_week_of_holidays_says_when_the_next_practice_comes(
    db: AsyncSession, ada: MadePerson
) -> None:
    """The autumn break is week 40; this school has a focus from November on."""
    talk = Talk(db, practice, ada)
    assert await talk.command("uke", now=oslo("2026-09-30")) == Reply(
        "🎯 There is no practice this week. The next one is in week 45."
    )
    assert await talk.command("uke", now=oslo("2027-03-03")) == Reply(
        "🎯 There is no practice this week, and the next one is not planned yet."
    )


# --- answering


async def test_answer_is_saved_and_replaces_the_message(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    talk = Talk(db, practice, ada)
    asked = await talk.command("uke")
    assert await talk.press(press(asked, "Partly")) == Reply(
        f"{SHOWN}\n\n✓ <b>5B</b>: Partly\n\nThank you for answering.",
        [[change(ada.groups[0])]],
        toast="Saved. 5B: Partly.",
    )
    assert await answered(db, heia) == {"5B": (Answer.PARTLY, ada.id)}
    (left,) = await audit_log(db, heia.id)
    assert (left.person_id, left.action, left.ref) == (ada.id, "practice", f"{ada.groups[0]} {WEEK} partly")


async def test_double_tap_is_idempotent(db: AsyncSession, heia: MadeSchool, ada: MadePerson) -> None:
    talk = Talk(db, practice, ada)
    tapped = press(await talk.command("uke"), "Practised")
    first, second = await talk.press(tapped), await talk.press(tapped, now=MONDAY + timedelta(minutes=1))
    assert second == first
    assert [row.at for row in await practices.of_week(db, heia.id, WEEK)] == [MONDAY]
    assert len(await audit_log(db, heia.id)) == 1


async def test_an_answer_can_be_changed_and_opening_it_changes_nothing(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    talk = Talk(db, practice, ada)
    done = await talk.press(press(await talk.command("uke"), "Not yet"))
    opened = await talk.press(press(done, "Change"))
    assert opened == Reply(f"{SHOWN}\n\n{ASKED}", [answers(ada.groups[0])])
    assert await answered(db, heia) == {"5B": (Answer.NOT_YET, ada.id)}
    assert (await talk.press(press(opened, "Practised"))).toast == "Changed. 5B: Practised."
    assert await answered(db, heia) == {"5B": (Answer.DONE, ada.id)}


async def test_last_write_wins_between_two_teachers(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, bo: MadePerson
) -> None:
    """Bo presses under a stale message, and the toast says that Ada had answered before."""
    letter = await Talk(db, practice, bo).command("uke")
    await Talk(db, practice, ada).press(ReportPractice(ada.groups[0], WEEK, Answer.PARTLY, False))
    said = await Talk(db, practice, bo).press(press(letter, "5B: Practised"))
    assert said == Reply(
        f"{SHOWN}\n\n✓ <b>5B</b>: Practised\n\nHow did it go with <b>6A</b>?",
        [[change(bo.groups[0], "✏️ Change 5B")], answers(bo.groups[1], name="6A: "), REMIND],
        toast="A colleague had already answered for 5B. Now your answer counts: Practised.",
    )
    assert await answered(db, heia) == {"5B": (Answer.DONE, bo.id)}


async def test_press_under_last_weeks_message_counts_for_last_week(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    said = await Talk(db, practice, ada).press(
        ReportPractice(ada.groups[0], WEEK, Answer.DONE, False), now=oslo("2026-11-10")
    )
    assert (said.text, said.buttons) == (
        f"{SHOWN}\n\n✓ <b>5B</b>: Practised\n\nThank you for answering.",
        [[change(ada.groups[0])]],
    )
    assert await answered(db, heia) == {"5B": (Answer.DONE, ada.id)}


@pytest.mark.parametrize("week", ["2026-W46", "2099-W01", "2026-W40", "2026-W54", "", "45"])
async def test_future_malformed_or_practice_free_week_is_refused(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, week: str
) -> None:
    talk = Talk(db, practice, ada)
    with pytest.raises(Gone):
        await talk.press(ReportPractice(ada.groups[0], week, Answer.DONE, False))
    with pytest.raises(Gone):
        await talk.press(RemindTomorrow(week))
    assert list(await db.exec(select(Practice))) == []


async def test_answer_for_a_group_of_others_is_refused(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, fanny: MadePerson
) -> None:
    """Ada does not teach 6A; the other school's 5B is refused like a group that does not exist."""
    for group_id in (heia.groups["6A"], fanny.groups[0], 999):
        with pytest.raises(Gone):
            await Talk(db, practice, ada).press(ReportPractice(group_id, WEEK, Answer.DONE, False))
    with pytest.raises(Gone):
        await Talk(db, practice, fanny).press(ReportPractice(ada.groups[0], WEEK, Answer.DONE, False))
    assert list(await db.exec(select(Practice))) == []


@pytest.mark.parametrize(
    "tapped",
    [
        ShowWeek(WEEK, False),
        ReportPractice(1, WEEK, Answer.DONE, False),
        ChangeAnswer(1, WEEK, False),
        RemindTomorrow(WEEK),
        ShowCoverage(WEEK),
    ],
)
async def test_families_and_people_without_a_school_are_refused(
    db: AsyncSession, emil: MadePerson, tapped: Press
) -> None:
    with pytest.raises(NotAllowed):
        await Talk(db, practice, emil).press(tapped)
    with pytest.raises(NotMember):
        await FEATURES.presses[type(tapped)](await turn(db, 42, phone_language="en"), tapped)
    with pytest.raises(NotAllowed):
        await Talk(db, practice, emil).command("uke")


async def test_group_name_is_escaped(db: AsyncSession, heia: MadeSchool, ada: MadePerson) -> None:
    await db.exec(update(Group).where(col(Group.id) == heia.groups["5B"]).values(name="<b>&"))
    said = await Talk(db, practice, ada).press(ReportPractice(ada.groups[0], WEEK, Answer.DONE, False))
    assert said == Reply(
        f"{SHOWN}\n\n✓ <b>&lt;b&gt;&amp;</b>: Practised\n\nThank you for answering.",
        [[change(ada.groups[0])]],
        toast="Saved. <b>&: Practised.",
    )


# --- remind me tomorrow


async def queued(db: AsyncSession) -> list[tuple[str, str, str, object, object, int | None]]:
    found = await db.exec(
        select(Occurrence, Delivery).join(Delivery, col(Delivery.occurrence_id) == col(Occurrence.id))
    )
    return [(o.kind, o.ref, o.slot, d.due_at, o.too_late_at, d.membership_id) for o, d in found]


async def test_remind_me_tomorrow_enqueues_once_for_that_person_alone(
    db: AsyncSession, bo: MadePerson, ada: MadePerson
) -> None:
    talk = Talk(db, practice, ada)
    tapped = press(await talk.command("uke"), "Remind")
    said = await talk.press(tapped)
    assert said == Reply(
        f"{SHOWN}\n\n{ASKED}\n\n⏰ I will remind you on Tuesday 3 November at 07:30.",
        [answers(ada.groups[0])],
        toast="I will remind you.",
    )
    assert await talk.press(tapped) == said
    tuesday = (oslo("2026-11-03", "07:30"), oslo("2026-11-03", "16:00"))
    assert await queued(db) == [("prompt_again", WEEK, "2026-11-03", *tuesday, ada.membership_id)]
    await Talk(db, practice, bo).press(RemindTomorrow(WEEK))
    assert [row[-1] for row in await queued(db)] == [ada.membership_id, bo.membership_id]


async def test_a_holiday_in_between_moves_the_reminder_to_the_next_school_day(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    closed = [{"first": "2026-11-03", "last": "2026-11-04", "name": {"en": "Flood"}}]
    await db.exec(
        update(School).where(col(School.id) == heia.id).values(calendar={**CALENDAR, "closed": closed})
    )
    talk = Talk(db, practice, ada)
    said = await talk.press(press(await talk.command("uke"), "⏰ Remind me on the next school day"))
    assert said.text.endswith("⏰ I will remind you on Thursday 5 November at 07:30.")


async def test_reminder_on_the_weeks_last_school_day_is_refused(db: AsyncSession, ada: MadePerson) -> None:
    """The stale button is still under Monday's message; it is not offered any more."""
    talk, friday = Talk(db, practice, ada), oslo("2026-11-06")
    assert (await talk.command("uke", now=friday)).buttons == [answers(ada.groups[0])]
    assert await talk.press(RemindTomorrow(WEEK), now=friday) == Reply(
        toast="No school day is left that week, so I cannot remind you. You can still answer here.",
        alert=True,
    )
    assert await queued(db) == []


# --- messages


async def test_prompt_is_the_weeks_practice(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, cato: MadePerson
) -> None:
    assert await Talk(db, practice, ada).letter(heia, "prompt", WEEK) == Reply(
        f"{SHOWN}\n\n{ASKED}", [answers(ada.groups[0]), REMIND]
    )
    assert await Talk(db, practice, cato).letter(heia, "prompt", WEEK) == Reply(SHOWN, [CHOOSE, COUNT])


async def test_the_reminder_is_short_and_stays_short_when_it_is_answered(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    talk, thursday = Talk(db, practice, ada), oslo("2026-11-05", "13:00")
    line = "🎯 A reminder of the practice in week 45: <b>We walk calmly</b>"
    reminder = await talk.letter(heia, "reminder", WEEK, now=thursday)
    assert reminder == Reply(f"{line}\n\n{ASKED}", [answers(ada.groups[0], brief=True)])
    assert await talk.press(press(reminder, "Practised"), now=thursday) == Reply(
        f"{line}\n\n✓ <b>5B</b>: Practised\n\nThank you for answering.",
        [[change(ada.groups[0], brief=True)]],
        toast="Saved. 5B: Practised.",
    )


@pytest.mark.parametrize("kind", ["reminder", "prompt_again"])
async def test_reminder_is_skipped_when_all_groups_are_answered(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, bo: MadePerson, kind: str
) -> None:
    """Race: Ada answers for 5B after the message was planned. Bo still has 6A, Ada has none."""
    await Talk(db, practice, ada).press(ReportPractice(ada.groups[0], WEEK, Answer.NOT_YET, False))
    assert await Talk(db, practice, ada).letter(heia, kind, WEEK) is None
    bos = await Talk(db, practice, bo).letter(heia, kind, WEEK)
    assert bos is not None
    assert labels(bos)[:2] == [["✏️ Change 5B"], ["6A: Practised", "6A: Partly", "6A: Not yet"]]
    await db.exec(delete(MembershipGroup).where(col(MembershipGroup.membership_id) == bo.membership_id))
    assert await Talk(db, practice, bo).letter(heia, kind, WEEK) is None


@pytest.mark.parametrize("kind", ["prompt", "reminder", "coverage", "prompt_again"])
async def test_messages_of_a_week_without_practice_are_skipped(
    db: AsyncSession, heia: MadeSchool, bo: MadePerson, kind: str
) -> None:
    await db.exec(delete(Prompt))
    assert await Talk(db, practice, bo).letter(heia, kind, WEEK) is None


# --- coverage

HEADING = """📊 <b>Practice in week 45</b>
<b>We walk calmly</b> (Respect · Corridor)
"""


async def test_coverage_message_counts_groups_and_names_those_without_answer(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, bo: MadePerson, cato: MadePerson, fanny: MadePerson
) -> None:
    """SFO has no staff and is not asked; the other school's answers do not count."""
    await Talk(db, practice, ada).press(ReportPractice(ada.groups[0], WEEK, Answer.PARTLY, False))
    await Talk(db, practice, fanny).press(ReportPractice(fanny.groups[0], WEEK, Answer.DONE, False))
    letter = await Talk(db, practice, cato).letter(heia, "coverage", WEEK, now=oslo("2026-11-06", "12:00"))
    assert letter == Reply(
        f"""{HEADING}
Practised: 0
Partly: 1
Not yet: 0
No answer yet: 1

Of the 2 groups that were asked, 1 practised, wholly or partly (50%).
The adults of each group report this themselves.

Without an answer: 6A

<b>Next:</b> ask the groups without an answer what would help them to find the two minutes.""",
        [[Button("🔄 Count again", ShowCoverage(WEEK))]],
    )


async def test_team_requests_coverage_and_goes_back(
    db: AsyncSession, ada: MadePerson, cato: MadePerson
) -> None:
    await Talk(db, practice, ada).press(ReportPractice(ada.groups[0], WEEK, Answer.DONE, False))
    talk = Talk(db, practice, cato)
    asked = await talk.command("uke")
    counted = await talk.press(press(asked, "How many groups"))
    assert counted == Reply(
        f"""{HEADING}
Practised: 1
Partly: 0
Not yet: 0
No answer yet: 0

Of the one group that was asked, 1 practised, wholly or partly (100%).
The adults of each group report this themselves.

<b>Next:</b> tell the staff that it is practised all over the school, and thank them.""",
        [[Button("🔄 Count again", ShowCoverage(WEEK))], [Button("◀ Back", ShowWeek(WEEK, False))]],
    )
    assert await talk.press(press(counted, "Back")) == asked


async def test_when_all_have_answered_and_few_practised_the_next_step_asks_why(
    db: AsyncSession, heia: MadeSchool, bo: MadePerson, cato: MadePerson
) -> None:
    for group_id, answer in zip(bo.groups, (Answer.DONE, Answer.NOT_YET), strict=True):
        await Talk(db, practice, bo).press(ReportPractice(group_id, WEEK, answer, False))
    letter = await Talk(db, practice, cato).letter(heia, "coverage", WEEK)
    assert letter is not None
    assert letter.text.endswith(
        "\n\n<b>Next:</b> ask what stood in the way, and agree on a fixed time of the day for the two minutes."
    )


async def test_a_school_whose_groups_have_no_adults_is_told_to_invite_them(
    db: AsyncSession, heia: MadeSchool, cato: MadePerson
) -> None:
    assert await Talk(db, practice, cato).letter(heia, "coverage", WEEK) == Reply(
        f"{HEADING}\nNo group has an adult here yet, so nobody was asked. "
        "<b>Next:</b> invite the staff and ask them to choose their classes.",
        [[Button("🔄 Count again", ShowCoverage(WEEK))]],
    )


async def test_an_advisor_sees_the_totals_and_never_which_group(
    db: AsyncSession, ada: MadePerson, dina: MadePerson
) -> None:
    counted = await Talk(db, practice, dina).press(ShowCoverage(WEEK))
    assert "No answer yet: 1" in counted.text
    assert "5B" not in counted.text
    assert labels(counted) == [["🔄 Count again"]]


async def test_coverage_is_refused_to_staff_outside_the_team(db: AsyncSession, ada: MadePerson) -> None:
    with pytest.raises(NotAllowed):
        await Talk(db, practice, ada).press(ShowCoverage(WEEK))


# --- lengths and directions


async def test_the_longest_practice_fits_one_message(db: AsyncSession, heia: MadeSchool) -> None:
    """The longest script and names that a school's file may hold, for a teacher of very many groups."""
    await db.exec(update(Prompt).values(script={"en": "&" * 500}))
    await db.exec(update(Expectation).values(short={"en": "🙂" * 40}))
    names = [f"{'W' * 17}{place:03}" for place in range(60)]
    made = [
        Group(school_id=heia.id, name=name, kind="class", size=20, position=10 + place)  # type: ignore[arg-type]
        for place, name in enumerate(names)
    ]
    db.add_all(made)
    await db.flush()
    everything = MadeSchool(**{**vars(heia), "groups": {group.name: group.id for group in made}})
    busy = await make_person(db, everything, Role.STAFF, names, language="en")
    for group in made:
        assert group.id is not None
        await practices.report(db, heia.id, group.id, WEEK, Answer.DONE, person_id=busy.id, now=MONDAY)
    letter = await Talk(db, practice, busy).letter(heia, "prompt", WEEK)
    assert letter is not None
    assert length(letter.text) <= TEXT_LIMIT
    assert sum(len(row) for row in letter.buttons) <= 100


async def test_in_arabic_a_line_that_begins_with_a_class_is_marked(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    """Bidi: the label is Arabic once it is translated; a line of English alone needs no mark."""
    await db.exec(update(Prompt).values(script={"ar": "5B تمشي بهدوء"}))
    letter = await Talk(db, practice, ada).letter(heia, "prompt", WEEK, code="ar")
    assert letter is not None
    lines = letter.text.split("\n")
    assert (
        "<blockquote>\u200f5B تمشي بهدوء</blockquote>" in lines
        or "\u200f<blockquote>5B تمشي بهدوء</blockquote>" in lines
    )
    assert ASKED in lines
