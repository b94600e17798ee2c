"""A week of practice end to end: prompt on Monday, reminder on Thursday, coverage on Friday, with restarts."""

from sqlmodel import select

from pals.behaviour import Answer
from pals.roles import Role
from storage.tables import Delivery, Practice
from tests.journeys.conftest import Stage, oslo, rows
from tests.support.people import MadeSchool


async def test_a_week_of_practice(stage: Stage, heia: MadeSchool, fjern: MadeSchool) -> None:
    await stage.begin(oslo(1, 18), heia, fjern)
    ida = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    tor = await stage.join(heia, Role.STAFF, ["6A"], name="Tor")
    tone = await stage.join(heia, Role.TEAM, name="Tone")
    siv = await stage.join(fjern, Role.STAFF, ["5B"], name="Siv")

    await stage.goto(oslo(2, 7, 30))
    letter = await ida.sees("This week's practice, week 45")
    assert letter["text"] == (
        "🎯 This week's practice, week 45\n\nWe walk calmly\nRespect · Corridor\n\nTwo minutes with the pupils:\n"
        "Walk it together and say what you see.\n\nHow did it go with 5B?"
    )
    assert rows(letter) == [["Practised", "Partly", "Not yet"], ["⏰ Remind me tomorrow"]]
    assert "We walk calmly" in (await siv.sees("This week's practice, week 45"))["text"]

    await stage.restart()
    answered = await ida.tap("Not yet")
    assert answered["message_id"] == letter["message_id"]
    assert answered["text"].endswith("✓ 5B: Not yet\n\nThank you for answering.")
    await stage.restart()
    assert rows(await ida.tap("✏️ Change"))[0] == ["Practised", "Partly", "Not yet"]
    await stage.restart()
    assert (await ida.tap("Partly"))["text"].endswith("✓ 5B: Partly\n\nThank you for answering.")
    await siv.tap("Practised")

    await tor.tap("⏰ Remind me tomorrow")
    await tor.sees("I will remind you on Tuesday")
    await stage.goto(oslo(3, 12))
    assert [text.count("This week's practice, week 45") for text in (await tor.chat()).texts].count(1) == 2

    await stage.restart()
    await stage.goto(oslo(5, 13))
    reminded = await tor.sees("A reminder of the practice in week 45: We walk calmly")
    assert rows(reminded) == [["Practised", "Partly", "Not yet"]]
    for phone in (ida, tone, siv):
        assert not [text for text in (await phone.chat()).texts if "A reminder" in text]

    await stage.goto(oslo(6, 12))
    counted = await tone.sees("Practice in week 45")
    assert "Practised: 0\nPartly: 1\nNot yet: 0\nNo answer yet: 1" in counted["text"]
    assert "Without an answer: 6A" in counted["text"]
    await stage.restart()
    await tor.tap("Practised")
    assert (
        "Practised: 1\nPartly: 1\nNot yet: 0\nNo answer yet: 0" in (await tone.tap("🔄 Count again"))["text"]
    )

    async with stage.database.reading() as db:
        practices = list(await db.exec(select(Practice)))
        statuses = {row.status for row in await db.exec(select(Delivery))}
    assert sorted((p.school_id, p.group_id, p.week, p.answer) for p in practices) == [
        (heia.id, heia.groups["5B"], "2026-W45", Answer.PARTLY),
        (heia.id, heia.groups["6A"], "2026-W45", Answer.DONE),
        (fjern.id, fjern.groups["5B"], "2026-W45", Answer.DONE),
    ]
    assert statuses == {"sent"}
