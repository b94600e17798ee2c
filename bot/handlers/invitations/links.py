"""Links to join: for one person, for all who work here, for the families of a group."""

from dataclasses import dataclass

from markupsafe import Markup

from bot.content import posters, qr
from bot.content.labels import ROLES
from bot.errors import Gone
from bot.handlers.button_rows import capital, in_rows
from bot.handlers.command_button import RunCommand
from bot.handlers.invitations import joined
from bot.i18n import CODES, language
from bot.press import Press
from bot.services import invitations
from bot.services.invitations import new_token
from bot.turn import Button, Paper, Reply, Turn
from pals.roles import May, Role
from pals.zone import to_wall
from storage import groups
from storage.invitations import InvitationRow

WITH_GROUP = frozenset({Role.STAFF, Role.TEAM, Role.FAMILY})


@dataclass(frozen=True)
class AskWhom(Press, tag="v0"):
    pass


@dataclass(frozen=True)
class AskRole(Press, tag="vq"):
    pass


@dataclass(frozen=True)
class AskInvitationGroup(Press, tag="vg"):
    role: Role


@dataclass(frozen=True)
class ForOne(Press, tag="v1"):
    """The link's token was chosen when the button was drawn: tapping twice makes one link."""

    role: Role
    group_id: int | None
    token: str


@dataclass(frozen=True)
class ForStaff(Press, tag="vs"):
    pass


@dataclass(frozen=True)
class AskFamilies(Press, tag="vf"):
    pass


@dataclass(frozen=True)
class ForFamilies(Press, tag="vk"):
    group_id: int


@dataclass(frozen=True)
class AskRenew(Press, tag="vn"):
    """None is the link for all staff, here and below."""

    group_id: int | None


@dataclass(frozen=True)
class Renew(Press, tag="vr"):
    group_id: int | None
    token: str


@dataclass(frozen=True)
class Print(Press, tag="vp"):
    group_id: int | None


async def ask_whom(turn: Turn, _press: AskWhom | None = None) -> Reply:
    turn.actor.must(May.INVITE)
    return Reply(
        turn.t("🔗 Whom would you like to invite?"),
        [
            [Button(turn.t("👤 One person"), AskRole())],
            [Button(turn.t("🧑‍🏫 All who work here"), ForStaff())],
            [Button(turn.t("👪 Families of a class"), AskFamilies())],
            [Button(turn.t("👥 Who has joined"), joined.ShowJoined())],
            [Button(turn.t("🏠 Home"), RunCommand("hjem"))],
        ],
    )


async def ask_role(turn: Turn, _press: AskRole) -> Reply:
    turn.actor.must(May.INVITE)
    buttons = [
        Button(
            capital(turn.t(ROLES[role])),
            AskInvitationGroup(role) if role in WITH_GROUP else ForOne(role, None, new_token()),
        )
        for role in Role
    ]
    return Reply(turn.t("👤 In which role?"), [*in_rows(buttons, 2), [_back(turn, AskWhom())]])


async def ask_group(turn: Turn, press: AskInvitationGroup) -> Reply:
    turn.actor.must(May.INVITE)
    buttons = [
        Button(g.name, ForOne(press.role, g.id, new_token()))
        for g in await groups.all_of(turn.db, turn.actor.school.id)
    ]
    rows = in_rows(buttons, 4)
    if press.role is not Role.FAMILY:
        rows.append([Button(turn.t("They choose for themselves"), ForOne(press.role, None, new_token()))])
    return Reply(turn.t("👤 Which class or group?"), [*rows, [_back(turn, AskRole())]])


async def for_one(turn: Turn, press: ForOne) -> Reply:
    turn.actor.must(May.INVITE)
    invite = await invitations.for_one(
        turn.db, turn.actor, press.role, press.group_id, token=press.token, now=turn.now
    )
    assert invite.expires_at is not None  # noqa: S101 - a personal link always ends
    until = to_wall(invite.expires_at, turn.actor.school.zone).date()
    said = turn.t(
        "👤 A link for <b>one person</b>: {role} at {school}. It works once, until {day}. "
        "Give it to that person only.",
        role=turn.t(ROLES[invite.role]),
        school=turn.actor.school.name,
        day=turn.language.day_of_month(until),
    )
    return _link(turn, invite, said, [[_back(turn, AskWhom())]])


async def for_staff(turn: Turn, _press: ForStaff) -> Reply:
    turn.actor.must(May.INVITE)
    return _staff(turn, await invitations.for_staff(turn.db, turn.actor, turn.now))


async def ask_families(turn: Turn, _press: AskFamilies) -> Reply:
    turn.actor.must(May.INVITE)
    buttons = [Button(g.name, ForFamilies(g.id)) for g in await groups.all_of(turn.db, turn.actor.school.id)]
    return Reply(turn.t("👪 Families of which class?"), [*in_rows(buttons, 4), [_back(turn, AskWhom())]])


async def for_families(turn: Turn, press: ForFamilies) -> Reply:
    turn.actor.must(May.INVITE)
    invite = await invitations.for_families(turn.db, turn.actor, press.group_id, turn.now)
    return await _families(turn, invite)


async def ask_renew(turn: Turn, press: AskRenew) -> Reply:
    turn.actor.must(May.INVITE)
    back = ForStaff() if press.group_id is None else ForFamilies(press.group_id)
    return Reply(
        turn.t(
            "🔄 Make a new link? The old one stops working at once, on paper too. "
            "Those who have joined stay as they are."
        ),
        [
            [Button(turn.t("🔄 Make a new link"), Renew(press.group_id, new_token()))],
            [_back(turn, back)],
        ],
    )


async def renew(turn: Turn, press: Renew) -> Reply:
    turn.actor.must(May.INVITE)
    invite = await invitations.renew(turn.db, turn.actor, press.group_id, token=press.token, now=turn.now)
    return _staff(turn, invite) if press.group_id is None else await _families(turn, invite)


async def print_out(turn: Turn, press: Print) -> Reply:
    """A page for the wall or the bag, in all of the school's languages."""
    turn.actor.must(May.INVITE)
    school = turn.actor.school
    if press.group_id is None:
        invite, group = await invitations.for_staff(turn.db, turn.actor, turn.now), None
    else:
        invite = await invitations.for_families(turn.db, turn.actor, press.group_id, turn.now)
        group = await _group_name(turn, press.group_id)
    spoken = [language(code) for code in school.languages if code in CODES] or [turn.language]
    page = posters.poster(spoken, school.name, group, turn.join_link(invite.token))
    name = f"{school.slug}-{group}.html" if group is not None else f"{school.slug}.html"
    return Reply(
        turn.t("🖨 Open the file and print it. It says what the code is for in all the school's languages."),
        paper=Paper(name, page),
        fresh=True,
    )


def _staff(turn: Turn, invite: InvitationRow) -> Reply:
    said = turn.t(
        "🧑‍🏫 The link for <b>all who work at {school}</b>. Show it in a meeting or hang it up in the staff room. "
        "You are asked about each one before they are in.",
        school=turn.actor.school.name,
    )
    return _link(turn, invite, said, _shared(turn, None, AskWhom()))


async def _families(turn: Turn, invite: InvitationRow) -> Reply:
    assert invite.group_id is not None  # noqa: S101 - families join by their group
    said = turn.t(
        "👪 The link for <b>families of {group}</b>. Send it the way you usually reach them, or print it. "
        "Whoever has it can join, so make a new one each school year.",
        group=await _group_name(turn, invite.group_id),
    )
    return _link(turn, invite, said, _shared(turn, invite.group_id, AskFamilies()))


async def _group_name(turn: Turn, group_id: int) -> str:
    group = await groups.by_id(turn.db, turn.actor.school.id, group_id)
    if group is None:
        raise Gone
    return group.name


def _shared(turn: Turn, group_id: int | None, back: Press) -> list[list[Button]]:
    return [
        [Button(turn.t("🖨 To print"), Print(group_id)), Button(turn.t("🔄 New link"), AskRenew(group_id))],
        [_back(turn, back)],
    ]


def _link(turn: Turn, invite: InvitationRow, said: Markup, rows: list[list[Button]]) -> Reply:
    """The link in words, and below it as a picture to scan."""
    link = turn.join_link(invite.token)
    picture = Paper(f"{turn.actor.school.slug}.png", qr.picture(link), picture=True)
    return Reply(
        said + Markup("\n\n<code>{}</code>").format(link),
        [[Button(turn.t("📋 Copy the link"), copy=link)], *rows],
        then=(Reply(turn.t("The same link, to scan with a camera."), paper=picture, fresh=True),),
    )


def _back(turn: Turn, press: Press) -> Button:
    return Button(turn.t("◀ Back"), press)
