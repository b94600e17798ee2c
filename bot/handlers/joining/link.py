"""A link: what it offers, in which language, and the tap that joins."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.content.templates import render
from bot.handlers import home
from bot.handlers.button_rows import in_rows
from bot.handlers.class_picker import class_picker
from bot.handlers.command_button import RunCommand
from bot.i18n import CODES, N_, language, negotiate
from bot.press import Press
from bot.services import invitations, joining, roles
from bot.services.invitations import Offer, UsedLink
from bot.services.joining import JoinOutcome, JoinResult
from bot.turn import Button, Reply, Turn
from pals.roles import STAFF_ROLES, Role
from storage import people
from storage.memberships import MembershipRow
from storage.tables import InvitationKind, Standing

INVITED: Mapping[Role, str] = {
    Role.LEADER: N_("<b>{school}</b> invites you to lead its PALS work here."),
    Role.TEAM: N_("<b>{school}</b> invites you as a member of its PALS team."),
    Role.STAFF: N_("<b>{school}</b> invites you as one of the adults who work there."),
    Role.ADVISOR: N_("<b>{school}</b> invites you as an advisor who follows the school from outside."),
    Role.OWNER: N_("<b>{school}</b> invites you on behalf of the municipality that owns the school."),
    Role.FAMILY: N_("<b>{school}</b> invites you as a parent or guardian in <b>{group}</b>."),
}


@dataclass(frozen=True)
class ShowInvitation(Press, tag="jo"):
    """The offer again, in the language `code`."""

    token: str
    code: str | None


@dataclass(frozen=True)
class AskInvitationLanguage(Press, tag="jl"):
    token: str


@dataclass(frozen=True)
class Join(Press, tag="jj"):
    token: str
    code: str | None


async def start(turn: Turn) -> Reply:
    """/start, with or without what a link brought along."""
    if turn.text:
        return await show_invitation(turn, ShowInvitation(turn.text, None))
    if turn.maybe_actor is None:
        return await home.show_home(turn)
    hello = turn.t("👋 Here I am. The keys below are always there.")
    return home.keys(turn, turn.actor.role, hello, then=(await home.show_home(turn),))


async def show_invitation(turn: Turn, press: ShowInvitation) -> Reply:
    """What the link offers and what it means, before anything is stored."""
    offer = await invitations.find_offer(turn.db, press.token, turn.now)
    turn = _speaking(turn, offer, press.code)
    own = await people.memberships(turn.db, turn.person_id) if turn.person_id is not None else []
    here = [m for m in own if m.school_id == offer.school.id and m.role == offer.invite.role]
    if offer.invite.used_at is not None:
        if not here:
            raise UsedLink(offer.school.name)
        return await _already(turn, here[0])
    active = {m.school_name for m in own if m.standing is Standing.ACTIVE}
    text = render(
        turn.language,
        "offer",
        elsewhere=sorted(active) if offer.school.name not in active else [],
        invited=INVITED[offer.invite.role],
        school=offer.school.name,
        group=offer.group.name if offer.group is not None else "",
        role=offer.invite.role,
        confirmed_by_leader=offer.invite.kind is InvitationKind.STAFF,
    )
    return Reply(
        text,
        [
            [Button(turn.t("✅ Join"), Join(press.token, press.code))],
            [Button(turn.t("🌍 Another language"), AskInvitationLanguage(press.token))],
        ],
    )


async def ask_language(turn: Turn, press: AskInvitationLanguage) -> Reply:
    offer = await invitations.find_offer(turn.db, press.token, turn.now)
    buttons = [Button(language(code).name, ShowInvitation(press.token, code)) for code in _offered(offer)]
    return Reply(turn.t("🌍 Which language would you like?"), in_rows(buttons, 2))


async def join(turn: Turn, press: Join) -> Reply:
    offer = await invitations.find_offer(turn.db, press.token, turn.now)
    turn = _speaking(turn, offer, press.code)
    joined = await joining.join(
        turn.db,
        turn.visitor,
        press.token,
        turn.language.code,
        turn.now,
        turn.features.kinds,
        language_chosen=press.code is not None,
    )
    match joined.came:
        case JoinOutcome.ALREADY:
            return await _already(turn, joined.membership)
        case JoinOutcome.WAITING | JoinOutcome.ALREADY_WAITING:
            return _waiting(turn, offer.school.name)
        case JoinOutcome.SECOND_GROUP:
            return await _second_group(turn, joined)
        case JoinOutcome.JOINED | JoinOutcome.NEW_ROLE:
            return await _in(turn, joined)


def _offered(offer: Offer) -> list[str]:
    """The school's languages that the bot speaks."""
    return [code for code in offer.school.languages if code in CODES]


def _speaking(turn: Turn, offer: Offer, code: str | None) -> Turn:
    """In the language just chosen, else the person's own, else the phone's if the school offers it."""
    if code is not None and code in _offered(offer):
        return replace(turn, language=language(code))
    if turn.person_id is not None:
        return turn
    return replace(turn, language=language(negotiate(turn.visitor.phone_language, offer.school.languages)))


async def _already(turn: Turn, membership: MembershipRow) -> Reply:
    if membership.standing is not Standing.ACTIVE:
        return _waiting(turn, membership.school_name)
    actor = await roles.current_actor(turn.db, turn.visitor.telegram_id)
    line = turn.t(
        "You have joined <b>{school}</b> already. Nothing was changed.", school=membership.school_name
    )
    if actor is None:
        return Reply(line)
    card = await home.card(turn, actor)
    return Reply(line, then=(card,))


def _waiting(turn: Turn, school: str) -> Reply:
    return Reply(
        turn.t(
            "⏳ Thank you. A leader at <b>{school}</b> has been asked to let you in. I write to you here as soon as "
            "they have answered; you need not do anything more.",
            school=school,
        ),
        [[Button(turn.t("☰ More"), RunCommand("mer"))]],
    )


async def _second_group(turn: Turn, joined: JoinResult) -> Reply:
    group = joined.offer.group
    assert group is not None  # noqa: S101 - it is what was added
    actor = await roles.current_actor(turn.db, turn.visitor.telegram_id)
    assert actor is not None  # noqa: S101 - they have just been given a role
    line = turn.t("✅ <b>{group}</b> is added. You now follow more than one class.", group=group.name)
    keys = home.keys(turn, actor.role, turn.t("The keys below are always there."))
    return Reply(line, then=(keys, await home.card(turn, actor)))


async def _in(turn: Turn, joined: JoinResult) -> Reply:
    """In: what comes next, the keys, and for an adult which classes are theirs."""
    actor = await roles.current_actor(turn.db, turn.visitor.telegram_id)
    assert actor is not None  # noqa: S101 - they have just been given a role
    line = turn.t("✅ You have joined <b>{school}</b>.", school=actor.school.name)
    keys = home.keys(turn, actor.role, turn.t("The keys below are always there."))
    if actor.role in STAFF_ROLES:
        return Reply(line, then=(keys, await class_picker(turn.db, turn.language, actor)))
    return Reply(line, then=(keys, await home.card(turn, actor)))
