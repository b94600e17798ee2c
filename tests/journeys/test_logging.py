"""Praise and incidents from the phone to a committed row, with a bot that is restarted half-way."""

from sqlmodel import select

from pals.behaviour import Behaviour, Measure
from storage.tables import Handover, Incident, Recognition
from tests.journeys.conftest import Stage
from tests.people import MadePerson, MadeSchool


async def test_praise_survives_a_restart_between_its_two_taps(
    stage: Stage, heia: MadeSchool, greet: MadePerson
) -> None:
    phone = await stage.phone(greet)
    asked = await phone.write("⭐ Ros")
    assert asked["text"] == "⭐ 5B: hva så du?"
    await stage.restart()
    saved = await phone.tap("Vi hilser")
    assert saved["message_id"] == asked["message_id"]
    assert saved["text"] == "⭐ 5B: Vi hilser. Lagret."
    await stage.restart()
    undone = await phone.tap("↩ Angre")
    assert undone["text"] == "⭐ Angret. Ingenting er lagret."
    async with stage.database.reading() as db:
        found = list(await db.exec(select(Recognition)))
    assert [(r.group_id, r.expectation_id, r.person_id, r.undone_at) for r in found] == [
        (heia.groups["5B"], heia.expectations["gang-hilser"], greet.id, stage.clock.now())
    ]


async def test_an_incident_becomes_a_receipt_with_restarts_in_between(
    stage: Stage, heia: MadeSchool, greet: MadePerson, lise: MadePerson
) -> None:
    teacher, leader = await stage.phone(greet), await stage.phone(lise)
    await teacher.write("📝 Hendelse")
    await teacher.tap("Ordbruk")
    await stage.restart()
    await teacher.tap("Gang")
    await teacher.tap("Hva ble gjort")
    await stage.restart()
    await teacher.tap("Samtale")
    await teacher.tap("⚠ Mulig krenkelse (§ 12-4)")
    await stage.restart()
    told = await teacher.tap("Si fra til rektor nå")
    assert "Rektor har fått beskjed." in told["text"]
    await stage.bot.deliver()
    letter = await leader.sees("En mulig krenkelse er meldt til deg som rektor.")
    assert "Ring: Greet" in letter["text"]
    await stage.restart()
    await leader.tap("Jeg har mottatt dette")
    await stage.bot.deliver()
    await teacher.sees("Rektor har mottatt det")
    async with stage.database.reading() as db:
        incident = (await db.exec(select(Incident))).one()
        handover = (await db.exec(select(Handover))).one()
    assert (incident.behaviour, incident.measure, incident.possible_offence) == (
        Behaviour.LANGUAGE,
        Measure.TALK,
        True,
    )
    assert (handover.told_at, handover.received_at) == (stage.clock.now(), stage.clock.now())


async def test_taps_that_are_doubled_forged_or_old_write_nothing_more(
    stage: Stage, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, amir: MadePerson
) -> None:
    teacher, family = await stage.phone(greet), await stage.phone(amir)
    asked = await teacher.write("/ros")
    data = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    for _ in range(2):
        await stage.sim.press(teacher.who, data=data, message_id=asked["message_id"])
    stranger = f"p1:{fjern.groups['5B']}:{fjern.expectations['gang-hilser']}"
    for who, forged in (
        (teacher, stranger),
        (teacher, "p1:1"),
        (teacher, "zz:1:2"),
        (teacher, "p1:x:y"),
        (teacher, ""),
        (family, data),
    ):
        if forged:
            answer = await stage.sim.press(who.who, data=forged)
            assert answer is not None
    async with stage.database.reading() as db:
        found = list(await db.exec(select(Recognition)))
    assert [(r.school_id, r.person_id) for r in found] == [(heia.id, greet.id)]
