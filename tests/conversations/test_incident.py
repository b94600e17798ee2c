"""Incident: three taps to record it, optional details, undo, and the handover to the head."""

from datetime import timedelta

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone, NotAllowed, TooLate
from bot.handlers.incident import handover, record
from bot.turn import Reply
from pals.behaviour import Behaviour, Measure, Reason
from scheduler.expand import expand_next
from storage.delivery.claims import claim
from storage.tables import Delivery, Handover, Incident, Occurrence
from tests.support.people import MadePerson, MadeSchool
from tests.support.turns import MONDAY, labels, letter, press, turn

OPTIONAL = [
    ["Class", "Time"],
    ["What was done", "Possible reason"],
    ["⚠ Possible violation (§ 12-4)"],
    ["↩ Undo", "📝 One more"],
]


async def logged(db: AsyncSession, person: MadePerson, school: MadeSchool, *, message: int = 1) -> Reply:
    """The card after the three taps: language, in the corridor."""
    first = await record.ask_behaviour(await turn(db, person.telegram_id))
    where = press(first, "Choice of words")
    assert isinstance(where, record.AskIncidentArea)
    save = press(await record.ask_area(await turn(db, person.telegram_id), where), "Corridor")
    assert isinstance(save, record.SaveIncident)
    return await record.save(await turn(db, person.telegram_id, message=message), save)


async def rows(db: AsyncSession) -> list[Incident]:
    return list(await db.exec(select(Incident).order_by("id").execution_options(populate_existing=True)))


async def enqueued(db: AsyncSession) -> list[tuple[str, str, int | None]]:
    """The deliveries: kind, ref and reader."""
    found = await db.exec(
        select(col(Occurrence.kind), col(Occurrence.ref), col(Delivery.person_id))
        .join(Delivery, col(Delivery.occurrence_id) == col(Occurrence.id))
        .order_by("kind")
    )
    return [(kind, ref, person_id) for kind, ref, person_id in found]


async def test_three_taps_save_it_now_for_the_class_you_teach(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    reply = await logged(db, ada, heia)
    assert reply.text == "📝 <b>Choice of words</b> · Corridor\n5B · 09:00\n\nSaved. The rest is optional."
    assert (labels(reply), reply.toast) == (OPTIONAL, "Saved")
    (row,) = await rows(db)
    assert (row.school_id, row.group_id, row.area_id, row.behaviour, row.at, row.day.isoformat()) == (
        heia.id,
        heia.groups["5B"],
        heia.areas["gang"],
        Behaviour.LANGUAGE,
        MONDAY,
        "2026-11-02",
    )
    assert await enqueued(db) == []


async def test_all_fourteen_behaviours_are_one_tap_away(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    reply = await record.ask_behaviour(await turn(db, ada.telegram_id))
    flat = [label for row in labels(reply) for label in row]
    assert len(flat) == len(Behaviour) + 1
    assert [label for label in flat if label.startswith("❗")] == [
        "❗ Fighting",
        "❗ Threats",
        "❗ Things damaged, much",
        "❗ Leaving the area",
        "❗ Danger to somebody",
    ]


async def test_each_behaviour_has_a_definition(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, emil: MadePerson
) -> None:
    meanings = press(await record.ask_behaviour(await turn(db, ada.telegram_id)), "What is what")
    assert isinstance(meanings, record.ShowMeanings)
    said = await record.show_meanings(await turn(db, ada.telegram_id), meanings)
    lines = said.text.split("\n")
    assert lines[:4] == [
        "📝 <b>What is what</b>",
        "What was done, never who. If it fits several, choose the first that comes to mind.",
        "",
        "<b>Disturbing the work</b>: Keeps others from working, or the lesson from going on.",
    ]
    assert len(lines) == 3 + len(Behaviour)
    assert lines[-1] == "❗ <b>Danger to somebody</b>: Somebody may be badly hurt if nothing is done now."
    assert labels(said) == [["◀ Back"]]
    with pytest.raises(NotAllowed):
        await record.show_meanings(await turn(db, emil.telegram_id), meanings)


async def test_double_tap_is_idempotent(db: AsyncSession, heia: MadeSchool, ada: MadePerson) -> None:
    assert await logged(db, ada, heia) == await logged(db, ada, heia)
    assert len(await rows(db)) == 1


async def test_staff_with_two_classes_choose_one(db: AsyncSession, heia: MadeSchool, bo: MadePerson) -> None:
    reply = await logged(db, bo, heia)
    ask_group = press(reply, "Class")
    assert isinstance(ask_group, record.AskIncidentGroup)
    choice = press(await record.ask_group(await turn(db, bo.telegram_id), ask_group), "6A")
    assert isinstance(choice, record.SetGroup)
    changed = await record.set_group(await turn(db, bo.telegram_id), choice)
    assert "6A · 09:00" in changed.text
    assert [r.group_id for r in await rows(db)] == [heia.groups["6A"]]


async def test_time_measure_and_reason_are_added_one_by_one(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    reply = await logged(db, ada, heia)

    now = await turn(db, ada.telegram_id)
    ask_time = press(reply, "Time")
    assert isinstance(ask_time, record.AskTime)
    half_an_hour = press(await record.ask_time(now, ask_time), "30 min ago")
    assert isinstance(half_an_hour, record.SetTime)
    await record.set_time(now, half_an_hour)
    ask_measure = press(reply, "What was done")
    assert isinstance(ask_measure, record.AskMeasure)
    talk = press(await record.ask_measure(now, ask_measure), "Talked it over")
    assert isinstance(talk, record.SetMeasure)
    await record.set_measure(now, talk)
    ask_reason = press(reply, "Possible reason")
    assert isinstance(ask_reason, record.AskReason)
    task = press(await record.ask_reason(now, ask_reason), "away from a task")
    assert isinstance(task, record.SetReason)
    complete = await record.set_reason(now, task)
    assert complete.text == (
        "📝 <b>Choice of words</b> · Corridor\n5B · 08:30\n\n"
        "What was done: Talked it over\nPossible reason: To get away from a task\n\nSaved. The rest is optional."
    )
    (row,) = await rows(db)
    assert (row.measure, row.reason, row.at) == (
        Measure.TALK,
        Reason.AVOID_TASK,
        MONDAY - timedelta(minutes=30),
    )


async def test_leader_is_notified_of_major_behaviour_after_two_minutes(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, gro: MadePerson, stranger_leader: MadePerson
) -> None:
    save = record.SaveIncident(Behaviour.FIGHT, heia.areas["gang"])
    reply = await record.save(await turn(db, ada.telegram_id), save)
    assert reply.text.endswith("Saved. Your leader is told in two minutes, unless you undo it.")
    (row,) = await rows(db)
    assert await expand_next(db, MONDAY + timedelta(seconds=119)) is None
    assert await expand_next(db, MONDAY + timedelta(seconds=120)) is not None
    assert await enqueued(db) == [("incident", str(row.id), gro.id)]
    (claimed,) = await claim(db, "worker", MONDAY + timedelta(seconds=120), MONDAY, 10)
    said = await record.compose_notice(letter(db, claimed))
    assert said is not None
    assert said.text == (
        "❗ Logged just now: <b>Fighting</b> · Corridor\n5B · 09:00\n\n"
        "No pupil is named here. Talk to the adults of the group if you need to know more."
    )


async def test_undo_within_two_minutes_cancels_the_notice(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, gro: MadePerson
) -> None:
    reply = await record.save(
        await turn(db, ada.telegram_id), record.SaveIncident(Behaviour.FIGHT, heia.areas["gang"])
    )
    undo = press(reply, "Undo")
    assert isinstance(undo, record.UndoIncident)
    done = await record.undo(await turn(db, ada.telegram_id), undo)
    assert done.text == "📝 Undone. Nothing is saved."
    await expand_next(db, MONDAY + timedelta(minutes=3))
    (claimed,) = await claim(db, "worker", MONDAY + timedelta(minutes=3), MONDAY, 10)
    assert await record.compose_notice(letter(db, claimed)) is None


async def test_only_ones_own_incident_is_changed_and_undone(
    db: AsyncSession,
    heia: MadeSchool,
    fjern: MadeSchool,
    ada: MadePerson,
    bo: MadePerson,
    stranger_teacher: MadePerson,
) -> None:
    await logged(db, ada, heia)
    (row,) = await rows(db)
    assert row.id is not None
    for other in (bo, stranger_teacher):
        there = await turn(db, other.telegram_id)
        with pytest.raises(Gone):
            await record.set_measure(there, record.SetMeasure(row.id, Measure.TALK))
        with pytest.raises(Gone):
            await record.show_card(there, record.ShowIncident(row.id))
        with pytest.raises(TooLate):
            await record.undo(there, record.UndoIncident(row.id))
        with pytest.raises(Gone):
            await handover.tell(there, handover.TellHead(row.id, by_adult=False))
    own = await turn(db, ada.telegram_id)
    with pytest.raises(Gone):
        await record.set_group(own, record.SetGroup(row.id, fjern.groups["5B"]))
    with pytest.raises(Gone):
        await record.set_time(own, record.SetTime(row.id, -5))
    with pytest.raises(Gone):
        await record.save(own, record.SaveIncident(Behaviour.LATE, fjern.areas["gang"]))
    assert [(r.measure, r.group_id, r.undone_at) for r in await rows(db)] == [(None, heia.groups["5B"], None)]


async def test_families_are_refused(db: AsyncSession, heia: MadeSchool, amir: MadePerson) -> None:
    with pytest.raises(NotAllowed):
        await record.ask_behaviour(await turn(db, amir.telegram_id))
    with pytest.raises(NotAllowed):
        await record.save(
            await turn(db, amir.telegram_id), record.SaveIncident(Behaviour.LATE, heia.areas["gang"])
        )


async def test_handover_notifies_the_head_and_both_sides_get_a_receipt(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, gro: MadePerson, stranger_leader: MadePerson
) -> None:
    explain = press(await logged(db, ada, heia), "Possible violation")
    assert isinstance(explain, handover.ExplainHandover)
    explained = await handover.explain(await turn(db, ada.telegram_id), explain)
    assert explained.text.startswith("⚠ <b>Tell the head now.</b> Everyone who works here must tell the head")
    assert labels(explained) == [
        ["Tell the head now"],
        ["An adult may have done it: tell now"],
        ["◀ Back, without telling"],
    ]
    tell = press(explained, "Tell the head now")
    assert isinstance(tell, handover.TellHead)
    receipt = await handover.tell(await turn(db, ada.telegram_id), tell)
    assert receipt.text == (
        "📨 <b>The head has been told.</b> If you hear nothing within the hour, call.\n\n"
        "Told Monday 2 November at 09:00.\n"
        "This is your receipt. What happened belongs in the school's own case system, not here."
    )
    again = await handover.tell(await turn(db, ada.telegram_id), tell)
    assert again == receipt
    (told,) = list(await db.exec(select(Handover)))
    assert await enqueued(db) == [("handover", str(told.id), gro.id)]

    (claimed,) = await claim(db, "worker", MONDAY, MONDAY, 10)
    assert claimed.immediate
    to_leader = await handover.compose_notice(letter(db, claimed))
    assert to_leader is not None
    assert to_leader.text == (
        "⚠ <b>A possible violation has been reported to you as head.</b>\n\n"
        "When: Monday 2 November at 09:00\nWhere: Corridor · 5B\n\nCall: Ada\n\n"
        "The school must find out what happened and, where needed, make a written plan (§ 12-4).\n"
        "Told Monday 2 November at 09:00."
    )
    received = press(to_leader, "received")
    assert isinstance(received, handover.ConfirmReceived)
    with pytest.raises(Gone):
        await handover.receive(await turn(db, stranger_leader.telegram_id), received)
    with pytest.raises(NotAllowed):
        await handover.receive(await turn(db, ada.telegram_id), received)
    later = MONDAY + timedelta(minutes=10)
    first = await handover.receive(await turn(db, gro.telegram_id, now=later), received)
    second = await handover.receive(await turn(db, gro.telegram_id, now=later + timedelta(hours=1)), received)
    assert first.text == second.text
    assert "Received Monday 2 November at 09:10." in first.text

    (back,) = await claim(db, "worker", later, later, 10)
    assert (back.kind, back.person_id) == ("handover_received", ada.id)
    to_teller = await handover.compose_receipt(letter(db, back))
    assert to_teller is not None
    assert to_teller.text.startswith("✅ <b>The head has received it, Monday 2 November at 09:10.</b>")


async def test_handover_about_an_adult_cites_section_12_5(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, gro: MadePerson
) -> None:
    await logged(db, ada, heia)
    (row,) = await rows(db)
    assert row.id is not None
    receipt = await handover.tell(await turn(db, ada.telegram_id), handover.TellHead(row.id, by_adult=True))
    assert "It is marked that an adult may have done it (§ 12-5)." in receipt.text
    (claimed,) = await claim(db, "worker", MONDAY, MONDAY, 10)
    said = await handover.compose_notice(letter(db, claimed))
    assert said is not None
    assert "You must tell the municipality at once (§ 12-5)." in said.text
