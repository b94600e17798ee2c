"""Månedens PALS on the month's first school day: staff in the morning, families after work, in their language."""

from datetime import date

from pals.roles import Role
from storage.tables import Focus
from tests.journeys.conftest import Stage, oslo, rows
from tests.support.people import MadeSchool


async def test_the_month_reaches_staff_and_families_and_can_be_read_again(
    stage: Stage, heia: MadeSchool, fjern: MadeSchool
) -> None:
    async with stage.database.writing() as db:
        db.add(
            Focus(
                school_id=heia.id,
                key="2026-10",
                month=date(2026, 10, 1),
                title={"nb": "Gode ord", "en": "Good words"},
                staff={"nb": "Vi øver på gode ord.", "en": "We practise good words."},
                family={"nb": "Barna øver på gode ord.", "en": "The children practise good words."},
                question={"nb": "Hvilket ord?", "en": "Which word?"},
            )
        )
    await stage.begin(oslo(1, 18), heia, fjern)
    ida = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    amir = await stage.join(heia, Role.FAMILY, ["5B"], name="Amir", language="ar")
    mona = await stage.join(heia, Role.FAMILY, ["6A"], name="Mona")
    stranger = await stage.join(fjern, Role.FAMILY, ["5B"], name="Siri")

    await stage.goto(oslo(2, 7, 15))
    staff = await ida.sees("PALS of the month, November 2026")
    assert "This month we practise in the corridor." in staff["text"]
    assert not [text for text in (await mona.chat()).texts if "walking calmly" in text]

    await stage.restart()
    await stage.goto(oslo(2, 16, 30))
    arabic = await amir.sees("نتدرب في المدرسة على المشي بهدوء.")
    assert "الهدوء في الممر" in arabic["text"]
    assert "على من سلّمت اليوم؟" in arabic["text"]
    english = await mona.sees("At school we practise walking calmly.")
    assert english["text"].startswith(
        "📅 PALS of the month at Heia skole, November 2026\nCalm in the corridor\n"
    )
    assert "at Fjern skole" in (await stranger.sees("At school we practise walking calmly."))["text"]
    assert rows(english) == [["◀ October"]]

    await stage.restart()
    earlier = await mona.tap("◀ October")
    assert (earlier["message_id"], "The children practise good words." in earlier["text"]) == (
        english["message_id"],
        True,
    )
    await stage.restart()
    assert (await mona.tap("November ▶"))["text"] == english["text"]
    assert (await mona.write("/maaned"))["text"] == english["text"]


async def test_the_families_text_is_copied_in_another_language(stage: Stage, heia: MadeSchool) -> None:
    ida = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    await ida.write("📅 This month")
    await ida.tap("The families' version")
    await stage.restart()
    await ida.tap("Text for the week plan or Vigilo")
    await stage.restart()
    pasted = await ida.tap("العربية")
    assert "نتدرب في المدرسة على المشي بهدوء." in pasted["text"]
    assert "pre" in {entity["type"] for entity in pasted["entities"]}
    await stage.restart()
    await ida.tap("◀ Back")
    await ida.sees("This month we practise in the corridor.")
