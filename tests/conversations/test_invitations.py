"""Invitations: a leader creates and renews them, sees who has joined as counts, and removes an adult."""

from datetime import timedelta

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.content import qr
from bot.errors import Gone
from bot.handlers.invitations import InviteOne
from bot.turn import Paper, Reply
from pals.roles import Role
from storage import invitations, memberships
from storage.tables import InvitationKind
from tests.support.audit_log import audit_log
from tests.support.chats import Chat
from tests.support.features import FEATURES
from tests.support.people import MadePerson, MadeSchool, make_person
from tests.support.turns import MONDAY, button, labels, press, turn

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NOT_YOURS = "That is not for your role here. Tap /hjem to see what you can do."
NOT_HERE = "That is no longer here. Nothing was changed. Tap /hjem to go on."


@pytest.fixture
def leader(db: AsyncSession, lise: MadePerson) -> Chat:
    return Chat(db, lise.telegram_id)


def link_in(reply: Reply) -> str:
    """The link that the reply gives to copy; its text and its QR code hold the same."""
    link = button(reply, "Copy").copy
    assert link is not None
    assert f"<code>{link}</code>" in reply.text
    (below,) = reply.then
    assert below == Reply(
        "The same link, to scan with a camera.",
        paper=Paper("heia.png", qr.picture(link), picture=True),
        fresh=True,
    )
    assert below.paper is not None
    assert below.paper.content.startswith(b"\x89PNG")
    return link


async def test_a_leader_chooses_the_kind_of_invitation(heia: MadeSchool, leader: Chat) -> None:
    assert labels(await leader.write("/inviter")) == [
        ["👤 One person"],
        ["🧑‍🏫 All who work here"],
        ["👪 Families of a class"],
        ["👥 Who has joined"],
        ["🏠 Home"],
    ]


async def test_a_personal_invitation_names_role_and_class_and_is_idempotent(
    db: AsyncSession, heia: MadeSchool, lise: MadePerson, leader: Chat
) -> None:
    roles = await leader.tap(await leader.write("/inviter"), "One person")
    assert labels(roles) == [
        ["Leader", "PALS team"],
        ["Staff", "Advisor"],
        ["School owner", "Family"],
        ["◀ Back"],
    ]
    classes = await leader.tap(roles, "Staff")
    assert labels(classes) == [["5B", "6A", "SFO"], ["They choose for themselves"], ["◀ Back"]]
    made = await leader.tap(classes, "6A")
    link = link_in(made)
    assert made.text.startswith(
        "👤 A link for <b>one person</b>: staff at Heia skole. It works once, until 16. november. "
        "Give it to that person only."
    )
    token = link.removeprefix("https://chat.example/pals?start=")
    invitation = await invitations.by_token(db, token)
    assert invitation is not None
    assert (
        invitation.school_id,
        invitation.kind,
        invitation.role,
        invitation.group_id,
        invitation.expires_at,
    ) == (
        heia.id,
        InvitationKind.PERSONAL,
        Role.STAFF,
        heia.groups["6A"],
        MONDAY + timedelta(days=14),
    )
    assert link_in(await leader.tap(classes, "6A")) == link, "a second tap makes no second link"
    assert [(a.action, a.person_id, a.ref) for a in await audit_log(db, heia.id)] == [
        ("invite.personal", lise.id, str(invitation.id))
    ]
    again = await leader.tap(await leader.tap(await leader.write("/inviter"), "One person"), "Advisor")
    assert link_in(again) != link


async def test_all_staff_share_an_invitation_until_it_is_renewed(
    db: AsyncSession, heia: MadeSchool, leader: Chat
) -> None:
    made = await leader.tap(await leader.write("/inviter"), "All who work here")
    first = link_in(made)
    assert labels(made) == [["📋 Copy the link"], ["🖨 To print", "🔄 New link"], ["◀ Back"]]
    assert link_in(await leader.tap(await leader.write("/inviter"), "All who work here")) == first
    asked = await leader.tap(made, "New link")
    assert labels(asked) == [["🔄 Make a new link"], ["◀ Back"]]
    second = link_in(await leader.tap(asked, "Make a new link"))
    assert second != first
    assert link_in(await leader.tap(asked, "Make a new link")) == second, "a second tap renews no further"
    newcomer = Chat(db, 901)
    assert (await newcomer.write_refused(f"/start {first.split('=')[1]}")).startswith(
        "Heia skole has made a new link"
    )
    assert (
        "A leader at the school says yes before you are in."
        in (await newcomer.write(f"/start {second.split('=')[1]}")).text
    )


async def test_each_class_has_an_invitation_for_its_families(
    db: AsyncSession, heia: MadeSchool, leader: Chat
) -> None:
    classes = await leader.tap(await leader.write("/inviter"), "Families")
    five, six = await leader.tap(classes, "5B"), await leader.tap(classes, "6A")
    assert five.text.startswith("👪 The link for <b>families of 5B</b>.")
    old = link_in(five)
    assert link_in(six) != old
    renewed = await leader.tap(await leader.tap(five, "New link"), "Make a new link")
    assert link_in(renewed) != old
    assert link_in(await leader.tap(classes, "6A")) == link_in(six), "the other class keeps its own"


async def test_the_poster_is_in_all_of_the_schools_languages(
    db: AsyncSession, heia: MadeSchool, leader: Chat
) -> None:
    made = await leader.tap(await leader.tap(await leader.write("/inviter"), "Families"), "5B")
    printed = await leader.tap(made, "To print")
    assert printed.paper is not None
    assert (printed.paper.name, printed.paper.picture, printed.fresh) == ("heia-5B.html", False, True)
    page = printed.paper.content.decode()
    assert [page.count(f'<p lang="{code}" dir="{way}">For families in 5B:') for code, way in LANGUAGES] == [
        1
    ] * 4
    assert page.count(qr.drawing(link_in(made))) == 1
    assert link_in(made) in page


LANGUAGES = (("nb", "ltr"), ("nn", "ltr"), ("en", "ltr"), ("ar", "rtl"))


async def test_who_has_joined_is_shown_as_counts(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, tor: MadePerson, amir: MadePerson, leader: Chat
) -> None:
    await make_person(db, heia, Role.FAMILY, ["5B", "6A"])
    await make_person(db, fjern, Role.FAMILY, ["5B"])
    shown = await leader.tap(await leader.write("/inviter"), "Who has joined")
    assert shown.text == (
        "👥 <b>Who has joined Heia skole</b>\n\n· leader: 1\n· staff: 1\n· family: 2\n\n"
        "Families of each class:\n· 5B: 2\n· 6A: 1\n· SFO: 0"
    )
    assert labels(shown) == [["🧑‍🏫 The adults"], ["◀ Back"]]


async def test_a_leader_removes_an_adult_after_confirming(
    db: AsyncSession,
    heia: MadeSchool,
    fjern: MadeSchool,
    lise: MadePerson,
    tor: MadePerson,
    amir: MadePerson,
    stranger_teacher: MadePerson,
    leader: Chat,
) -> None:
    adults = await leader.tap(
        await leader.tap(await leader.write("/inviter"), "Who has joined"), "The adults"
    )
    assert labels(adults) == [["Lise · leader"], ["Tor · staff"], ["◀ Back"]], "no family, and no stranger"
    asked = await leader.tap(adults, "Tor")
    assert labels(asked) == [["✖ Remove"], ["◀ Back"]]
    removed = await leader.tap(asked, "Remove")
    assert removed.text == "✖ <b>Tor</b> is removed."
    assert await leader.refused(asked, "Remove") == NOT_HERE
    assert await memberships.of_person(db, tor.id) == []
    assert (await Chat(db, tor.telegram_id).write_refused("/klasser")).startswith("I do not know you yet.")
    herself = await leader.tap(adults, "Lise")
    assert (herself.text, labels(herself)) == (
        "That is you. You leave the school under /mer.",
        [["◀ Back"]],
    )


async def test_the_list_of_adults_is_paginated(db: AsyncSession, heia: MadeSchool, leader: Chat) -> None:
    for number in range(20):
        await make_person(db, heia, Role.STAFF, name=f"Ansatt {number:02}")
    shown = await leader.tap(await leader.write("/inviter"), "Who has joined")
    first = await leader.tap(shown, "The adults")
    assert labels(first)[0] == ["Ansatt 00 · staff"]
    assert labels(first)[-2:] == [["▶"], ["◀ Back"]]
    second = await leader.tap(first, "▶")
    assert [row[0] for row in labels(second)] == [
        *(f"Ansatt {number} · staff" for number in range(15, 20)),
        "Lise · leader",
        "◀",
        "◀ Back",
    ]


async def test_only_a_leader_invites_and_only_for_their_own_school(
    db: AsyncSession,
    heia: MadeSchool,
    tor: MadePerson,
    amir: MadePerson,
    stranger_leader: MadePerson,
    leader: Chat,
) -> None:
    for person in (tor, amir):
        assert await Chat(db, person.telegram_id).write_refused("/inviter") == NOT_YOURS
    start = await leader.write("/inviter")
    classes = await leader.tap(start, "Families")
    adults = await leader.tap(await leader.tap(start, "Who has joined"), "The adults")
    asked = await leader.tap(adults, "Tor")
    made = await leader.tap(classes, "5B")
    renewal = await leader.tap(made, "New link")
    for reply, label in (
        (start, "All who work"),
        (classes, "5B"),
        (adults, "Tor"),
        (asked, "Remove"),
        (made, "print"),
        (renewal, "Make"),
    ):
        assert await Chat(db, tor.telegram_id).refused(reply, label) == NOT_YOURS
    stranger = Chat(db, stranger_leader.telegram_id)
    for reply, label in (
        (classes, "5B"),
        (adults, "Tor"),
        (asked, "Remove"),
        (made, "print"),
        (renewal, "Make"),
    ):
        assert await stranger.refused(reply, label) == NOT_HERE
    assert len(await memberships.of_role(db, heia.id, Role.STAFF)) == 1
    assert await invitations.current_family(db, stranger_leader.school_id, heia.groups["5B"]) is None


async def test_a_forged_token_creates_no_invitation(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, lise: MadePerson
) -> None:
    await invitations.create(db, fjern.id, InvitationKind.STAFF, Role.STAFF, "ansatt-lenke-fjern", now=MONDAY)
    for token in ("kort", "ansatt-lenke-fjern", "med mellomrom i seg"):
        with pytest.raises(Gone):
            await FEATURES.presses[InviteOne](
                await turn(db, lise.telegram_id), InviteOne(Role.LEADER, None, token)
            )
    family = InviteOne(Role.FAMILY, None, "familie-uten-klasse")
    with pytest.raises(Gone):
        await FEATURES.presses[InviteOne](await turn(db, lise.telegram_id), family)


async def test_the_longest_callback_data_fits_in_64_bytes(
    db: AsyncSession, heia: MadeSchool, leader: Chat
) -> None:
    longest = InviteOne(Role.ADVISOR, 2**53, "x" * 24)
    assert len(longest.pack().encode()) <= 64
    roles = await leader.tap(await leader.write("/inviter"), "One person")
    assert press(roles, "Advisor") is not None
