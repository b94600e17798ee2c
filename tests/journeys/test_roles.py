"""Several roles: switching between them, and taps that act in the role a message was sent to."""

import pytest
from sqlmodel import select

from pals.behaviour import Answer
from pals.roles import Role
from storage import people
from storage.database import Database
from storage.tables import Handover, Practice
from tests.journeys.conftest import Phone, Stage, oslo
from tests.support.people import MadePerson, MadeSchool, join, make_person


@pytest.fixture
async def two_roles(database: Database, heia: MadeSchool, fjern: MadeSchool) -> MadePerson:
    """Teacher of 5B at Heia, where they act, and a parent in 6A at Fjern."""
    async with database.writing() as db:
        ida = await make_person(db, heia, Role.STAFF, ["5B"], name="Ida", language="en")
        await join(db, ida.id, fjern, Role.FAMILY, ["6A"])
    return ida


async def switch(phone: Phone, to: str) -> None:
    await phone.write("/bytt")
    await phone.tap(to)
    await phone.sees("The keys below belong to that role.")


async def current_school(stage: Stage, person: MadePerson) -> int | None:
    async with stage.database.reading() as db:
        acting = await people.actor(db, person.telegram_id)
    assert acting is not None
    return acting.school_id


async def test_a_person_with_two_roles_switches_between_them(stage: Stage, two_roles: MadePerson) -> None:
    ida = await stage.phone(two_roles, name="Ida")
    assert (await ida.write("/bytt"))[
        "text"
    ] == "You are at Heia skole as staff.\nWhere would you like to go?"
    await stage.restart()
    await ida.tap("Fjern skole · family")
    await ida.sees("⇄ You are now at Fjern skole as family.")
    home = await ida.sees("🏠 Fjern skole")
    assert home["text"].startswith("🏠 Fjern skole\nYou are here as family.\n")
    assert await ida.keys() == ["📅 This month", "🏠 Home", "☰ More"]
    assert await ida.commands() == ["maaned", "hjem", "mer"]
    await stage.restart()
    refused = await ida.write("/ros")
    assert refused["text"] == "That is not for your role here. Tap /hjem to see what you can do."
    await switch(ida, "Heia skole · staff")
    assert (await ida.write("/ros"))["text"] == "⭐ 5B: what did you see?"


async def test_a_tap_on_a_message_acts_in_the_role_it_was_sent_to(
    stage: Stage, heia: MadeSchool, fjern: MadeSchool, two_roles: MadePerson
) -> None:
    await stage.begin(oslo(1, 18), heia, fjern)
    ida = await stage.phone(two_roles, name="Ida")
    await switch(ida, "Fjern skole · family")
    await stage.goto(oslo(2, 7, 30))
    letter = await ida.sees("This week's practice, week 45")
    await stage.restart()
    answered = await ida.tap("Practised")
    assert answered["message_id"] == letter["message_id"]
    assert answered["text"].endswith("✓ 5B: Practised\n\nThank you for answering.")
    await stage.restart()
    await ida.tap("✏️ Change")
    await ida.tap("Partly")

    async with stage.database.reading() as db:
        rows = list(await db.exec(select(Practice)))
    assert [(r.school_id, r.group_id, r.person_id, r.answer) for r in rows] == [
        (heia.id, heia.groups["5B"], two_roles.id, Answer.PARTLY)
    ]
    assert await current_school(stage, two_roles) == fjern.id
    refused = await ida.write("/uke")
    assert refused["text"] == "That is not for your role here. Tap /hjem to see what you can do."


async def test_a_leader_receives_a_report_of_a_school_they_do_not_act_in(
    stage: Stage, heia: MadeSchool, fjern: MadeSchool
) -> None:
    async with stage.database.writing() as db:
        leader = await make_person(db, heia, Role.LEADER, name="Lise", language="en")
        await join(db, leader.id, fjern, Role.STAFF, ["5B"])
    lise = await stage.phone(leader, name="Lise")
    teacher = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    await switch(lise, "Fjern skole · staff")
    await teacher.write("/hendelse")
    for label in ("Unkind to others", "Outdoors", "⚠ Possible violation (§ 12-4)", "Tell the head now"):
        await teacher.tap(label)
    await stage.bot.deliver()
    await stage.restart()
    await lise.sees("A possible violation has been reported to you as head.")
    assert "✅ Received" in (await lise.tap("I have received this"))["text"]
    async with stage.database.reading() as db:
        (handover,) = await db.exec(select(Handover))
    assert (handover.school_id, handover.received_at) == (heia.id, stage.clock.now())
    assert await current_school(stage, leader) == fjern.id


async def test_a_tap_on_another_message_acts_in_the_current_role(
    stage: Stage, heia: MadeSchool, fjern: MadeSchool, two_roles: MadePerson
) -> None:
    """The same callback data on another message opens nothing of the other school."""
    await stage.begin(oslo(1, 18), heia, fjern)
    ida = await stage.phone(two_roles, name="Ida")
    await switch(ida, "Fjern skole · family")
    elsewhere = (await ida.chat()).received[-1]["message_id"]
    await stage.goto(oslo(2, 7, 30))
    letter = await ida.sees("This week's practice, week 45")
    data = letter["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    shown = await ida.forge(data, message_id=elsewhere)
    assert shown == "That is not for your role here. Tap /hjem to see what you can do."
    async with stage.database.reading() as db:
        assert list(await db.exec(select(Practice))) == []
