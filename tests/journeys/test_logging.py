"""Praise and incidents end to end, from the phone to a committed row, with restarts of the bot in between."""

from sqlmodel import select

from pals.behaviour import Behaviour, Measure, Reason
from pals.roles import Role
from storage.tables import Handover, Incident, Praise
from tests.journeys.conftest import Phone, Stage, rows
from tests.support.people import MadePerson, MadeSchool


async def teacher_of_5b(stage: Stage, school: MadeSchool) -> Phone:
    return await stage.join(school, Role.STAFF, ["5B"], name="Ida")


async def test_praise_survives_a_restart_between_its_two_taps(stage: Stage, heia: MadeSchool) -> None:
    teacher = await teacher_of_5b(stage, heia)
    asked = await teacher.write("⭐ Praise")
    assert asked["text"] == "⭐ 5B: what did you see?"
    assert rows(asked) == [
        ["We walk calmly"],
        ["We say hello"],
        ["We help each other"],
        ["Another class", "Something else"],
    ]
    await stage.restart()
    saved = await teacher.tap("We say hello")
    assert saved["message_id"] == asked["message_id"]
    assert saved["text"] == "⭐ 5B: We say hello. Saved."
    await stage.restart()
    undone = await teacher.tap("↩ Undo")
    assert undone["text"] == "⭐ Undone. Nothing is saved."
    async with stage.database.reading() as db:
        found = list(await db.exec(select(Praise)))
    assert [(r.group_id, r.expectation_id, r.undone_at) for r in found] == [
        (heia.groups["5B"], heia.expectations["gang-hilser"], stage.clock.now())
    ]


async def test_praise_for_another_class_and_another_cell_of_the_matrix(
    stage: Stage, heia: MadeSchool
) -> None:
    teacher = await teacher_of_5b(stage, heia)
    await teacher.write("/ros")
    await teacher.tap("Another class")
    await stage.restart()
    await teacher.tap("6A")
    await teacher.tap("Something else")
    await stage.restart()
    await teacher.tap("Outdoors")
    saved = await teacher.tap("Everyone may join in")
    assert saved["text"] == "⭐ 6A: Everyone may join in. Saved."
    again = await teacher.tap("⭐ One more")
    assert (again["text"], again["message_id"] > saved["message_id"]) == ("⭐ 6A: what did you see?", True)
    async with stage.database.reading() as db:
        found = list(await db.exec(select(Praise)))
    assert [(r.group_id, r.expectation_id, r.undone_at) for r in found] == [
        (heia.groups["6A"], heia.expectations["ute-alle-med"], None)
    ]


async def test_incident_and_handover_survive_restarts(stage: Stage, heia: MadeSchool) -> None:
    teacher = await teacher_of_5b(stage, heia)
    leader = await stage.join(heia, Role.LEADER, name="Lise")
    await teacher.write("📝 Incident")
    await teacher.tap("Choice of words")
    await stage.restart()
    await teacher.tap("Corridor")
    await teacher.tap("What was done")
    await stage.restart()
    await teacher.tap("Talked it over")
    await teacher.tap("Possible reason")
    await teacher.tap("To get contact with pupils")
    await teacher.tap("Class")
    card = await teacher.tap("6A")
    assert card["text"] == (
        "📝 Choice of words · Corridor\n6A · 09:00\n\nWhat was done: Talked it over\n"
        "Possible reason: To get contact with pupils\n\nSaved. The rest is optional."
    )
    await teacher.tap("⚠ Possible violation (§ 12-4)")
    await stage.restart()
    told = await teacher.tap("Tell the head now")
    assert "The head has been told." in told["text"]
    await stage.bot.deliver()
    letter = await leader.sees("A possible violation has been reported to you as head.")
    assert "Call: Ida" in letter["text"]
    await stage.restart()
    await leader.tap("I have received this")
    await stage.bot.deliver()
    await teacher.sees("The head has received it")
    async with stage.database.reading() as db:
        incident = (await db.exec(select(Incident))).one()
        handover = (await db.exec(select(Handover))).one()
    assert (incident.behaviour, incident.measure, incident.reason, incident.group_id) == (
        Behaviour.LANGUAGE,
        Measure.TALK,
        Reason.PEER_ATTENTION,
        heia.groups["6A"],
    )
    assert (incident.possible_offence, handover.told_at, handover.received_at) == (
        True,
        stage.clock.now(),
        stage.clock.now(),
    )


async def test_double_forged_and_stale_presses_write_nothing_more(
    stage: Stage, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    teacher = await stage.phone(greet)
    family = await stage.join(heia, Role.FAMILY, ["5B"], name="Amir")
    asked = await teacher.write("/ros")
    data = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    for _ in range(2):
        await teacher.forge(data, message_id=asked["message_id"])
    stranger = f"p1:{fjern.groups['5B']}:{fjern.expectations['gang-hilser']}"
    for phone, forged in (
        (teacher, stranger),
        (teacher, "p1:1"),
        (teacher, "zz:1:2"),
        (teacher, "p1:x:y"),
        (family, data),
    ):
        await phone.forge(forged)
    async with stage.database.reading() as db:
        found = list(await db.exec(select(Praise)))
    assert [(r.school_id, r.person_id) for r in found] == [(heia.id, greet.id)]


async def test_the_same_in_bokmaal(
    stage: Stage, heia: MadeSchool, greet: MadePerson, lise: MadePerson
) -> None:
    """The one journey in Norwegian: keys, questions, answers and messages, from the catalogue and the school."""
    teacher, leader = await stage.phone(greet), await stage.phone(lise)
    assert await teacher.keys() == [
        "⭐ Ros",
        "📝 Hendelse",
        "🎯 Ukas øving",
        "📅 Månedens PALS",
        "🏠 Hjem",
        "☰ Mer",
    ]
    assert (await teacher.write("⭐ Ros"))["text"] == "⭐ 5B: hva så du?"
    await stage.restart()
    assert (await teacher.tap("Vi hilser"))["text"] == "⭐ 5B: Vi hilser. Lagret."
    assert (await teacher.tap("↩ Angre"))["text"] == "⭐ Angret. Ingenting er lagret."
    await teacher.write("📝 Hendelse")
    await teacher.tap("Ordbruk")
    await teacher.tap("Gang")
    await teacher.tap("Hva ble gjort")
    await teacher.tap("Samtale")
    await teacher.tap("⚠ Mulig krenkelse (§ 12-4)")
    await stage.restart()
    assert "Rektor har fått beskjed." in (await teacher.tap("Si fra til rektor nå"))["text"]
    await stage.bot.deliver()
    letter = await leader.sees("En mulig krenkelse er meldt til deg som rektor.")
    assert "Ring: Greet" in letter["text"]
    await leader.tap("Jeg har mottatt dette")
    await stage.bot.deliver()
    await teacher.sees("Rektor har mottatt det")
