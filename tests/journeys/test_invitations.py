"""Invitations: links and QR codes from a leader's phone to the newcomer who opens them; with restarts."""

import base64
from html.parser import HTMLParser

from pals.roles import Role
from storage import people
from tests.journeys.conftest import Phone, Stage, rows
from tests.support.people import MadeSchool

PNG = b"\x89PNG\r\n\x1a\n"


async def content(stage: Stage, file_id: str) -> bytes:
    """A file as a phone fetches it."""
    async with stage.sim.session.get(f"{stage.sim.url}/sim/files/{file_id}") as answer:
        assert answer.status == 200
        return await answer.read()


async def leader_of(stage: Stage, school: MadeSchool) -> Phone:
    return await stage.join(school, Role.LEADER, name="Lise")


def token_of(text: str) -> str:
    (line,) = [line for line in text.splitlines() if "start=" in line]
    return line.split("start=")[1]


async def test_a_personal_invitation_is_used_once(stage: Stage, heia: MadeSchool) -> None:
    leader = await leader_of(stage, heia)
    await leader.write("/inviter")
    await leader.tap("👤 One person")
    await stage.restart()
    await leader.tap("Staff")
    await leader.tap("6A")
    said = await leader.sees("A link for one person: staff at Heia skole.")
    assert said["reply_markup"]["inline_keyboard"][0][0]["copy_text"]["text"] in said["text"]
    await stage.restart()

    token = token_of(said["text"])
    ida = await stage.phone(901, name="Ida", language="en")
    await ida.write(f"/start {token}")
    await ida.tap("✅ Join")
    await ida.sees("✅ You have joined Heia skole.")
    await ida.sees("Chosen: 6A.")
    await stage.restart()
    late = await stage.phone(902, name="Tor", language="en")
    refused = await late.write(f"/start {token}")
    assert "has been used" in refused["text"]
    async with stage.database.reading() as db:
        assert await people.by_telegram(db, 902) is None


async def test_the_qr_code_is_a_photo_and_the_poster_a_file(stage: Stage, heia: MadeSchool) -> None:
    leader = await leader_of(stage, heia)
    await leader.write("/inviter")
    await leader.tap("👪 Families of a class")
    await leader.tap("5B")
    picture = await leader.sees("The same link, to scan with a camera.")
    assert picture["photo"][-1]["width"] == picture["photo"][-1]["height"]
    assert (await content(stage, picture["photo"][-1]["file_id"])).startswith(PNG)
    await stage.restart()
    await leader.tap("🖨 To print")
    poster = await leader.sees("Open the file and print it.")
    assert poster["document"]["file_name"] == "heia-5B.html"
    page = (await content(stage, poster["document"]["file_id"])).decode()
    HTMLParser().feed(page)
    assert "Heia skole" in page
    assert base64.b64encode(PNG).decode()[:8] in page or "<svg" in page


async def test_renewing_an_invitation_ends_the_old_one(stage: Stage, heia: MadeSchool) -> None:
    leader = await leader_of(stage, heia)
    await leader.write("/inviter")
    await leader.tap("👪 Families of a class")
    await leader.tap("5B")
    old = token_of((await leader.sees("The link for families of 5B"))["text"])
    await leader.tap("🔄 New link")
    await stage.restart()
    await leader.tap("🔄 Make a new link")
    new = token_of((await leader.sees("The link for families of 5B"))["text"])
    assert new != old

    mona = await stage.phone(901, name="Mona", language="en")
    refused = await mona.write(f"/start {old}")
    assert rows(refused) == []
    await stage.restart()
    offered = await mona.write(f"/start {new}")
    assert rows(offered) == [["✅ Join"], ["🌍 Another language"]]


async def test_a_removed_adult_gets_no_more_messages(stage: Stage, heia: MadeSchool) -> None:
    leader = await leader_of(stage, heia)
    ida = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    await leader.write("/inviter")
    await leader.tap("👥 Who has joined")
    await stage.restart()
    adults = await leader.tap("🧑‍🏫 The adults")
    (remove,) = [label for row in rows(adults) for label in row if "Ida" in label]
    await leader.tap(remove)
    await stage.restart()
    await leader.tap("✖ Remove")
    assert (await ida.write("/ros"))["text"].startswith("I do not know you yet.")
