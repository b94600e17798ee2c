"""A campaign week: the notice to staff on Thursday, the start on Monday, and the families' message; with restarts."""

from pals.roles import Role
from tests.journeys.conftest import Stage, oslo, rows
from tests.support.people import MadeSchool


async def test_a_campaign_week_is_announced_started_and_read(
    stage: Stage, heia: MadeSchool, fjern: MadeSchool
) -> None:
    await stage.begin(oslo(6, 18, month=1, year=2027), heia, fjern)
    ida = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    mona = await stage.join(heia, Role.FAMILY, ["5B"], name="Mona")

    await stage.goto(oslo(7, 14, month=1, year=2027))
    notice = await ida.sees("🚩 Coming up: Language week")
    assert notice["text"] == "🚩 Coming up: Language week\nWeek 2: Monday 11 January to Friday 15 January"
    await stage.restart()
    read = await ida.tap("Read the text")
    assert read["message_id"] == notice["message_id"]
    assert "We look for good words." in read["text"]
    assert rows(read) == [["The families' version"], ["All campaign weeks"]]

    await stage.restart()
    await stage.goto(oslo(11, 7, 45, month=1, year=2027))
    begun = (await ida.chat()).received[-1]
    assert begun["text"] == (
        "🚩 Language week\nWeek 2: Monday 11 January to Friday 15 January\n\nWe look for good words."
    )
    await stage.goto(oslo(11, 16, 30, month=1, year=2027))
    told = await mona.sees("🚩 Language week at Heia skole")
    assert "This week we collect good words." in told["text"]

    await stage.restart()
    await ida.tap("The families' version")
    await ida.tap("Text for the week plan or Vigilo")
    await stage.restart()
    await ida.tap("Norsk bokmål")
    await ida.sees("Denne uka samler vi gode ord.")
    assert "Language week" in (await ida.write("/kampanje"))["text"]
