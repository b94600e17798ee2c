"""Invitations: for whom? -> the link, to copy, to scan and to print.

/inviter -> ask_whom -> one person: role -> group -> link
              |-> all staff -> link -> print | renew (after a question)
              |-> families: group -> link -> print | renew (after a question)
              |-> who has joined (`joined`)
"""

from markupsafe import Markup

from bot.content import posters, qr
from bot.content.labels import ROLES
from bot.errors import existing
from bot.feature import Command, Feature
from bot.handlers.button_rows import back_button, capital, in_rows
from bot.handlers.command_button import command_button
from bot.handlers.shared_presses import ShowJoined
from bot.i18n import CODES, N_, language
from bot.press import Press
from bot.services import invitations
from bot.services.invitations import new_token
from bot.turn import Button, Paper, Reply, Turn
from pals.roles import May, Role
from pals.zone import to_wall
from storage import groups
from storage.invitations import InvitationRow

WITH_GROUP = frozenset({Role.STAFF, Role.TEAM, Role.FAMILY})


class AskWhom(Press, tag="v0"):
    pass


class AskRole(Press, tag="vq"):
    pass


class AskInvitationGroup(Press, tag="vg"):
    role: Role


class InviteOne(Press, tag="v1"):
    """`token` is that of the invitation it creates, so that the tap is idempotent."""

    role: Role
    group_id: int | None
    token: str


class InviteStaff(Press, tag="vs"):
    pass


class AskFamilies(Press, tag="vf"):
    pass


class InviteFamilies(Press, tag="vk"):
    group_id: int


class AskRenew(Press, tag="vn"):
    """None is the invitation for all staff, here and below."""

    group_id: int | None


class Renew(Press, tag="vr"):
    group_id: int | None
    token: str


class PrintPoster(Press, tag="vp"):
    group_id: int | None


async def ask_whom(turn: Turn, _press: AskWhom | None = None) -> Reply:
    turn.actor.must(May.INVITE)
    return Reply(
        turn.t("🔗 Whom would you like to invite?"),
        [
            [Button(turn.t("👤 One person"), AskRole())],
            [Button(turn.t("🧑‍🏫 All who work here"), InviteStaff())],
            [Button(turn.t("👪 Families of a class"), AskFamilies())],
            [Button(turn.t("👥 Who has joined"), ShowJoined())],
            [command_button(turn, "hjem")],
        ],
    )


async def ask_role(turn: Turn, _press: AskRole) -> Reply:
    turn.actor.must(May.INVITE)
    buttons = [
        Button(
            capital(turn.t(ROLES[role])),
            AskInvitationGroup(role) if role in WITH_GROUP else InviteOne(role, None, new_token()),
        )
        for role in Role
    ]
    return Reply(turn.t("👤 In which role?"), [*in_rows(buttons, 2), [back_button(turn, AskWhom())]])


async def ask_group(turn: Turn, press: AskInvitationGroup) -> Reply:
    turn.actor.must(May.INVITE)
    buttons = [
        Button(g.name, InviteOne(press.role, g.id, new_token()))
        for g in await groups.all_of(turn.db, turn.school.id)
    ]
    rows = in_rows(buttons, 4)
    if press.role is not Role.FAMILY:
        rows.append([Button(turn.t("They choose for themselves"), InviteOne(press.role, None, new_token()))])
    return Reply(turn.t("👤 Which class or group?"), [*rows, [back_button(turn, AskRole())]])


async def invite_one(turn: Turn, press: InviteOne) -> Reply:
    invitation = await invitations.invite_one(
        turn.db, turn.actor, press.role, press.group_id, token=press.token, now=turn.now
    )
    assert invitation.expires_at is not None  # noqa: S101 - a personal invitation always expires
    until = to_wall(invitation.expires_at, turn.school.zone).date()
    text = turn.t(
        "👤 A link for <b>one person</b>: {role} at {school}. It works once, until {day}. "
        "Give it to that person only.",
        role=turn.t(ROLES[invitation.role]),
        school=turn.school.name,
        day=turn.language.day_of_month(until),
    )
    return _link_reply(turn, invitation, text, [[back_button(turn, AskWhom())]])


async def invite_staff(turn: Turn, _press: InviteStaff) -> Reply:
    return await _shared_reply(turn, await invitations.invite_many(turn.db, turn.actor, None, turn.now))


async def ask_families(turn: Turn, _press: AskFamilies) -> Reply:
    turn.actor.must(May.INVITE)
    buttons = [Button(g.name, InviteFamilies(g.id)) for g in await groups.all_of(turn.db, turn.school.id)]
    return Reply(
        turn.t("👪 Families of which class?"), [*in_rows(buttons, 4), [back_button(turn, AskWhom())]]
    )


async def invite_families(turn: Turn, press: InviteFamilies) -> Reply:
    invitation = await invitations.invite_many(turn.db, turn.actor, press.group_id, turn.now)
    return await _shared_reply(turn, invitation)


async def ask_renew(turn: Turn, press: AskRenew) -> Reply:
    turn.actor.must(May.INVITE)
    back = InviteStaff() if press.group_id is None else InviteFamilies(press.group_id)
    return Reply(
        turn.t(
            "🔄 Make a new link? The old one stops working at once, on paper too. "
            "Those who have joined stay as they are."
        ),
        [
            [Button(turn.t("🔄 Make a new link"), Renew(press.group_id, new_token()))],
            [back_button(turn, back)],
        ],
    )


async def renew(turn: Turn, press: Renew) -> Reply:
    invitation = await invitations.renew(turn.db, turn.actor, press.group_id, token=press.token, now=turn.now)
    return await _shared_reply(turn, invitation)


async def print_poster(turn: Turn, press: PrintPoster) -> Reply:
    """An HTML page with the QR code, in all of the school's languages."""
    school = turn.school
    invitation = await invitations.invite_many(turn.db, turn.actor, press.group_id, turn.now)
    group = await _group_name(turn, press.group_id) if press.group_id is not None else None
    languages = [language(code) for code in school.languages if code in CODES] or [turn.language]
    page = posters.poster(languages, school.name, group, turn.join_link(invitation.token))
    name = f"{school.slug}-{group}.html" if group is not None else f"{school.slug}.html"
    return Reply(
        turn.t("🖨 Open the file and print it. It says what the code is for in all the school's languages."),
        paper=Paper(name, page),
        fresh=True,
    )


async def _shared_reply(turn: Turn, invitation: InvitationRow) -> Reply:
    """The link for all staff, or for the families of a group."""
    group_id = invitation.group_id
    if group_id is None:
        text = turn.t(
            "🧑‍🏫 The link for <b>all who work at {school}</b>. Show it in a meeting or hang it up in the staff "
            "room. You are asked about each one before they are in.",
            school=turn.school.name,
        )
    else:
        text = turn.t(
            "👪 The link for <b>families of {group}</b>. Send it the way you usually reach them, or print it. "
            "Whoever has it can join, so make a new one each school year.",
            group=await _group_name(turn, group_id),
        )
    print_and_renew = [
        Button(turn.t("🖨 To print"), PrintPoster(group_id)),
        Button(turn.t("🔄 New link"), AskRenew(group_id)),
    ]
    back = back_button(turn, AskWhom() if group_id is None else AskFamilies())
    return _link_reply(turn, invitation, text, [print_and_renew, [back]])


async def _group_name(turn: Turn, group_id: int) -> str:
    return existing(await groups.by_id(turn.db, turn.school.id, group_id)).name


def _link_reply(turn: Turn, invitation: InvitationRow, text: Markup, rows: list[list[Button]]) -> Reply:
    """The link to copy, and in a second message its QR code."""
    link = turn.join_link(invitation.token)
    picture = Paper(f"{turn.school.slug}.png", qr.picture(link), picture=True)
    return Reply(
        text + Markup("\n\n<code>{}</code>").format(link),
        [[Button(turn.t("📋 Copy the link"), copy=link)], *rows],
        then=(Reply(turn.t("The same link, to scan with a camera."), paper=picture, fresh=True),),
    )


FEATURE = Feature(
    commands=[
        Command(
            "inviter",
            ask_whom,
            does=N_("Links and QR codes to join"),
            button=N_("🔗 Invite"),
            home=60,
            may=May.INVITE,
            reads=True,
        )
    ],
    presses={
        InviteOne: invite_one,
        InviteStaff: invite_staff,
        InviteFamilies: invite_families,
        Renew: renew,
        PrintPoster: print_poster,
    },
    reads={
        AskWhom: ask_whom,
        AskRole: ask_role,
        AskInvitationGroup: ask_group,
        AskFamilies: ask_families,
        AskRenew: ask_renew,
    },
)
