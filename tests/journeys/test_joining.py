"""Joining: from a leader's invitation to the newcomer's first messages, with a restart half-way."""

from datetime import UTC, datetime, timedelta

from localchat.client import Message
from pals.roles import Role
from storage import people, schools
from tests.journeys.conftest import Stage, rows
from tests.support.people import MadePerson, MadeSchool, make_person

THURSDAY = datetime(2026, 11, 12, 10, 0, tzinfo=UTC)


async def english(stage: Stage, school: MadeSchool, role: Role, name: str) -> MadePerson:
    """A member who reads English, the source language."""
    async with stage.database.writing() as db:
        made = await make_person(db, school, role, name=name, language="en")
        await schools.planned(db, school.id, THURSDAY)
    stage.clock.set(THURSDAY)
    return made


def token_in(link: Message) -> str:
    """The token at the end of the link that a message gives."""
    (line,) = [line for line in link["text"].splitlines() if "start=" in line]
    return str(line).split("start=")[1]


async def test_a_teacher_joins_by_the_staff_invitation_and_catches_up(stage: Stage, heia: MadeSchool) -> None:
    leader = await stage.phone(await english(stage, heia, Role.LEADER, "Lise"), name="Lise")
    ida = await stage.phone(901, name="Ida Lie", language="en")
    await leader.write("/inviter")
    await leader.tap("🧑‍🏫 All who work here")
    await leader.sees("The same link, to scan with a camera.")
    await stage.restart()
    offer = await ida.write(f"/start {token_in(await leader.sees('The link for all who work'))}")
    assert rows(offer) == [["✅ Join"], ["🌍 Another language"]]
    await ida.tap("✅ Join")
    await ida.sees("A leader at Heia skole has been asked to let you in.")
    await stage.bot.deliver()
    await leader.sees("Ida Lie would like to join Heia skole")
    await stage.restart()
    await leader.tap("✅ Let in")
    await stage.bot.deliver()
    await ida.sees("Heia skole has let you in. Welcome.")
    await ida.sees("This month we practise in the corridor.")
    await ida.tap("5B")
    await stage.restart()
    home = await ida.tap("✅ Done")
    assert "· 5B: not answered yet" in home["text"]
    commands = (await ida.sim.until(ida.who, lambda chat: chat.commands)).commands
    assert [c["command"] for c in commands] == ["ros", "hendelse", "uke", "maaned", "kampanje", "hjem", "mer"]
    stage.clock.set(THURSDAY + timedelta(seconds=30))
    await stage.bot.deliver()
    await ida.sees("Practise saying hello at the door.")


async def test_a_mother_joins_in_her_own_language_and_is_erased(stage: Stage, heia: MadeSchool) -> None:
    leader = await stage.phone(await english(stage, heia, Role.LEADER, "Lise"), name="Lise")
    await leader.write("/inviter")
    await leader.tap("👪 Families of a class")
    await leader.tap("5B")
    mona = await stage.phone(902, name="Mona", language="en")
    await mona.write(f"/start {token_in(await leader.sees('The link for families of 5B'))}")
    await mona.tap("✅ Join")
    await stage.bot.deliver()
    await mona.sees("At school we practise walking calmly.")
    await stage.restart()
    await mona.write("/sprak")
    await mona.tap("العربية")
    await mona.sees("على من سلّمت اليوم؟")
    await mona.write("/sprak")
    await mona.tap("English")
    await mona.sees("From now on I write to you in this language.")
    await stage.restart()
    await mona.write("/mer")
    await mona.tap("🗑 Be forgotten")
    await mona.tap("🗑 Forget me")
    await mona.sees("You are forgotten.")
    async with stage.database.reading() as db:
        assert await people.by_telegram(db, 902) is None
    await mona.write("/mer")
    await mona.sees("You have not joined a school here, and nothing is stored about you.")
