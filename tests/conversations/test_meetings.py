"""Team meetings: reminders the day before and an hour before, and the next dates on request."""

import pytest
from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.content.message_length import TEXT_LIMIT, length
from bot.errors import NotAllowed, NotMember
from bot.handlers import meetings
from bot.handlers.meetings import ShowMeetings
from bot.turn import Button, Reply
from storage.tables import MeetingSeries
from tests.support.people import MadePerson, MadeSchool
from tests.support.talk import Talk, oslo
from tests.support.turns import press, turn

NEXT = [[Button("The next meetings", ShowMeetings())]]
SLOT = "2026-11-12T14:00"


async def add_municipal(db: AsyncSession, school: MadeSchool, on_closed: str = "before") -> None:
    """The first Thursday is in the autumn break, and moves to the Friday before it."""
    db.add(
        MeetingSeries(
            school_id=school.id,
            key="kommune",
            kind="municipal",
            name={"nb": "Kommunalt PALS-møte", "en": "Municipal PALS meeting"},
            starts="2026-10-01T12:30",
            minutes=90,
            rule="FREQ=WEEKLY;INTERVAL=6",
            on_closed=on_closed,
        )
    )
    await db.flush()


async def test_the_team_sees_the_next_five_including_one_in_progress(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, cato: MadePerson
) -> None:
    """Christmas Eve is no school day and that meeting is left out; the other school's meetings are its own."""
    await add_municipal(db, fjern)
    shown = await Talk(db, meetings, cato).command("moter", now=oslo("2026-11-12", "14:59"))
    assert shown == Reply("""<b>🗓 The next meetings</b>

<b>PALS team meeting</b>
Thursday 12 November, 14:00 to 15:00 (60 minutes)

<b>PALS team meeting</b>
Thursday 26 November, 14:00 to 15:00 (60 minutes)

<b>PALS team meeting</b>
Thursday 10 December, 14:00 to 15:00 (60 minutes)

<b>PALS team meeting</b>
Thursday 7 January, 14:00 to 15:00 (60 minutes)

<b>PALS team meeting</b>
Thursday 21 January, 14:00 to 15:00 (60 minutes)""")
    later = await Talk(db, meetings, cato).command("moter", now=oslo("2026-11-12", "15:00"))
    assert later.text.startswith(
        "<b>🗓 The next meetings</b>\n\n<b>PALS team meeting</b>\nThursday 26 November, 14:00"
    )


async def test_advisors_see_the_municipal_meetings_alone(
    db: AsyncSession, heia: MadeSchool, dina: MadePerson, cato: MadePerson
) -> None:
    await add_municipal(db, heia)
    shown = await Talk(db, meetings, dina).command("moter", now=oslo("2026-09-20"))
    assert shown.text.startswith("""<b>🗓 The next meetings</b>

<b>Municipal PALS meeting</b>
Friday 25 September, 12:30 to 14:00 (90 minutes)
Moved from Thursday 1 October, which is a day without school.

<b>Municipal PALS meeting</b>
Thursday 12 November, 12:30 to 14:00 (90 minutes)

""")
    assert "PALS team meeting" not in shown.text
    both = await Talk(db, meetings, cato).command("moter", now=oslo("2026-09-20"))
    assert both.text.count("PALS team meeting") == 3
    assert both.text.count("Municipal PALS meeting") == 2


async def test_when_the_year_is_over_it_says_so(db: AsyncSession, cato: MadePerson) -> None:
    assert await Talk(db, meetings, cato).command("moter", now=oslo("2027-06-18", "20:00")) == Reply(
        "🗓 No meeting is planned for the time to come."
    )


async def test_who_is_not_in_the_team_is_refused(db: AsyncSession, ada: MadePerson, emil: MadePerson) -> None:
    for who in (ada, emil):
        with pytest.raises(NotAllowed):
            await Talk(db, meetings, who).command("moter")
        with pytest.raises(NotAllowed):
            await Talk(db, meetings, who).press(ShowMeetings())
    with pytest.raises(NotMember):
        await meetings.show_meetings(await turn(db, 42, phone_language="en"))


async def test_the_reminders_name_the_meeting_its_time_and_length(
    db: AsyncSession, heia: MadeSchool, cato: MadePerson
) -> None:
    talk = Talk(db, meetings, cato)
    day_before = await talk.letter(
        heia, "meeting_day_before", "pals-team", SLOT, now=oslo("2026-11-11", "13:30")
    )
    assert day_before == Reply(
        "🗓 Coming up: <b>PALS team meeting</b>\nThursday 12 November, 14:00 to 15:00 (60 minutes)", NEXT
    )
    soon = await talk.letter(heia, "meeting_soon", "pals-team", SLOT, now=oslo("2026-11-12", "13:00"))
    assert soon == Reply(
        "🗓 Starting soon: <b>PALS team meeting</b>\nThursday 12 November, 14:00 to 15:00 (60 minutes)", NEXT
    )
    assert await talk.press(press(soon, "The next meetings")) == await talk.command("moter")


async def test_in_bokmal_the_line_still_begins_with_a_capital(
    db: AsyncSession, heia: MadeSchool, cato: MadePerson
) -> None:
    letter = await Talk(db, meetings, cato).letter(heia, "meeting_soon", "pals-team", SLOT, code="nb")
    assert letter is not None
    assert letter.text.split("\n")[1] == "Torsdag 12. november, 14:00 to 15:00 (60 minutes)"


async def test_a_moved_meeting_names_the_day_it_was_moved_from(
    db: AsyncSession, heia: MadeSchool, cato: MadePerson, dina: MadePerson
) -> None:
    await add_municipal(db, heia)
    for who in (cato, dina):
        letter = await Talk(db, meetings, who).letter(
            heia, "meeting_day_before", "kommune", "2026-09-25T12:30", now=oslo("2026-09-24", "13:30")
        )
        assert letter == Reply(
            "🗓 Coming up: <b>Municipal PALS meeting</b>\n"
            "Friday 25 September, 12:30 to 14:00 (90 minutes)\n"
            "Moved from Thursday 1 October, which is a day without school.",
            NEXT,
        )


@pytest.mark.parametrize(
    ("key", "slot"), [("pals-team", "2026-11-13T14:00"), ("pals-team", "2026-11-12T15:00"), ("gone", SLOT)]
)
async def test_a_moved_or_cancelled_meeting_composes_no_reminder(
    db: AsyncSession, heia: MadeSchool, cato: MadePerson, key: str, slot: str
) -> None:
    for kind in ("meeting_day_before", "meeting_soon"):
        assert await Talk(db, meetings, cato).letter(heia, kind, key, slot) is None


async def test_a_meeting_that_is_no_longer_municipal_composes_no_reminder_for_advisors(
    db: AsyncSession, heia: MadeSchool, dina: MadePerson
) -> None:
    """The delivery was planned while the meeting was municipal."""
    assert await Talk(db, meetings, dina).letter(heia, "meeting_soon", "pals-team", SLOT) is None


async def test_the_longest_names_fit_and_an_arabic_line_that_begins_with_pals_is_marked(
    db: AsyncSession, heia: MadeSchool, cato: MadePerson
) -> None:
    await db.exec(
        update(MeetingSeries).where(col(MeetingSeries.school_id) == heia.id).values(name={"en": "🙂" * 80})
    )
    assert length((await Talk(db, meetings, cato).command("moter")).text) <= TEXT_LIMIT
    await db.exec(
        update(MeetingSeries)
        .where(col(MeetingSeries.school_id) == heia.id)
        .values(name={"ar": "اجتماع PALS"})
    )
    letter = await Talk(db, meetings, cato).letter(heia, "meeting_soon", "pals-team", SLOT, code="ar")
    assert letter is not None
    first, second = letter.text.split("\n")
    assert first == "\u200f🗓 Starting soon: <b>اجتماع PALS</b>"
    assert second.startswith("الخميس")
