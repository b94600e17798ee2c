"""Joining: a deep link -> what the invitation means -> Join -> active, or pending until a leader confirms.

    /start <token> -> show_invitation -> join -> active: the reply keyboard, classes for an adult, home
                        |                 |-> pending -> (a leader: confirm | decline) -> the answer
                        |-> ask_language -> show_invitation
    /start -> home, or the introduction

Opening a link stores nothing; Join does. A visitor who is not known yet has the chosen language in the button.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bot.content.templates import render
from bot.feature import Command, Feature
from bot.handlers import home
from bot.handlers.button_rows import class_picker, in_rows
from bot.handlers.command_button import command_button
from bot.handlers.shared_presses import SwitchRole
from bot.i18n import CODES, N_, language, negotiate
from bot.press import Press
from bot.services import invitations, joining, roles
from bot.services.invitations import Offer
from bot.services.joining import JOIN_ANSWERED, JOIN_REQUESTED, JoinOutcome
from bot.turn import Button, Letter, Reply, Turn
from pals.roles import STAFF_ROLES, May, Role
from storage import memberships
from storage.memberships import MembershipRow
from storage.tables import Standing

INVITED: Mapping[Role, str] = {
    Role.LEADER: N_("<b>{school}</b> invites you to lead its PALS work here."),
    Role.TEAM: N_("<b>{school}</b> invites you as a member of its PALS team."),
    Role.STAFF: N_("<b>{school}</b> invites you as one of the adults who work there."),
    Role.ADVISOR: N_("<b>{school}</b> invites you as an advisor who follows the school from outside."),
    Role.OWNER: N_("<b>{school}</b> invites you on behalf of the municipality that owns the school."),
    Role.FAMILY: N_("<b>{school}</b> invites you as a parent or guardian in <b>{group}</b>."),
}
MOST = 40  # pending requests in one list


class ShowInvitation(Press, tag="jo"):
    """The offer again, in the language `code`."""

    token: str
    code: str | None


class AskInvitationLanguage(Press, tag="jl"):
    token: str


class Join(Press, tag="jj"):
    token: str
    code: str | None


class Decide(Press, tag="jd"):
    """`asked_at` (seconds) tells this request from a later one of the same membership."""

    membership_id: int
    asked_at: int
    yes: bool


# --- the newcomer


async def start(turn: Turn) -> Reply:
    """/start, with or without the token of a deep link."""
    if turn.text:
        return await show_invitation(turn, ShowInvitation(turn.text, None))
    if turn.maybe_actor is None:
        return await home.show_home(turn)
    hello = turn.t("👋 Here I am. The keys below are always there.")
    return home.keyboard_reply(turn, turn.actor.role, hello, then=(await home.show_home(turn),))


async def show_invitation(turn: Turn, press: ShowInvitation) -> Reply:
    """What the invitation offers and what joining means, before anything is stored."""
    view = await joining.offer_view(turn.db, press.token, turn.person_id, turn.now)
    offer = view.offer
    turn = _in_language(turn, offer, press.code)
    if view.already is not None:
        return await _already(turn, view.already)
    text = render(
        turn.language,
        "offer",
        view=view,
        invited=INVITED[offer.invitation.role],
        school=offer.school.name,
        group=offer.group.name if offer.group is not None else "",
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
    turn = _in_language(turn, offer, press.code)
    outcome, membership = await joining.join(
        turn.db,
        turn.visitor,
        press.token,
        turn.language.code,
        turn.now,
        turn.features.kinds,
        language_chosen=press.code is not None,
    )
    match outcome:
        case JoinOutcome.ALREADY:
            return await _already(turn, membership)
        case JoinOutcome.WAITING | JoinOutcome.ALREADY_WAITING:
            return _pending(turn, offer.school.name)
        case JoinOutcome.SECOND_GROUP | JoinOutcome.JOINED | JoinOutcome.NEW_ROLE:
            return await _joined(turn, outcome, offer)


def _offered(offer: Offer) -> list[str]:
    """The school's languages that have a catalogue."""
    return [code for code in offer.school.languages if code in CODES]


def _in_language(turn: Turn, offer: Offer, code: str | None) -> Turn:
    """In the language just chosen, else the person's own, else the phone's if the school offers it."""
    if code is not None and code in _offered(offer):
        return replace(turn, language=language(code))
    if turn.person_id is not None:
        return turn
    return replace(turn, language=language(negotiate(turn.visitor.phone_language, offer.school.languages)))


async def _already(turn: Turn, membership: MembershipRow) -> Reply:
    if membership.standing is not Standing.ACTIVE:
        return _pending(turn, membership.school_name)
    actor = await roles.current_actor(turn.db, turn.visitor.telegram_id)
    line = turn.t(
        "You have joined <b>{school}</b> already. Nothing was changed.", school=membership.school_name
    )
    return Reply(line, then=(await home.home_card(turn, actor),) if actor is not None else ())


def _pending(turn: Turn, school: str) -> Reply:
    return Reply(
        turn.t(
            "⏳ Thank you. A leader at <b>{school}</b> has been asked to let you in. I write to you here as soon as "
            "they have answered; you need not do anything more.",
            school=school,
        ),
        [[command_button(turn, "mer")]],
    )


async def _joined(turn: Turn, outcome: JoinOutcome, offer: Offer) -> Reply:
    """The reply keyboard, then home; for an adult who is new in the role the class picker instead."""
    actor = await roles.current_actor(turn.db, turn.visitor.telegram_id)
    assert actor is not None  # noqa: S101 - the membership was made active in this transaction
    keyboard = home.keyboard_reply(turn, actor.role, turn.t("The keys below are always there."))
    if outcome is JoinOutcome.SECOND_GROUP and offer.group is not None:
        text = turn.t(
            "✅ <b>{group}</b> is added. You now follow more than one class.", group=offer.group.name
        )
    else:
        text = turn.t("✅ You have joined <b>{school}</b>.", school=actor.school.name)
        if actor.role in STAFF_ROLES:
            return Reply(text, then=(keyboard, await class_picker(turn.db, turn.language, actor)))
    return Reply(text, then=(keyboard, await home.home_card(turn, actor)))


# --- the leaders


async def compose_request(letter: Letter) -> Reply | None:
    """To each leader: a request to join. None when it is no longer pending."""
    row = await memberships.by_id(letter.db, letter.school.id, int(letter.ref))
    if row is None or row.standing is not Standing.PENDING or not letter.reader.may(May.CONFIRM):
        return None
    return Reply(
        letter.t(
            "🙋 <b>{name}</b> would like to join {school} as one of the adults who work there. "
            "That is the name on their phone. Do you know them?",
            name=row.name or "?",
            school=row.school_name,
        ),
        [
            [
                Button(letter.t("✅ Let in"), _decision(row, yes=True)),
                Button(letter.t("✖ Turn away"), _decision(row, yes=False)),
            ]
        ],
    )


async def show_requests(turn: Turn) -> Reply:
    """/venter: all pending requests, a row each."""
    turn.actor.must(May.CONFIRM)
    rows = await memberships.pending(turn.db, turn.school.id)
    if not rows:
        return Reply(turn.t("🙋 Nobody is waiting."), [[command_button(turn, "hjem")]])
    text = turn.n(
        "🙋 <b>{n} person would like to join.</b> The name is the one on their phone. Tap ✅ to let them in.",
        "🙋 <b>{n} people would like to join.</b> The names are those on their phones. Tap ✅ to let them in.",
        len(rows),
    )
    buttons = [
        [Button(f"✅ {m.name or '?'}", _decision(m, yes=True)), Button("✖", _decision(m, yes=False))]
        for m in rows[:MOST]
    ]
    return Reply(text, [*buttons, [command_button(turn, "hjem")]])


async def decide(turn: Turn, press: Decide) -> Reply:
    asked_at = datetime.fromtimestamp(press.asked_at, UTC)
    decision = await joining.decide(
        turn.db, turn.actor, press.membership_id, asked_at, press.yes, turn.now, turn.features.kinds
    )
    name = decision.name or turn.t("somebody")
    match decision.decided_before, decision.yes:
        case False, True:
            text = turn.t("✅ <b>{name}</b> is in, and has been told.", name=name)
        case False, False:
            text = turn.t(
                "✖ <b>{name}</b> was turned away, and is told kindly. The name is deleted.", name=name
            )
        case True, True:
            text = turn.t("✅ <b>{name}</b> was let in before you tapped. Nothing was changed.", name=name)
        case _:
            text = turn.t("✖ They were turned away before you tapped. Nothing was changed.")
    return Reply(text, [[command_button(turn, "venter"), command_button(turn, "hjem")]])


async def compose_answer(letter: Letter) -> Reply | None:
    """To the one who requested: confirmed or declined. None when the membership has ended."""
    row = await memberships.by_id(letter.db, letter.school.id, int(letter.ref))
    if row is None:
        return None
    if row.standing is not Standing.ACTIVE:
        return Reply(
            letter.t(
                "<b>{school}</b> has not let you in by this link. If you work there, speak with a leader and open "
                "the link once more. You can have everything about you deleted under /mer.",
                school=row.school_name,
            )
        )
    actor = await roles.current_actor(letter.db, letter.reader.telegram_id)
    line = letter.t("✅ <b>{school}</b> has let you in. Welcome.", school=row.school_name)
    if actor is None or actor.membership_id != letter.reader.membership_id:
        return Reply(line, [[Button(letter.t("⇄ Go there"), SwitchRole(row.id))]])
    picker = await class_picker(letter.db, letter.language, letter.reader)
    return home.keyboard_reply(letter, row.role, line, then=(picker,))


def _decision(row: MembershipRow, *, yes: bool) -> Decide:
    return Decide(row.id, int(row.created_at.timestamp()), yes)


FEATURE = Feature(
    commands=[
        Command("start", start, reads=True),
        Command("venter", show_requests, button=N_("🙋 Who is waiting"), reads=True),
    ],
    presses={Join: join, Decide: decide},
    reads={ShowInvitation: show_invitation, AskInvitationLanguage: ask_language},
    messages={JOIN_REQUESTED: compose_request, JOIN_ANSWERED: compose_answer},
)
