"""Månedens PALS: read by staff and by families, in this month and earlier ones, and copied."""

from datetime import date

import pytest
from sqlalchemy import delete, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.content.message_length import CAPTION_LIMIT, TEXT_LIMIT, length
from bot.errors import Gone, NotAllowed, NotMember
from bot.handlers import focus
from bot.handlers.focus import AskFocusLanguage, CopyFocusText, ShowMonth
from bot.press import Press
from bot.turn import Button, Paper, Reply
from storage.tables import Expectation, Focus, FocusExpectation, School
from tests.support.features import FEATURES
from tests.support.people import MadePerson, MadeSchool
from tests.support.talk import Talk, oslo
from tests.support.turns import labels, press, turn

STAFF = """📅 <b>PALS of the month, November 2026</b>
<b>Calm in the corridor</b>

• We walk calmly
• We say hello
• We help each other

This month we practise in the corridor.

<b>This month's practices</b>
Week 45: We walk calmly
Week 46: We say hello
Week 47: We help each other
Week 48: We walk calmly
Week 49: We say hello"""
FAMILY = """📅 <b>PALS of the month</b> at Heia skole, November 2026
<b>Calm in the corridor</b>

This is what we practise at school:
• We walk calmly
• We say hello
• We help each other

At school we practise walking calmly.

💬 <b>A question to ask at home:</b>
Whom did you say hello to today?"""
PASTE = [Button("Text for the week plan or Vigilo", AskFocusLanguage("2026-11"))]
STAFF_ROWS = [[Button("The families' version", ShowMonth("2026-11", True))], PASTE]
FAMILY_ROWS = [[Button("The staff's version", ShowMonth("2026-11", False))], PASTE]


async def add_focus(db: AsyncSession, school: MadeSchool, month: date, title: str) -> None:
    texts = {"en": f"Text of {title}"}
    db.add(
        Focus(
            school_id=school.id,
            key=f"{month:%Y-%m}",
            month=month,
            title={"en": title},
            staff=texts,
            family=texts,
            question=texts,
        )
    )
    await db.flush()


# --- reading


async def test_staff_read_the_staffs_version_and_can_see_what_families_get(
    db: AsyncSession, ada: MadePerson
) -> None:
    talk = Talk(db, focus, ada)
    read = await talk.command("maaned")
    assert read == Reply(STAFF, STAFF_ROWS)
    assert await talk.press(press(read, "The families' version")) == Reply(FAMILY, FAMILY_ROWS)
    assert await talk.press(ShowMonth("2026-11", False)) == read


async def test_families_read_their_version_and_no_other(db: AsyncSession, emil: MadePerson) -> None:
    """A forged button shows the same."""
    talk = Talk(db, focus, emil)
    assert await talk.command("maaned") == Reply(FAMILY, [])
    assert await talk.press(ShowMonth("2026-11", False)) == Reply(FAMILY, [])


async def test_buttons_lead_to_earlier_and_later_months_of_the_school_year(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, emil: MadePerson
) -> None:
    """Last school year's month is closed, next month's is not open yet, and the other school's are its own."""
    await add_focus(db, heia, date(2026, 6, 1), "Last year")
    await add_focus(db, heia, date(2026, 9, 1), "Hello")
    await add_focus(db, heia, date(2026, 12, 1), "Together")
    await add_focus(db, fjern, date(2026, 10, 1), "Elsewhere")
    talk = Talk(db, focus, emil)
    november = await talk.command("maaned")
    assert november.buttons == [[Button("◀ September", ShowMonth("2026-09", True))]]
    september = await talk.press(press(november, "September"))
    assert september == Reply(
        """📅 <b>PALS of the month</b> at Heia skole, September 2026
<b>Hello</b>

Text of Hello

💬 <b>A question to ask at home:</b>
Text of Hello""",
        [[Button("November ▶", ShowMonth("2026-11", True))]],
    )
    december = await talk.command("maaned", now=oslo("2026-12-01"))
    assert december.buttons == [[Button("◀ November", ShowMonth("2026-11", True))]]
    for key in ("2026-06", "2026-10", "2026-12", "", "x"):
        with pytest.raises(Gone):
            await talk.press(ShowMonth(key, True))


async def test_a_month_without_a_focus_shows_the_latest_one(db: AsyncSession, ada: MadePerson) -> None:
    assert await Talk(db, focus, ada).command("maaned", now=oslo("2027-03-05")) == Reply(STAFF, STAFF_ROWS)


async def test_before_the_years_first_focus_it_says_so(db: AsyncSession, ada: MadePerson) -> None:
    assert await Talk(db, focus, ada).command("maaned", now=oslo("2026-09-05")) == Reply(
        "📅 There is no PALS of the month yet this school year. It comes on the month's first school day."
    )


@pytest.mark.parametrize(
    "tapped", [ShowMonth("2026-11", True), AskFocusLanguage("2026-11"), CopyFocusText("2026-11", "en")]
)
async def test_advisors_and_people_without_a_school_are_refused(
    db: AsyncSession, dina: MadePerson, tapped: Press
) -> None:
    with pytest.raises(NotAllowed):
        await Talk(db, focus, dina).press(tapped)
    with pytest.raises(NotMember):
        await FEATURES.presses[type(tapped)](await turn(db, 42, phone_language="en"), tapped)
    with pytest.raises(NotAllowed):
        await Talk(db, focus, dina).command("maaned")


# --- pushed messages


async def test_the_pushed_messages_equal_what_is_read_on_request(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, emil: MadePerson
) -> None:
    assert await Talk(db, focus, ada).letter(heia, "focus_staff", "2026-11") == Reply(STAFF, STAFF_ROWS)
    assert await Talk(db, focus, emil).letter(heia, "focus_family", "2026-11") == Reply(FAMILY, [])


async def test_each_reader_gets_the_school_text_by_language_fallback(
    db: AsyncSession, heia: MadeSchool, emil: MadePerson
) -> None:
    """Nynorsk is written for the title alone, and falls back to bokmål; Ukrainian falls back to English."""
    talk = Talk(db, focus, emil)
    nynorsk = await talk.letter(heia, "focus_family", "2026-11", code="nn")
    assert nynorsk is not None
    assert nynorsk.text.split("\n")[1] == "<b>Roleg i gangen</b>"
    assert "På skolen øver vi på å gå rolig." in nynorsk.text
    ukrainian = await talk.letter(heia, "focus_family", "2026-11", code="uk")
    assert ukrainian is not None
    assert "At school we practise walking calmly." in ukrainian.text


@pytest.mark.parametrize("kind", ["focus_staff", "focus_family"])
async def test_a_removed_focus_composes_nothing(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, ada: MadePerson, kind: str
) -> None:
    """The other school still has one for the same month."""
    await db.exec(
        update(Focus).where(col(Focus.school_id) == heia.id).values(key="2026-10", month=date(2026, 10, 1))
    )
    assert await Talk(db, focus, ada).letter(heia, kind, "2026-11") is None


# --- copying


async def test_the_families_text_can_be_copied_in_each_language_of_the_school(
    db: AsyncSession, ada: MadePerson
) -> None:
    talk = Talk(db, focus, ada)
    asked = await talk.press(press(await talk.command("maaned"), "Vigilo"))
    assert asked == Reply(
        "The families' text for November 2026: in which language?",
        [
            [
                Button("Norsk bokmål", CopyFocusText("2026-11", "nb")),
                Button("Norsk nynorsk", CopyFocusText("2026-11", "nn")),
            ],
            [
                Button("English", CopyFocusText("2026-11", "en")),
                Button("العربية", CopyFocusText("2026-11", "ar")),
            ],
            [Button("◀ Back", ShowMonth("2026-11", False))],
        ],
    )
    assert await talk.press(press(asked, "English")) == Reply(
        """Tap the text to copy it, and paste it into the week plan or Vigilo.

<pre>PALS of the month at Heia skole, November 2026
Calm in the corridor

This is what we practise at school:
- We walk calmly
- We say hello
- We help each other

At school we practise walking calmly.

A question to ask at home:
Whom did you say hello to today?</pre>""",
        [
            [Button("Another language", AskFocusLanguage("2026-11"))],
            [Button("◀ Back", ShowMonth("2026-11", False))],
        ],
    )


async def test_a_copy_in_a_language_without_a_text_says_that_it_is_a_fallback(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    await db.exec(update(School).where(col(School.id) == heia.id).values(languages=["nb", "so", "tlh"]))
    talk = Talk(db, focus, ada)
    asked = await talk.press(AskFocusLanguage("2026-11"))
    assert labels(asked) == [["Norsk bokmål", "Soomaali"], ["tlh"], ["◀ Back"]]
    pasted = await talk.press(press(asked, "Soomaali"))
    assert pasted.text.startswith(
        "Tap the text to copy it, and paste it into the week plan or Vigilo.\n"
        "There is no text in Soomaali yet, so this is the nearest one.\n\n<pre>PALS of the month"
    )
    assert "At school we practise walking calmly." in pasted.text
    with pytest.raises(Gone):
        await talk.press(CopyFocusText("2026-11", "ar"))


async def test_a_copy_in_a_language_without_a_catalogue_keeps_the_schools_text(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    await db.exec(update(School).where(col(School.id) == heia.id).values(languages=["nb", "so"]))
    await db.exec(
        update(Focus).where(col(Focus.school_id) == heia.id).values(family={"en": "No", "so": "Haa"})
    )
    pasted = await Talk(db, focus, ada).press(CopyFocusText("2026-11", "so"))
    assert "\n\nHaa\n\n" in pasted.text
    assert "nearest" not in pasted.text


async def test_families_may_not_copy(db: AsyncSession, emil: MadePerson) -> None:
    for tapped in (AskFocusLanguage("2026-11"), CopyFocusText("2026-11", "en")):
        with pytest.raises(NotAllowed):
            await Talk(db, focus, emil).press(tapped)


# --- lengths and directions


async def fill(db: AsyncSession, school: MadeSchool, sign: str) -> None:
    """The longest texts that a school's file may hold, eight expectations among them."""
    await db.exec(update(Expectation).values(short={"en": sign * 40}))
    chosen = list(school.expectations.values())
    await db.exec(delete(FocusExpectation).where(col(FocusExpectation.focus_id) == school.focus_id))
    db.add_all(
        FocusExpectation(focus_id=school.focus_id, expectation_id=each, position=place)
        for place, each in enumerate(chosen)
    )
    await db.exec(
        update(Focus).values(
            title={"en": sign * 80},
            staff={"en": sign * 1500},
            family={"en": sign * 900},
            question={"en": sign * 200},
        )
    )
    await db.flush()


@pytest.mark.parametrize("sign", ["Å", "&", "🙂"])
async def test_the_longest_focus_fits_one_message(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, sign: str
) -> None:
    """An emoji counts as two, and markup signs as one each."""
    await fill(db, heia, sign)
    talk = Talk(db, focus, ada)
    staff = await talk.letter(heia, "focus_staff", "2026-11")
    family = await talk.letter(heia, "focus_family", "2026-11")
    pasted = await talk.press(CopyFocusText("2026-11", "en"))
    assert staff is not None
    assert family is not None
    for said in (staff, family, pasted):
        assert length(said.text) <= TEXT_LIMIT
    assert ("practices" in staff.text) == (sign != "🙂")


async def test_a_long_copy_is_attached_as_a_file(db: AsyncSession, heia: MadeSchool, ada: MadePerson) -> None:
    await fill(db, heia, "&")
    pasted = await Talk(db, focus, ada).press(CopyFocusText("2026-11", "en"))
    (also,) = pasted.then
    assert also.paper is not None
    plain = also.paper.content.decode("utf-8-sig")
    assert also == Reply(
        "The same text as a file.", paper=Paper("pals-2026-11-en.txt", plain.encode("utf-8-sig"))
    )
    assert f"\n\n{'&' * 900}\n\n" in plain
    assert length(also.text) <= CAPTION_LIMIT


async def test_right_to_left_swaps_the_months_and_marks_mixed_lines(
    db: AsyncSession, heia: MadeSchool, emil: MadePerson
) -> None:
    await add_focus(db, heia, date(2026, 9, 1), "Hello")
    await add_focus(db, heia, date(2026, 12, 1), "Together")
    await db.exec(update(Expectation).values(short={"ar": "PALS هو الهدوء", "en": "Calm"}))
    letter = await Talk(db, focus, emil).letter(
        heia, "focus_family", "2026-11", now=oslo("2026-12-02"), code="ar"
    )
    assert letter is not None
    lines = letter.text.split("\n")
    assert lines[1] == "<b>الهدوء في الممر</b>"
    assert lines[4] == "\u200f• PALS هو الهدوء"
    assert lines[-1] == "على من سلّمت اليوم؟"
    assert labels(letter) == [["ديسمبر ◀", "▶ سبتمبر"]]
