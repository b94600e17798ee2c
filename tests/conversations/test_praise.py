"""Praise: two taps to record it, one more for another class or cell, and undo."""

from datetime import timedelta

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone, NotAllowed, NotMember, TooLate
from bot.handlers import praise
from bot.turn import Reply
from storage.tables import Audit, Praise
from tests.support.people import MadePerson, MadeSchool
from tests.support.turns import MONDAY, labels, press, turn


async def saved(db: AsyncSession) -> list[tuple[int, int, int, int | None, bool]]:
    rows = await db.exec(select(Praise).order_by("id"))
    return [(r.school_id, r.group_id, r.expectation_id, r.person_id, r.undone_at is not None) for r in rows]


async def asked(db: AsyncSession, person: MadePerson) -> Reply:
    return await praise.ask_what(await turn(db, person.telegram_id))


async def test_the_key_shows_the_months_expectations_for_the_class_you_teach(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    reply = await asked(db, ada)
    assert reply.text == "⭐ <b>5B</b>: what did you see?"
    assert labels(reply) == [
        ["We walk calmly"],
        ["We say hello"],
        ["We help each other"],
        ["Another class", "Something else"],
    ]


async def test_two_taps_save_it(db: AsyncSession, heia: MadeSchool, ada: MadePerson) -> None:
    chosen = press(await asked(db, ada), "We say hello")
    assert isinstance(chosen, praise.SavePraise)
    reply = await praise.save(await turn(db, ada.telegram_id, message=7), chosen)
    assert (reply.text, reply.toast, labels(reply)) == (
        "⭐ <b>5B</b>: We say hello. Saved.",
        "Saved",
        [["⭐ One more", "↩ Undo"]],
    )
    assert await saved(db) == [(heia.id, heia.groups["5B"], heia.expectations["gang-hilser"], ada.id, False)]
    audits = [(a.person_id, a.action) for a in await db.exec(select(Audit))]
    assert audits == [(ada.id, "praise")]


async def test_double_tap_is_idempotent(db: AsyncSession, heia: MadeSchool, ada: MadePerson) -> None:
    chosen = press(await asked(db, ada), "We say hello")
    assert isinstance(chosen, praise.SavePraise)
    first = await praise.save(await turn(db, ada.telegram_id, message=7), chosen)
    again = await praise.save(await turn(db, ada.telegram_id, message=7), chosen)
    assert again == first
    assert len(await saved(db)) == 1


async def test_the_class_praised_last_is_the_default(
    db: AsyncSession, heia: MadeSchool, bo: MadePerson
) -> None:
    assert (await asked(db, bo)).text == "⭐ <b>5B</b>: what did you see?"
    classes = await praise.ask_group(await turn(db, bo.telegram_id))
    assert labels(classes) == [["5B", "6A", "SFO"]]
    other = press(classes, "6A")
    assert isinstance(other, praise.AskWhat)
    chosen = press(await praise.ask_what(await turn(db, bo.telegram_id), other), "We walk calmly")
    assert isinstance(chosen, praise.SavePraise)
    await praise.save(await turn(db, bo.telegram_id), chosen)
    assert (await asked(db, bo)).text == "⭐ <b>6A</b>: what did you see?"


async def test_another_cell_of_the_matrix_is_one_more_tap(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    elsewhere = press(await asked(db, ada), "Something else")
    assert isinstance(elsewhere, praise.AskArea)
    areas = await praise.ask_area(await turn(db, ada.telegram_id), elsewhere)
    assert labels(areas) == [["Classroom", "Corridor"], ["Outdoors"], ["◀ Back"]]
    outdoors = press(areas, "Outdoors")
    assert isinstance(outdoors, praise.AskWhatIn)
    seen = await praise.ask_what_in(await turn(db, ada.telegram_id), outdoors)
    assert labels(seen) == [["Everyone may join in"], ["We share the space"], ["◀ Back"]]


async def test_a_month_without_a_focus_starts_with_the_place(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    in_december = await turn(db, ada.telegram_id, now=MONDAY + timedelta(days=30))
    assert (await praise.ask_what(in_december)).text == "⭐ Where was it?"


async def test_an_adult_without_a_class_chooses_one(
    db: AsyncSession, heia: MadeSchool, gro: MadePerson
) -> None:
    assert labels(await asked(db, gro)) == [["5B", "6A", "SFO"]]


async def test_undo_of_ones_own_within_the_undo_window(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson, bo: MadePerson, stranger_teacher: MadePerson
) -> None:
    chosen = press(await asked(db, ada), "We say hello")
    assert isinstance(chosen, praise.SavePraise)
    undo = press(await praise.save(await turn(db, ada.telegram_id), chosen), "Undo")
    assert isinstance(undo, praise.UndoPraise)
    for other in (bo, stranger_teacher):
        with pytest.raises(TooLate):
            await praise.undo(await turn(db, other.telegram_id), undo)
    with pytest.raises(TooLate):
        await praise.undo(await turn(db, ada.telegram_id, now=MONDAY + timedelta(hours=25)), undo)
    reply = await praise.undo(await turn(db, ada.telegram_id, now=MONDAY + timedelta(hours=23)), undo)
    assert (reply.text, labels(reply)) == ("⭐ Undone. Nothing is saved.", [["⭐ Praise"]])
    assert [undone for *_, undone in await saved(db)] == [True]


async def test_same_tap_after_undo_is_refused(db: AsyncSession, heia: MadeSchool, ada: MadePerson) -> None:
    chosen = press(await asked(db, ada), "We say hello")
    assert isinstance(chosen, praise.SavePraise)
    undo = press(await praise.save(await turn(db, ada.telegram_id), chosen), "Undo")
    assert isinstance(undo, praise.UndoPraise)
    await praise.undo(await turn(db, ada.telegram_id), undo)
    with pytest.raises(Gone):
        await praise.save(await turn(db, ada.telegram_id), chosen)


async def test_praise_for_another_schools_class_or_expectation_is_refused(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, ada: MadePerson
) -> None:
    for group, expectation in (
        (fjern.groups["5B"], heia.expectations["gang-hilser"]),
        (heia.groups["5B"], fjern.expectations["gang-hilser"]),
    ):
        with pytest.raises(Gone):
            await praise.save(await turn(db, ada.telegram_id), praise.SavePraise(group, expectation))
    with pytest.raises(Gone):
        await praise.ask_what_in(
            await turn(db, ada.telegram_id), praise.AskWhatIn(fjern.groups["5B"], heia.areas["gang"])
        )
    assert await saved(db) == []


async def test_families_and_strangers_are_refused(
    db: AsyncSession, heia: MadeSchool, amir: MadePerson
) -> None:
    forged = praise.SavePraise(heia.groups["5B"], heia.expectations["gang-hilser"])
    with pytest.raises(NotAllowed):
        await praise.save(await turn(db, amir.telegram_id), forged)
    with pytest.raises(NotAllowed):
        await asked(db, amir)
    with pytest.raises(NotMember):
        await praise.save(await turn(db, 999), forged)
