"""Those who used the staff link wait for a leader's yes: who asks, what was decided, and telling them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.handlers import home
from bot.handlers.class_picker import class_picker
from bot.handlers.command_button import RunCommand
from bot.handlers.shared_presses import SwitchRole
from bot.press import Press
from bot.services import joining
from bot.services import roles as current
from bot.turn import Button, Letter, Reply, Turn
from pals.roles import May
from storage import memberships
from storage.memberships import MembershipRow
from storage.tables import Standing


@dataclass(frozen=True)
class Decide(Press, tag="jd"):
    """`asked_at` (seconds) tells one asking from another that came to have the same number."""

    membership_id: int
    asked_at: int
    yes: bool


async def compose_request(letter: Letter) -> Reply | None:
    """To each leader: somebody would like to be let in."""
    row = await memberships.by_id(letter.db, letter.reader.school.id, int(letter.ref))
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
                Button(letter.t("✅ Let in"), _decide(row, yes=True)),
                Button(letter.t("✖ Turn away"), _decide(row, yes=False)),
            ]
        ],
    )


async def waiting(turn: Turn) -> Reply:
    """Everybody who waits for a yes, a row each."""
    turn.actor.must(May.CONFIRM)
    rows = await memberships.pending(turn.db, turn.actor.school.id)
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
    decided = await joining.decide(
        turn.db, turn.actor, press.membership_id, asked_at, press.yes, turn.now, turn.features.kinds
    )
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
    return Reply(said, [[Button(turn.t("🙋 Who is waiting"), RunCommand("venter")), _home(turn)]])


async def compose_answer(letter: Letter) -> Reply | None:
    """To whoever asked: what the school said."""
    row = await memberships.by_id(letter.db, letter.reader.school.id, int(letter.ref))
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
    acts = await current.current_actor(letter.db, letter.reader.telegram_id)
    line = letter.t("✅ <b>{school}</b> has let you in. Welcome.", school=row.school_name)
    if acts is None or acts.membership_id != letter.reader.membership_id:
        return Reply(line, [[Button(letter.t("⇄ Go there"), SwitchRole(row.id))]])
    keys = home.keys(letter, row.role, line)
    return replace(keys, then=(await class_picker(letter.db, letter.language, letter.reader),))


def _decide(row: MembershipRow, *, yes: bool) -> Decide:
    return Decide(row.id, int(row.created_at.timestamp()), yes)


def _home(turn: Turn) -> Button:
    return Button(turn.t("🏠 Home"), RunCommand("hjem"))
