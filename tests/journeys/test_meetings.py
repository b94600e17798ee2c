"""Team meetings: reminders the day before and an hour before, the next dates on request; with a restart."""

from pals.roles import Role
from tests.journeys.conftest import Stage, oslo, rows
from tests.support.people import MadeSchool


async def test_the_team_alone_is_reminded_of_a_meeting_twice(
    stage: Stage, heia: MadeSchool, fjern: MadeSchool
) -> None:
    await stage.begin(oslo(10, 18), heia, fjern)
    tone = await stage.join(heia, Role.TEAM, name="Tone")
    ida = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    advisor = await stage.join(heia, Role.ADVISOR, name="Per")

    await stage.goto(oslo(11, 13, 30))
    coming = await tone.sees("🗓 Coming up: PALS team meeting")
    assert coming["text"] == (
        "🗓 Coming up: PALS team meeting\nThursday 12 November, 14:00 to 15:00 (60 minutes)"
    )
    assert rows(coming) == [["The next meetings"]]
    await stage.restart()
    await stage.goto(oslo(12, 13))
    await tone.sees("🗓 Starting soon: PALS team meeting")

    await stage.restart()
    listed = await tone.tap("The next meetings")
    assert [line for line in listed["text"].splitlines() if "14:00" in line] == [
        "Thursday 12 November, 14:00 to 15:00 (60 minutes)",
        "Thursday 26 November, 14:00 to 15:00 (60 minutes)",
        "Thursday 10 December, 14:00 to 15:00 (60 minutes)",
        "Thursday 7 January, 14:00 to 15:00 (60 minutes)",
        "Thursday 21 January, 14:00 to 15:00 (60 minutes)",
    ]
    assert (await tone.write("/moter"))["text"] == listed["text"]
    for phone in (ida, advisor):
        assert not [text for text in (await phone.chat()).texts if "PALS team meeting" in text]
    refused = await ida.write("/moter")
    assert refused["text"] == "That is not for your role here. Tap /hjem to see what you can do."
