"""Joining: an invitation is offered and accepted, a request confirmed or declined, a newcomer catches up."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.i18n import language
from bot.turn import Reply
from pals.roles import Role
from storage import groups, invitations, memberships, people, schools
from storage.delivery import claims
from storage.tables import Group, InvitationKind, Standing
from tests.support.audit_log import audit_log
from tests.support.chats import Arrived, Chat, arrivals
from tests.support.features import FEATURES
from tests.support.people import MadePerson, MadeSchool, make_person
from tests.support.turns import MONDAY, labels

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

THURSDAY = datetime(2026, 11, 12, 10, 0, tzinfo=UTC)  # 11:00, the second week of the month
FAMILY, STAFF, OTHER = "familie-lenke-5B-1", "ansatt-lenke-heia-1", "familie-lenke-6A-1"
PERSONAL = "personlig-lenke-11"
KEYS_BELOW = "The keys below are always there."


@pytest.fixture
def mona(db: AsyncSession) -> Chat:
    """An unknown mother with a Norwegian phone."""
    return Chat(db, 900, name="Mona Berg")


@pytest.fixture
def ida(db: AsyncSession) -> Chat:
    """An unknown new teacher."""
    return Chat(db, 901, name="Ida Lie")


async def invite_family(db: AsyncSession, school: MadeSchool, group: str = "5B", token: str = FAMILY) -> None:
    await invitations.create(
        db, school.id, InvitationKind.FAMILY, Role.FAMILY, token, now=MONDAY, group_id=school.groups[group]
    )


async def invite_staff(db: AsyncSession, school: MadeSchool) -> None:
    await invitations.create(db, school.id, InvitationKind.STAFF, Role.STAFF, STAFF, now=MONDAY)


async def invite_one(
    db: AsyncSession, school: MadeSchool, role: Role, group: str | None = None, token: str = PERSONAL
) -> None:
    await invitations.create(
        db,
        school.id,
        InvitationKind.PERSONAL,
        role,
        token,
        now=MONDAY,
        group_id=school.groups[group] if group is not None else None,
        expires_at=MONDAY + timedelta(days=14),
    )


async def standing(db: AsyncSession, chat: Chat) -> list[tuple[str, Role, Standing, str | None]]:
    """The memberships of this chat's person."""
    person = await people.by_telegram(db, chat.telegram_id)
    assert person is not None
    return [(m.slug, m.role, m.standing, m.name) for m in await memberships.of_person(db, person.id)]


# --- families


async def test_a_mother_reads_the_offer_and_joins_by_one_tap(
    db: AsyncSession, heia: MadeSchool, mona: Chat
) -> None:
    await invite_family(db, heia)
    offer = await mona.write(f"/start {FAMILY}")
    assert offer.text == (
        "👋 <b>Heia skole</b> invites you as a parent or guardian in <b>5B</b>.\n\n"
        "<b>What you get:</b> once a month, what the children practise at school and a question to ask at home. "
        "Nothing about any child. It is free to choose, and the school gives you the same in other ways.\n"
        "<b>What is stored:</b> that this chat belongs to a family in 5B, and your language. No names. "
        "You can leave at any time, and then it is deleted."
    )
    assert labels(offer) == [["✅ Join"], ["🌍 Another language"]]
    assert await people.by_telegram(db, 900) is None, "opening a link stores nothing"

    joined = await mona.tap(offer, "Join")
    nb = language("nb")
    assert (joined.text, joined.buttons) == ("✅ You have joined <b>Heia skole</b>.", ())
    keys_come, card = joined.then
    assert keys_come == Reply(
        KEYS_BELOW,
        keyboard=FEATURES.keyboard(Role.FAMILY, nb),
        menu=FEATURES.menu(Role.FAMILY, nb),
        fresh=True,
    )
    assert card.text == (
        "🏠 <b>Heia skole</b>\n\n📅 <b>November: Rolig i gangen</b>\n"
        "A question to ask at home: <i>Hvem hilste du på i dag?</i>\nYou follow 5B."
    )
    assert await standing(db, mona) == [("heia", Role.FAMILY, Standing.ACTIVE, None)], (
        "a family has no name here"
    )


async def test_joining_twice_is_idempotent_and_says_so(
    db: AsyncSession, heia: MadeSchool, mona: Chat
) -> None:
    await invite_family(db, heia)
    offer = await mona.write(f"/start {FAMILY}")
    await mona.tap(offer, "Join")
    again = await mona.tap(offer, "Join")
    assert again.text == "You have joined <b>Heia skole</b> already. Nothing was changed."
    assert await standing(db, mona) == [("heia", Role.FAMILY, Standing.ACTIVE, None)]


async def test_a_second_child_adds_a_class_to_the_same_family(
    db: AsyncSession, heia: MadeSchool, mona: Chat
) -> None:
    await invite_family(db, heia)
    await invite_family(db, heia, "6A", OTHER)
    await mona.tap(await mona.write(f"/start {FAMILY}"), "Join")
    second = await mona.tap(await mona.write(f"/start {OTHER}"), "Join")
    assert second.text == "✅ <b>6A</b> is added. You now follow more than one class."
    assert second.then[-1].text.endswith("You follow 5B og 6A.")
    assert await standing(db, mona) == [("heia", Role.FAMILY, Standing.ACTIVE, None)]


# --- language before joining


async def test_the_language_is_taken_from_the_phone_and_changed_before_joining(
    db: AsyncSession, heia: MadeSchool
) -> None:
    await invite_family(db, heia)
    omar = Chat(db, 902, phone="ar-SA")
    offer = await omar.write(f"/start {FAMILY}")
    asked = await omar.tap(offer, "language")
    assert labels(asked) == [["Norsk bokmål", "Norsk nynorsk"], ["English", "العربية"]]
    in_english = await omar.tap(asked, "English")
    await omar.tap(in_english, "Join")
    person = await people.by_telegram(db, 902)
    assert person is not None
    assert (person.language, person.language_chosen) == ("en", True)


async def test_a_phone_language_that_the_school_lacks_becomes_english(
    db: AsyncSession, heia: MadeSchool
) -> None:
    await invite_family(db, heia)
    olena = Chat(db, 903, phone="uk")
    await olena.tap(await olena.write(f"/start {FAMILY}"), "Join")
    person = await people.by_telegram(db, 903)
    assert person is not None
    assert (person.language, person.language_chosen) == ("en", False)


# --- a late joiner


async def test_a_late_family_catches_up_on_the_month_once(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, mona: Chat
) -> None:
    await invite_family(db, heia)
    await schools.planned(db, heia.id, THURSDAY)
    mona.now = THURSDAY
    await mona.tap(await mona.write(f"/start {FAMILY}"), "Join")
    assert await arrivals(db, THURSDAY) == [Arrived(900, "focus_family", "2026-11")]

    left = await mona.tap(await mona.write("/mer"), "Leave this school")
    await mona.tap(left, "Leave")
    await mona.tap(await mona.write(f"/start {FAMILY}"), "Join")
    assert await arrivals(db, THURSDAY) == [], "no one gets the same month twice"


async def test_a_late_teacher_catches_up_on_the_month_and_then_the_week(
    db: AsyncSession, heia: MadeSchool, ida: Chat
) -> None:
    await invite_one(db, heia, Role.STAFF)
    await schools.planned(db, heia.id, THURSDAY)
    ida.now = THURSDAY
    await ida.tap(await ida.write(f"/start {PERSONAL}"), "Join")
    assert await arrivals(db, THURSDAY) == [Arrived(901, "focus_staff", "2026-11")]
    assert await arrivals(db, THURSDAY + timedelta(seconds=30)) == [Arrived(901, "prompt", "2026-W46")]


async def test_catch_up_ignores_quiet_hours(db: AsyncSession, heia: MadeSchool, mona: Chat) -> None:
    late = datetime(2026, 11, 12, 22, 0, tzinfo=UTC)
    await invite_family(db, heia)
    await schools.planned(db, heia.id, late)
    mona.now = late
    await mona.tap(await mona.write(f"/start {FAMILY}"), "Join")
    (arrived,) = await claimed_asked(db, late)
    assert arrived is True


async def claimed_asked(db: AsyncSession, now: datetime) -> list[bool]:
    return [c.immediate for c in await claims.claim(db, "test", now, now, 10)]


async def test_catch_up_leaves_out_what_the_year_wheel_has_not_planned_yet(
    db: AsyncSession, heia: MadeSchool, mona: Chat, ida: Chat
) -> None:
    early = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)  # 06:00: the month's focus comes at 07:15 and 16:30
    await invite_family(db, heia)
    await invite_one(db, heia, Role.STAFF)
    await schools.planned(db, heia.id, early)
    mona.now = ida.now = early
    await mona.tap(await mona.write(f"/start {FAMILY}"), "Join")
    await ida.tap(await ida.write(f"/start {PERSONAL}"), "Join")
    assert await arrivals(db, early + timedelta(minutes=5)) == []


async def test_catch_up_leaves_out_a_week_without_a_school_day_left(
    db: AsyncSession, heia: MadeSchool, ida: Chat
) -> None:
    saturday = datetime(2026, 11, 14, 10, 0, tzinfo=UTC)
    await invite_one(db, heia, Role.STAFF)
    await schools.planned(db, heia.id, saturday)
    ida.now = saturday
    await ida.tap(await ida.write(f"/start {PERSONAL}"), "Join")
    assert await arrivals(db, saturday + timedelta(minutes=1)) == [Arrived(901, "focus_staff", "2026-11")]


# --- staff


async def test_a_request_is_pending_until_a_leader_confirms_it(
    db: AsyncSession,
    heia: MadeSchool,
    fjern: MadeSchool,
    lise: MadePerson,
    stranger_leader: MadePerson,
    ida: Chat,
) -> None:
    await invite_staff(db, heia)
    await schools.planned(db, heia.id, THURSDAY)
    ida.now = THURSDAY
    leader = Chat(db, lise.telegram_id, now=THURSDAY)
    waiting = await ida.tap(await ida.write(f"/start {STAFF}"), "Join")
    assert waiting.text == (
        "⏳ Thank you. A leader at <b>Heia skole</b> has been asked to let you in. I write to you here as soon as "
        "they have answered; you need not do anything more."
    )
    assert await standing(db, ida) == [("heia", Role.STAFF, Standing.PENDING, "Ida Lie")]
    assert (await ida.write("/hjem")).text.startswith("⏳ You have asked to join <b>Heia skole</b>.")
    assert (await ida.write_refused("/klasser")).startswith("I do not know you yet."), (
        "no role before the yes"
    )

    (letter,) = await arrivals(db, THURSDAY)
    assert letter.reply is not None
    assert (letter.telegram_id, letter.kind) == (lise.telegram_id, "join_requested"), (
        "and no other school's leader"
    )
    assert letter.reply.text == (
        "🙋 <b>Ida Lie</b> would like to join Heia skole as one of the adults who work there. "
        "That is the name on their phone. Do you know them?"
    )
    assert labels(letter.reply) == [["✅ Let in", "✖ Turn away"]]
    decided = await leader.tap(letter.reply, "Let in")
    assert decided.text == "✅ <b>Ida Lie</b> is in, and has been told."

    arrived = await arrivals(db, THURSDAY + timedelta(minutes=1))
    assert [(a.telegram_id, a.kind) for a in arrived] == [
        (901, "join_answered"),
        (901, "focus_staff"),
        (901, "prompt"),
    ]
    told = arrived[0].reply
    assert told is not None
    assert (told.text, told.keyboard) == (
        "✅ <b>Heia skole</b> has let you in. Welcome.",
        FEATURES.keyboard(Role.STAFF, language("nb")),
    )
    (choose,) = told.then
    assert labels(choose) == [["5B", "6A", "SFO"], ["✅ Done"]]
    chosen = await ida.tap(choose, "6A")
    assert labels(chosen) == [["5B", "✓ 6A", "SFO"], ["✅ Done"]]
    assert chosen.text.endswith("\nChosen: 6A.")
    home = await ida.tap(chosen, "Done")
    assert home.menu == FEATURES.menu(Role.STAFF, language("nb"))
    assert home.text.endswith("· 6A: not answered yet")


async def test_the_first_leaders_decision_counts_and_the_second_sees_it(
    db: AsyncSession, heia: MadeSchool, lise: MadePerson, ida: Chat
) -> None:
    kari = await make_person(db, heia, Role.LEADER, name="Kari")
    await invite_staff(db, heia)
    await ida.tap(await ida.write(f"/start {STAFF}"), "Join")
    first, second = await arrivals(db)
    assert first.reply is not None and second.reply is not None
    assert {first.telegram_id, second.telegram_id} == {lise.telegram_id, kari.telegram_id}
    await Chat(db, lise.telegram_id).tap(first.reply, "Turn away")
    seen = await Chat(db, kari.telegram_id).tap(second.reply, "Let in")
    assert seen.text == "✖ They were turned away before you tapped. Nothing was changed."
    assert await standing(db, ida) == [("heia", Role.STAFF, Standing.DECLINED, None)], "the name is gone"


async def test_a_tap_after_the_decision_shows_the_decision(
    db: AsyncSession, heia: MadeSchool, lise: MadePerson, ida: Chat
) -> None:
    await invite_staff(db, heia)
    await ida.tap(await ida.write(f"/start {STAFF}"), "Join")
    (letter,) = await arrivals(db)
    assert letter.reply is not None
    leader = Chat(db, lise.telegram_id)
    await leader.tap(letter.reply, "Let in")
    seen = await leader.tap(letter.reply, "Turn away")
    assert seen.text == "✅ <b>Ida Lie</b> was let in before you tapped. Nothing was changed."
    assert await standing(db, ida) == [("heia", Role.STAFF, Standing.ACTIVE, "Ida Lie")]


async def test_a_declined_newcomer_is_told_and_may_request_again(
    db: AsyncSession, heia: MadeSchool, lise: MadePerson, ida: Chat
) -> None:
    await invite_staff(db, heia)
    offer = await ida.write(f"/start {STAFF}")
    await ida.tap(offer, "Join")
    (letter,) = await arrivals(db)
    assert letter.reply is not None
    await Chat(db, lise.telegram_id).tap(letter.reply, "Turn away")
    (told,) = await arrivals(db)
    assert told.reply == Reply(
        "<b>Heia skole</b> has not let you in by this link. If you work there, speak with a leader and open "
        "the link once more. You can have everything about you deleted under /mer."
    )
    ida.now = MONDAY + timedelta(minutes=10)
    await ida.tap(offer, "Join")
    assert await standing(db, ida) == [("heia", Role.STAFF, Standing.PENDING, "Ida Lie")]
    (asked_again,) = await arrivals(db, ida.now)
    assert (asked_again.telegram_id, asked_again.kind) == (lise.telegram_id, "join_requested")
    assert await Chat(db, lise.telegram_id, now=ida.now).refused(letter.reply, "Let in") == (
        "That is no longer here. Nothing was changed. Tap /hjem to go on."
    ), "the old letter's button was about the first asking"


async def test_requesting_twice_notifies_the_leaders_once(
    db: AsyncSession, heia: MadeSchool, lise: MadePerson, ida: Chat
) -> None:
    await invite_staff(db, heia)
    offer = await ida.write(f"/start {STAFF}")
    first = await ida.tap(offer, "Join")
    assert await ida.tap(offer, "Join") == first
    assert [a.kind for a in await arrivals(db)] == ["join_requested"]


async def test_all_pending_requests_are_in_one_list(
    db: AsyncSession, heia: MadeSchool, lise: MadePerson, ida: Chat
) -> None:
    await invite_staff(db, heia)
    await ida.tap(await ida.write(f"/start {STAFF}"), "Join")
    leader = Chat(db, lise.telegram_id)
    assert "🙋 1 person is waiting for your yes." in (await leader.write("/hjem")).text
    listed = await leader.write("/venter")
    assert labels(listed) == [["✅ Ida Lie", "✖"], ["🏠 Home"]]
    await leader.tap(listed, "Ida Lie")
    assert (await leader.write("/venter")).text == "🙋 Nobody is waiting."


async def test_only_a_leader_of_the_school_confirms(
    db: AsyncSession,
    heia: MadeSchool,
    lise: MadePerson,
    tor: MadePerson,
    stranger_leader: MadePerson,
    ida: Chat,
) -> None:
    await invite_staff(db, heia)
    await ida.tap(await ida.write(f"/start {STAFF}"), "Join")
    (letter,) = await arrivals(db)
    assert letter.reply is not None
    assert await Chat(db, tor.telegram_id).refused(letter.reply, "Let in") == (
        "That is not for your role here. Tap /hjem to see what you can do."
    )
    assert await Chat(db, stranger_leader.telegram_id).refused(letter.reply, "Let in") == (
        "That is no longer here. Nothing was changed. Tap /hjem to go on."
    )
    assert await standing(db, ida) == [("heia", Role.STAFF, Standing.PENDING, "Ida Lie")]


# --- a link for one person


async def test_a_personal_invitation_is_active_at_once_with_the_class(
    db: AsyncSession, heia: MadeSchool, ida: Chat
) -> None:
    await invite_one(db, heia, Role.TEAM, "6A")
    joined = await ida.tap(await ida.write(f"/start {PERSONAL}"), "Join")
    assert joined.then[-1].text.startswith("👥 Which classes and groups do you work with?")
    assert labels(joined.then[-1]) == [["5B", "✓ 6A", "SFO"], ["✅ Done"]]
    assert await standing(db, ida) == [("heia", Role.TEAM, Standing.ACTIVE, "Ida Lie")]
    person = await people.by_telegram(db, 901)
    assert person is not None
    assert [(a.person_id, a.action) for a in await audit_log(db, heia.id)] == [(person.id, "join")]


async def test_a_used_invitation_is_refused_to_others_and_idempotent_for_its_owner(
    db: AsyncSession, heia: MadeSchool, ida: Chat, mona: Chat
) -> None:
    await invite_one(db, heia, Role.STAFF)
    seen_before = await mona.write(f"/start {PERSONAL}")
    await ida.tap(await ida.write(f"/start {PERSONAL}"), "Join")
    used = (
        "This link to Heia skole was for one person and has been used. If that was not you, "
        "ask the school for a link of your own."
    )
    assert await mona.write_refused(f"/start {PERSONAL}") == used
    assert await mona.refused(seen_before, "Join") == used, "even if it was opened in time"
    again = await ida.write(f"/start {PERSONAL}")
    assert again.text == "You have joined <b>Heia skole</b> already. Nothing was changed."


async def test_an_invitation_to_a_higher_role_keeps_the_membership(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    await invite_one(db, heia, Role.LEADER)
    teacher = Chat(db, greet.telegram_id, name="Greet Moe")
    await teacher.tap(await teacher.write(f"/start {PERSONAL}"), "Join")
    assert await standing(db, teacher) == [("heia", Role.LEADER, Standing.ACTIVE, "Greet Moe")]
    mine = await groups.of_membership(db, heia.id, greet.membership_id)
    assert [g.name for g in mine] == ["5B"]


async def test_an_invitation_to_a_lower_role_changes_nothing(
    db: AsyncSession, heia: MadeSchool, lise: MadePerson
) -> None:
    await invite_one(db, heia, Role.STAFF)
    leader = Chat(db, lise.telegram_id)
    said = await leader.tap(await leader.write(f"/start {PERSONAL}"), "Join")
    assert said.text == "You have joined <b>Heia skole</b> already. Nothing was changed."
    assert await standing(db, leader) == [("heia", Role.LEADER, Standing.ACTIVE, "Lise")]
    invitation = await invitations.by_token(db, PERSONAL)
    assert invitation is not None
    assert invitation.used_at is None, "another person may still use it"


async def test_a_personal_invitation_confirms_a_pending_request(
    db: AsyncSession, heia: MadeSchool, lise: MadePerson, ida: Chat
) -> None:
    await invite_staff(db, heia)
    await invite_one(db, heia, Role.STAFF)
    await ida.tap(await ida.write(f"/start {STAFF}"), "Join")
    await ida.tap(await ida.write(f"/start {PERSONAL}"), "Join")
    assert await standing(db, ida) == [("heia", Role.STAFF, Standing.ACTIVE, "Ida Lie")]


# --- links that do not work


async def test_each_unusable_invitation_says_why_and_what_to_do(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, mona: Chat
) -> None:
    await invite_one(db, heia, Role.STAFF)
    await invite_family(db, heia)
    await invitations.renew(
        db, heia.id, InvitationKind.FAMILY, Role.FAMILY, OTHER, now=MONDAY, group_id=heia.groups["5B"]
    )
    unknown = (
        "I do not recognise this link. Perhaps a part of it was lost on the way: "
        "open it again where you got it, or ask your school for a new one."
    )
    assert await mona.write_refused("/start ukjent-lenke-123456") == unknown
    assert await mona.write_refused("/start '; drop table invite") == unknown
    assert await mona.write_refused(f"/start {FAMILY}") == (
        "Heia skole has made a new link, so this one no longer works. Ask the school for the new one."
    )
    mona.now = MONDAY + timedelta(days=14, seconds=1)
    assert await mona.write_refused(f"/start {PERSONAL}") == (
        "This link to Heia skole was good for 14 days, and they have passed. Ask the school for a new one."
    )
    assert await people.by_telegram(db, 900) is None


async def test_an_invitation_to_an_inactive_class_is_refused(
    db: AsyncSession, heia: MadeSchool, mona: Chat
) -> None:
    await invite_family(db, heia)
    offer = await mona.write(f"/start {FAMILY}")
    await db.exec(update(Group).where(col(Group.id) == heia.groups["5B"]).values(active=False))
    gone = (
        "This link is for 5B, which Heia skole no longer has. "
        "Ask the school for the link of the class as it is now."
    )
    assert await mona.write_refused(f"/start {FAMILY}") == gone
    assert await mona.refused(offer, "Join") == gone
    assert await people.by_telegram(db, 900) is None


async def test_an_invitation_to_another_school_says_so_first(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    await invite_family(db, fjern)
    teacher = Chat(db, greet.telegram_id, name="Greet")
    offer = await teacher.write(f"/start {FAMILY}")
    assert offer.text.startswith(
        "This link is for another school than Heia skole, where you are already. Nothing changes there. "
        "If you did not expect it, ask whoever gave it to you before you tap anything.\n\n"
        "👋 <b>Fjern skole</b> invites you as a parent or guardian in <b>5B</b>."
    )
    await teacher.tap(offer, "Join")
    assert await standing(db, teacher) == [
        ("heia", Role.STAFF, Standing.ACTIVE, "Greet"),
        ("fjern", Role.FAMILY, Standing.ACTIVE, None),
    ]


# --- /start alone


async def test_start_without_a_token_is_the_introduction_in_any_language(
    db: AsyncSession, heia: MadeSchool
) -> None:
    visitor = Chat(db, 904, phone="en")
    said = await visitor.write("/start")
    assert said.text.startswith("👋 I am the PALS assistant of schools")
    assert labels(said) == [["Norsk bokmål", "Norsk nynorsk"], ["العربية", "Українська"]]
    assert labels(await visitor.tap(said, "Norsk bokmål")) == [
        ["Norsk nynorsk", "English"],
        ["العربية", "Українська"],
    ]
    assert await people.by_telegram(db, 904) is None


async def test_start_brings_a_member_the_reply_keyboard_and_home(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    said = await Chat(db, greet.telegram_id).write("/start")
    assert (said.keyboard, said.menu) == (
        FEATURES.keyboard(Role.STAFF, language("nb")),
        FEATURES.menu(Role.STAFF, language("nb")),
    )
    assert said.then[0].text.startswith("🏠 <b>Heia skole</b>")


async def test_a_confirmation_at_a_second_school_does_not_switch_the_role(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, lise: MadePerson, stranger_teacher: MadePerson
) -> None:
    await invite_staff(db, heia)
    siv = Chat(db, stranger_teacher.telegram_id, name="Siv")
    await siv.tap(await siv.write(f"/start {STAFF}"), "Join")
    (letter,) = await arrivals(db)
    assert letter.reply is not None
    await Chat(db, lise.telegram_id).tap(letter.reply, "Let in")
    told = next(a.reply for a in await arrivals(db) if a.kind == "join_answered")
    assert told is not None
    assert (await siv.write("/hjem")).text.startswith("🏠 <b>Fjern skole</b>")
    moved = await siv.tap(told, "Go there")
    assert moved.text == "⇄ You are now at <b>Heia skole</b> as staff."


async def test_an_invitation_used_before_does_not_switch_the_role(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    await invite_family(db, fjern)
    teacher = Chat(db, greet.telegram_id, name="Greet")
    offer = await teacher.write(f"/start {FAMILY}")
    await teacher.tap(offer, "Join")
    await teacher.tap(await teacher.write("/bytt"), "Heia")
    again = await teacher.tap(offer, "Join")
    assert again.text == "You have joined <b>Fjern skole</b> already. Nothing was changed."
    assert again.then[0].text.startswith("🏠 <b>Heia skole</b>")
