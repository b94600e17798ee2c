"""Joining: a link -> what it means -> Join -> in, or waiting for a leader's yes.

    /start <token> -> offer -> join -> in: the keys, classes for an adult, home
                        |       |-> waiting -> (a leader: confirm | decline) -> told what they said
                        |-> ask_language -> offer
    /start -> home, or who the bot is

A link opened enrols nobody: the tap on Join does. Whoever is not known yet carries their language in the button.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.content.templates import render
from bot.handlers import home, roles
from bot.handlers.go import Go
from bot.handlers.layout import in_rows
from bot.handlers.more import classes
from bot.language import CODES, N_, known, language
from bot.press import Press
from bot.services import invitations, joining
from bot.services.invitations import Offer, UsedLink
from bot.services.joining import Came, Joined
from bot.services.outbox import Errand
from bot.turn import Button, Letter, Reply, Turn
from pals.roles import STAFF_ROLES, May, Role
from storage import memberships, people
from storage.memberships import MembershipRow
from storage.tables import InviteKind, Standing

INVITED: Mapping[Role, str] = {
    Role.LEADER: N_("<b>{school}</b> invites you to lead its PALS work here."),
    Role.TEAM: N_("<b>{school}</b> invites you as a member of its PALS team."),
    Role.STAFF: N_("<b>{school}</b> invites you as one of the adults who work there."),
    Role.ADVISOR: N_("<b>{school}</b> invites you as an advisor who follows the school from outside."),
    Role.OWNER: N_("<b>{school}</b> invites you on behalf of the municipality that owns the school."),
    Role.FAMILY: N_("<b>{school}</b> invites you as a parent or guardian in <b>{group}</b>."),
}


@dataclass(frozen=True)
class Show(Press, tag="jo"):
    """The offer again, in the language `code`."""

    token: str
    code: str | None


@dataclass(frozen=True)
class AskLanguage(Press, tag="jl"):
    token: str


@dataclass(frozen=True)
class Join(Press, tag="jj"):
    token: str
    code: str | None


@dataclass(frozen=True)
class Decide(Press, tag="jd"):
    """`asked_at` (seconds) tells one asking from another that came to have the same number."""

    membership_id: int
    asked_at: int
    yes: bool


async def start(turn: Turn) -> Reply:
    """/start, with or without what a link brought along."""
    if turn.text:
        return await show(turn, Show(turn.text, None))
    if turn.somebody is None:
        return await home.show(turn)
    hello = turn.t("👋 Here I am. The keys below are always there.")
    return home.keys(turn.language, turn.actor.role, hello, then=(await home.show(turn),))


async def show(turn: Turn, press: Show) -> Reply:
    """What the link offers and what it means, before anything is stored."""
    offer = await invitations.look(turn.db, press.token, turn.now)
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
        confirmed_by_leader=offer.invite.kind is InviteKind.STAFF,
    )
    return Reply(
        text,
        [
            [Button(turn.t("✅ Join"), Join(press.token, press.code))],
            [Button(turn.t("🌍 Another language"), AskLanguage(press.token))],
        ],
    )


async def ask_language(turn: Turn, press: AskLanguage) -> Reply:
    offer = await invitations.look(turn.db, press.token, turn.now)
    buttons = [Button(language(code).name, Show(press.token, code)) for code in _offered(offer)]
    return Reply(turn.t("🌍 Which language would you like?"), in_rows(buttons, 2))


async def join(turn: Turn, press: Join) -> Reply:
    offer = await invitations.look(turn.db, press.token, turn.now)
    turn = _speaking(turn, offer, press.code)
    joined = await joining.join(
        turn.db,
        turn.visitor,
        press.token,
        turn.language.code,
        turn.now,
        language_chosen=press.code is not None,
    )
    match joined.came:
        case Came.ALREADY:
            return await _already(turn, joined.membership)
        case Came.WAITING | Came.ALREADY_WAITING:
            return _waiting(turn, offer.school.name)
        case Came.SECOND_GROUP:
            return await _second_group(turn, joined)
        case Came.JOINED | Came.NEW_ROLE:
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
    return replace(turn, language=language(known(turn.visitor.phone_language, offer.school.languages)))


async def _already(turn: Turn, membership: MembershipRow) -> Reply:
    if membership.standing is not Standing.ACTIVE:
        return _waiting(turn, membership.school_name)
    actor = await joining.acting(turn.db, turn.visitor.telegram_id)
    line = turn.t(
        "You have joined <b>{school}</b> already. Nothing was changed.", school=membership.school_name
    )
    if actor is None:
        return Reply(line)
    card = await home.card(turn.db, turn.language, actor, turn.now)
    return Reply(line, then=(card,))


def _waiting(turn: Turn, school: str) -> Reply:
    return Reply(
        turn.t(
            "⏳ Thank you. A leader at <b>{school}</b> has been asked to let you in. I write to you here as soon as "
            "they have answered; you need not do anything more.",
            school=school,
        ),
        [[Button(turn.t("☰ More"), Go("mer"))]],
    )


async def _second_group(turn: Turn, joined: Joined) -> Reply:
    group = joined.offer.group
    assert group is not None  # noqa: S101 - it is what was added
    actor = await joining.acting(turn.db, turn.visitor.telegram_id)
    assert actor is not None  # noqa: S101 - they have just been given a role
    line = turn.t("✅ <b>{group}</b> is added. You now follow more than one class.", group=group.name)
    keys = home.keys(turn.language, actor.role, turn.t("The keys below are always there."))
    return Reply(line, then=(keys, await home.card(turn.db, turn.language, actor, turn.now)))


async def _in(turn: Turn, joined: Joined) -> Reply:
    """In: what comes next, the keys, and for an adult which classes are theirs."""
    actor = await joining.acting(turn.db, turn.visitor.telegram_id)
    assert actor is not None  # noqa: S101 - they have just been given a role
    line = turn.t("✅ You have joined <b>{school}</b>.", school=actor.school.name)
    keys = home.keys(turn.language, actor.role, turn.t("The keys below are always there."))
    if actor.role in STAFF_ROLES:
        return Reply(line, then=(keys, await classes.card(turn.db, turn.language, actor)))
    return Reply(line, then=(keys, await home.card(turn.db, turn.language, actor, turn.now)))


# --- a leader decides


async def asked(letter: Letter) -> Reply | None:
    """To each leader: somebody would like to be let in."""
    row = await memberships.one(letter.db, letter.reader.school.id, int(letter.ref))
    if row is None or row.standing is not Standing.ASKED or not letter.reader.may(May.CONFIRM):
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
                Button(letter.t("✅ Let in"), _decide(row, yes=True)),
                Button(letter.t("✖ Turn away"), _decide(row, yes=False)),
            ]
        ],
    )


async def waiting(turn: Turn) -> Reply:
    """Everybody who waits for a yes, a row each."""
    turn.actor.must(May.CONFIRM)
    rows = await memberships.asked(turn.db, turn.actor.school.id)
    if not rows:
        return Reply(turn.t("🙋 Nobody is waiting."), [[_home(turn)]])
    text = turn.n(
        "🙋 <b>{n} person would like to join.</b> The name is the one on their phone. Tap ✅ to let them in.",
        "🙋 <b>{n} people would like to join.</b> The names are those on their phones. Tap ✅ to let them in.",
        len(rows),
    )
    buttons = [
        [Button(f"✅ {m.name or '?'}", _decide(m, yes=True)), Button("✖", _decide(m, yes=False))]
        for m in rows[:40]
    ]
    return Reply(text, [*buttons, [_home(turn)]])


async def decide(turn: Turn, press: Decide) -> Reply:
    turn.actor.must(May.CONFIRM)
    asked_at = datetime.fromtimestamp(press.asked_at, UTC)
    decided = await joining.decide(turn.db, turn.actor, press.membership_id, asked_at, press.yes, turn.now)
    name = decided.name or turn.t("somebody")
    match decided.before, decided.yes:
        case False, True:
            said = turn.t("✅ <b>{name}</b> is in, and has been told.", name=name)
        case False, False:
            said = turn.t(
                "✖ <b>{name}</b> was turned away, and is told kindly. The name is deleted.", name=name
            )
        case True, True:
            said = turn.t("✅ <b>{name}</b> was let in before you tapped. Nothing was changed.", name=name)
        case _:
            said = turn.t("✖ They were turned away before you tapped. Nothing was changed.")
    return Reply(said, [[Button(turn.t("🙋 Who is waiting"), Go("venter")), _home(turn)]])


async def answered(letter: Letter) -> Reply | None:
    """To whoever asked: what the school said."""
    row = await memberships.one(letter.db, letter.reader.school.id, int(letter.ref))
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
    acts = await joining.acting(letter.db, letter.reader.telegram_id)
    line = letter.t("✅ <b>{school}</b> has let you in. Welcome.", school=row.school_name)
    if acts is None or acts.membership_id != letter.reader.membership_id:
        return Reply(line, [[Button(letter.t("⇄ Go there"), roles.Switch(row.id))]])
    keys = home.keys(letter.language, row.role, line)
    return replace(keys, then=(await classes.card(letter.db, letter.language, letter.reader),))


def _decide(row: MembershipRow, *, yes: bool) -> Decide:
    return Decide(row.id, int(row.created_at.timestamp()), yes)


def _home(turn: Turn) -> Button:
    return Button(turn.t("🏠 Home"), Go("hjem"))


COMMANDS = {"start": start, "venter": waiting}
PRESSES = {Show: show, AskLanguage: ask_language, Join: join, Decide: decide}
LETTERS = {Errand.JOIN_ASKED: asked, Errand.JOIN_ANSWERED: answered}
