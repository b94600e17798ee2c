"""More: language, quiet hours, classes, muting, what is stored, leaving, and erasure."""

from datetime import time, timedelta

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import Gone, NotAllowed
from bot.handlers.button_rows import SetClass
from bot.handlers.more.settings import SetLanguage, SetMuted, SetQuiet
from bot.i18n import language
from pals.behaviour import Behaviour
from pals.roles import Role
from storage import audits, drafts, groups, incidents, memberships, people, personal_data, praises
from storage.delivery import audiences
from storage.delivery.audiences import Audience
from storage.tables import Praise, Standing
from tests.support.audit_log import audit_log
from tests.support.chats import Chat
from tests.support.features import FEATURES
from tests.support.people import MadePerson, MadeSchool, join, make_person
from tests.support.turns import MONDAY, labels, turn

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_more_shows_a_teachers_settings(db: AsyncSession, heia: MadeSchool, greet: MadePerson) -> None:
    shown = await Chat(db, greet.telegram_id).write("/mer")
    assert shown.text == "☰ <b>More</b>\n\nYou are at <b>Heia skole</b> as staff.\n🌍 Norsk bokmål\n👥 5B"
    assert labels(shown) == [
        ["🌍 Language", "🌙 Quiet hours"],
        ["👥 My classes", "🗂 What is stored about me"],
        ["🚪 Leave this school", "🗑 Be forgotten"],
        ["🏠 Home"],
    ]


async def test_more_offers_a_family_muting_and_no_classes(
    db: AsyncSession, heia: MadeSchool, amir: MadePerson
) -> None:
    shown = await Chat(db, amir.telegram_id).write("/mer")
    assert labels(shown) == [
        ["🌍 Language", "🌙 Quiet hours"],
        ["🔕 Messages off", "🗂 What is stored about me"],
        ["🚪 Leave this school", "🗑 Be forgotten"],
        ["🏠 Home"],
    ]


async def test_an_unknown_visitor_is_told_that_nothing_is_stored(db: AsyncSession, heia: MadeSchool) -> None:
    visitor = Chat(db, 905)
    shown = await visitor.write("/mer")
    assert shown.text == "☰ You have not joined a school here, and nothing is stored about you."
    assert (await visitor.write("/personvern")).text == "🗂 Nothing is stored about you."
    assert (await visitor.write("/sprak")).text.startswith("👋 I am the PALS assistant")


# --- language


async def test_a_language_changes_the_card_the_reply_keyboard_and_the_menu(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    chat = Chat(db, greet.telegram_id)
    asked = await chat.tap(await chat.write("/mer"), "Language")
    assert labels(asked) == [["✓ Norsk bokmål", "Norsk nynorsk"], ["English", "العربية"], ["◀ Back"]]
    changed = await chat.tap(asked, "العربية")
    arabic = language("ar")
    assert changed.text == "🌍 <b>العربية</b>"
    keys_come, home = changed.then
    assert (keys_come.keyboard, keys_come.menu) == (
        FEATURES.keyboard(Role.STAFF, arabic),
        FEATURES.menu(Role.STAFF, arabic),
    )
    assert home.text.startswith("\u200f🏠 <b>Heia skole</b>")
    person = await people.by_telegram(db, greet.telegram_id)
    assert person is not None
    assert (person.language, person.language_chosen) == ("ar", True)


async def test_a_language_that_the_school_does_not_offer_is_refused(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    for code in ("uk", "xx"):
        with pytest.raises(Gone):
            await FEATURES.presses[SetLanguage](await turn(db, greet.telegram_id), SetLanguage(code))


# --- quiet hours


async def test_a_persons_own_quiet_hours_are_set_beside_the_schools(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, stranger_teacher: MadePerson
) -> None:
    chat = Chat(db, greet.telegram_id)
    asked = await chat.tap(await chat.write("/mer"), "Quiet hours")
    explained = (
        "🌙 <b>Quiet hours.</b> I write nothing by myself in them; it waits until they end. "
        "You can always write."
    )
    assert asked.text == f"{explained}\nThe school's, for everyone: 20:30–06:30.\nYou have none of your own."
    assert labels(asked) == [
        ["16:00–07:00", "17:00–07:00"],
        ["18:00–07:00", "20:00–07:00"],
        ["21:00–07:00", "22:00–06:00"],
        ["✓ None of my own"],
        ["◀ Back"],
    ]
    set_to = await chat.tap(asked, "17:00")
    assert set_to.text.endswith("Your own: 17:00–07:00.")
    assert labels(set_to)[0] == ["16:00–07:00", "✓ 17:00–07:00"]
    assert "Your own quiet hours are from 17:00 to 07:00." in (await chat.write("/mer")).text
    both = [await people.by_telegram(db, p.telegram_id) for p in (greet, stranger_teacher)]
    assert [(p.quiet_from, p.quiet_to) for p in both if p] == [(time(17), time(7)), (None, None)]
    await chat.tap(set_to, "None of my own")
    person = await people.by_telegram(db, greet.telegram_id)
    assert person is not None
    assert (person.quiet_from, person.quiet_to) == (None, None)


async def test_hours_that_were_not_offered_are_refused(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    for forged in (SetQuiet(0, 23), SetQuiet(99, -1)):
        with pytest.raises(Gone):
            await FEATURES.presses[SetQuiet](await turn(db, greet.telegram_id), forged)


# --- classes


async def test_classes_are_toggled_tap_by_tap_and_idempotently(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, stranger_teacher: MadePerson
) -> None:
    chat = Chat(db, greet.telegram_id)
    shown = await chat.write("/klasser")
    assert labels(shown) == [["✓ 5B", "6A", "SFO"], ["✅ Done"]]
    await chat.tap(shown, "SFO")
    twice = await chat.tap(shown, "SFO")
    assert labels(twice) == [["✓ 5B", "6A", "✓ SFO"], ["✅ Done"]]
    without = await chat.tap(twice, "5B")
    assert labels(without) == [["5B", "6A", "✓ SFO"], ["✅ Done"]]
    assert [g.name for g in await groups.of_membership(db, fjern.id, stranger_teacher.membership_id)] == [
        "5B"
    ]
    assert [a.action for a in await audit_log(db, heia.id)] == ["group.leave", "group.take"]


async def test_another_schools_class_is_refused_and_a_family_chooses_none(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, amir: MadePerson
) -> None:
    press = SetClass(fjern.groups["5B"], True)
    with pytest.raises(Gone):
        await FEATURES.presses[SetClass](await turn(db, greet.telegram_id), press)
    own = SetClass(heia.groups["6A"], True)
    with pytest.raises(NotAllowed):
        await FEATURES.presses[SetClass](await turn(db, amir.telegram_id), own)


# --- muting


async def test_a_family_turns_messages_off_and_on(
    db: AsyncSession, heia: MadeSchool, amir: MadePerson
) -> None:
    chat = Chat(db, amir.telegram_id)
    families = Audience(frozenset({Role.FAMILY}))
    off = await chat.tap(await chat.write("/mer"), "Messages off")
    assert (off.toast, await audiences.reach(db, heia.id, families)) == ("Messages are off", 0)
    assert "🔕 Messages are off." in off.text
    on = await chat.tap(off, "Messages on")
    assert (on.toast, await audiences.reach(db, heia.id, families)) == ("Messages are on", 1)


async def test_a_teacher_may_not_mute_the_school(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    with pytest.raises(NotAllowed):
        await FEATURES.presses[SetMuted](await turn(db, greet.telegram_id), SetMuted(True))


# --- what is stored


async def test_what_is_stored_is_a_complete_list_of_the_persons_own_rows(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    await join(db, greet.id, fjern, Role.FAMILY, ["6A"])
    await people.set_quiet(db, greet.id, time(17), time(7))
    await logged(db, heia, greet, 1)
    await logged(db, heia, tor, 2)
    shown = await Chat(db, greet.telegram_id).write("/personvern")
    assert shown.text == (
        "🗂 <b>What is stored about you</b>\n\n"
        f"· The number of your Telegram account, {greet.telegram_id}, so that I can write to you.\n"
        "· Your language: Norsk bokmål.\n"
        "· The day I first met you: 1. august 2026.\n"
        "· Your own quiet hours are from 17:00 to 07:00.\n\n"
        "<b>Heia skole</b>\n· Your role: staff.\n· Your name, as your phone showed it: Greet.\n"
        "· Your classes: 5B.\n\n"
        "<b>Fjern skole</b>\n· Your role: family.\n· Your classes: 6A.\n\n"
        "<b>What you have done here</b>\n· 1 praise that you logged.\n· 1 incident that you logged.\n"
        "· Something you have begun and not finished.\n· 1 line in the log of who did what.\n\n"
        "<b>Why</b> To send you what you have joined for, in your language, and so that you can undo what you log.\n"
        "<b>How long</b> For as long as you take part, with these limits: what you have begun and not "
        "finished 1 day, notes of messages 90 days, that it was you who logged something and the log "
        "of who did what 365 days. A wish to join that got no yes is deleted after 30 days.\n"
        "When you ask to be forgotten, everything above is deleted at once. The school keeps what was logged about "
        "classes, and nothing in it says that it was you.\n"
        "<b>Who answers for it</b> The municipality that owns the school. Ask the school, or the municipality's data "
        "protection officer, if something is wrong. The messages in this chat are also with Telegram; you delete "
        "them there."
    )


@pytest.mark.parametrize(
    ("standing", "line"),
    [
        (Standing.PENDING, "· You have asked to join."),
        (Standing.DECLINED, "· You asked to join, and the school said no."),
    ],
)
async def test_what_is_stored_tells_a_request_from_a_declined_one(
    db: AsyncSession, heia: MadeSchool, standing: Standing, line: str
) -> None:
    ida = await make_person(db, heia, Role.STAFF, name="Ida", standing=standing)
    shown = await Chat(db, ida.telegram_id).write("/personvern")
    assert f"<b>Heia skole</b>\n{line}\n" in shown.text


async def logged(db: AsyncSession, school: MadeSchool, person: MadePerson, message: int) -> None:
    """One praise, one incident, one audit row and one open draft of this person."""
    key = {"idempotency_key": f"{person.telegram_id}:{message}"}
    await praises.add(
        db,
        school.id,
        group_id=school.groups["5B"],
        expectation_id=school.expectations["gang-hilser"],
        person_id=person.id,
        at=MONDAY,
        day=MONDAY.date(),
        **key,
    )
    await incidents.add(
        db,
        school.id,
        group_id=school.groups["5B"],
        area_id=school.areas["gang"],
        behaviour=Behaviour.LATE,
        person_id=person.id,
        at=MONDAY,
        day=MONDAY.date(),
        **key,
    )
    await drafts.put(db, person.id, "something", {}, now=MONDAY)
    await audits.record(db, school.id, person.id, MONDAY, "praise", ref="1")


# --- leaving, erasure


async def test_leaving_a_school_ends_that_role_and_no_other(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    await join(db, greet.id, fjern, Role.FAMILY, ["6A"])
    chat = Chat(db, greet.telegram_id)
    asked = await chat.tap(await chat.write("/mer"), "Leave this school")
    assert asked.text.startswith("🚪 Leave <b>Heia skole</b>?")
    left = await chat.tap(asked, "Leave")
    assert left.text == "🚪 You have left <b>Heia skole</b>. Nothing more comes from it."
    assert left.then[0].keyboard == FEATURES.keyboard(Role.FAMILY, language("nb"))
    assert left.then[1].text.startswith("🏠 <b>Fjern skole</b>")
    twice = await chat.tap(asked, "Leave")
    assert twice.text == "🚪 You have left already.", "and the other school is not left by the second tap"
    assert [m.slug for m in await memberships.of_person(db, greet.id)] == ["fjern"]


async def test_erasure_deletes_the_person_and_keeps_the_schools_records(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson, tor: MadePerson
) -> None:
    await logged(db, heia, greet, 1)
    chat = Chat(db, greet.telegram_id)
    asked = await chat.tap(await chat.write("/mer"), "Be forgotten")
    assert asked.text.startswith("🗑 <b>Be forgotten?</b>")
    done = await chat.tap(asked, "Forget me")
    assert done.text.startswith("🗑 <b>You are forgotten.</b>")
    assert done.then[0].keyboard == FEATURES.keyboard(None, language("nb"))
    assert await people.by_telegram(db, greet.telegram_id) is None
    assert await personal_data.count_rows(db, greet.id) == []
    kept = await db.exec(select(Praise.person_id, Praise.group_id))
    assert kept.all() == [(None, heia.groups["5B"])], "the class keeps its praise"
    assert [(a.action, a.person_id) for a in await audit_log(db, heia.id)] == [
        ("forget", None),
        ("praise", None),
    ]
    assert (await chat.tap(asked, "Forget me")).text == "🗑 Nothing is stored about you."
    assert await people.by_telegram(db, tor.telegram_id) is not None


async def test_the_last_leader_may_not_leave_and_is_told_what_to_do(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, lise: MadePerson, stranger_leader: MadePerson
) -> None:
    told = (
        "You are the only leader of Heia skole here. Invite another leader first with /inviter, "
        "and leave when they have joined."
    )
    chat = Chat(db, lise.telegram_id)
    leave = await chat.tap(await chat.write("/mer"), "Leave this school")
    forget = await chat.tap(await chat.write("/mer"), "Be forgotten")
    assert await chat.refused(leave, "Leave") == told
    assert await chat.refused(forget, "Forget me") == told
    await make_person(db, heia, Role.LEADER, name="Kari", standing=Standing.PENDING)
    assert await chat.refused(leave, "Leave") == told, "a pending leader is not one yet"
    await make_person(db, heia, Role.LEADER, name="Unni")
    await chat.tap(leave, "Leave")
    assert [m.name for m in await memberships.leaders(db, heia.id)] == ["Unni"]


async def test_a_pending_request_can_be_withdrawn(db: AsyncSession, heia: MadeSchool) -> None:
    ida = await make_person(db, heia, Role.STAFF, name="Ida", standing=Standing.PENDING)
    chat = Chat(db, ida.telegram_id, now=MONDAY + timedelta(hours=1))
    shown = await chat.write("/mer")
    assert shown.text.startswith(
        "☰ <b>More</b>\n\nYou have no school here just now.\n⏳ You are waiting for a yes from Heia skole."
    )
    await chat.tap(shown, "no longer wish")
    assert await memberships.of_person(db, ida.id) == []
    assert await memberships.pending(db, heia.id) == []
