"""The actor of a tap: the current role, or the role that the pressed letter was sent to."""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.channels.turns import turn_of
from bot.turn import Turn, Visitor
from pals.roles import Role
from storage import people
from storage.tables import Delivery, DeliveryStatus, Occurrence, OccurrenceStatus
from tests.support.databases import statements_on
from tests.support.features import FEATURES
from tests.support.people import MadePerson, MadeSchool, join
from tests.support.turns import MONDAY, turn

LETTER = 57


async def letter_to(db: AsyncSession, school: MadeSchool, person_id: int, membership_id: int) -> None:
    """A delivered letter with message id `LETTER` in the person's chat."""
    occurrence = Occurrence(
        school_id=school.id,
        kind="prompt",
        ref="2026-W45",
        slot="",
        due_at=MONDAY,
        too_late_at=MONDAY,
        status=OccurrenceStatus.PLANNED,
        planned_at=MONDAY,
    )
    db.add(occurrence)
    await db.flush()
    assert occurrence.id is not None
    db.add(
        Delivery(
            school_id=school.id,
            occurrence_id=occurrence.id,
            person_id=person_id,
            membership_id=membership_id,
            due_at=MONDAY,
            status=DeliveryStatus.SENT,
            message_id=LETTER,
        )
    )
    await db.flush()


async def pressed(db: AsyncSession, telegram_id: int, message: int) -> tuple[Turn, int]:
    """The turn of a press on that message, and how many SQL statements resolving it took."""
    visitor = Visitor(telegram_id, "Somebody", "en")
    with statements_on(db) as seen:
        turn = await turn_of(db, MONDAY, FEATURES, visitor, message, MONDAY, pressed=message)
    return turn, len([statement for statement in seen if not statement.startswith("BEGIN")])


async def test_a_person_with_one_role_costs_one_statement(
    db: AsyncSession, heia: MadeSchool, greet: MadePerson
) -> None:
    await letter_to(db, heia, greet.id, greet.membership_id)
    turn, statements = await pressed(db, greet.telegram_id, LETTER)
    assert (turn.actor.membership_id, statements) == (greet.membership_id, 1)


async def test_a_person_with_two_roles_acts_in_the_letters_role_for_this_turn_only(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson
) -> None:
    at_fjern, _ = await join(db, greet.id, fjern, Role.FAMILY)
    await letter_to(db, fjern, greet.id, at_fjern)
    turn, statements = await pressed(db, greet.telegram_id, LETTER)
    assert (turn.actor.membership_id, turn.actor.role, turn.actor.school.id, statements) == (
        at_fjern,
        Role.FAMILY,
        fjern.id,
        2,
    )
    turn, _ = await pressed(db, greet.telegram_id, LETTER + 1)
    assert turn.actor.membership_id == greet.membership_id
    person = await people.by_telegram(db, greet.telegram_id)
    assert person is not None
    assert person.membership_id == greet.membership_id


async def test_a_forged_message_id_of_another_persons_letter_changes_nothing(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, greet: MadePerson, stranger_teacher: MadePerson
) -> None:
    await join(db, greet.id, fjern, Role.LEADER)
    await letter_to(db, fjern, stranger_teacher.id, stranger_teacher.membership_id)
    turn, _ = await pressed(db, greet.telegram_id, LETTER)
    assert (turn.actor.membership_id, turn.actor.school.id) == (greet.membership_id, heia.id)


async def test_a_press_tells_that_the_person_was_believed_to_have_blocked_the_bot(
    db: AsyncSession, greet: MadePerson, stranger_teacher: MadePerson
) -> None:
    await people.set_reachable(db, greet.telegram_id, False)
    turns = [await turn(db, who.telegram_id) for who in (greet, stranger_teacher)]
    assert [made.unreachable for made in turns] == [True, False]


async def test_the_idempotency_key_knows_account_message_and_time(
    db: AsyncSession, greet: MadePerson, stranger_teacher: MadePerson
) -> None:
    """Another bot, or a chat server that lost its memory, counts messages from the beginning again."""

    async def key(who: MadePerson, message: int, sent_at: datetime, now: datetime) -> str:
        visitor = Visitor(who.telegram_id, "Somebody", "en")
        return (await turn_of(db, now, FEATURES, visitor, message, sent_at)).idempotency_key

    second = timedelta(seconds=1)
    tap = await key(greet, 7, MONDAY, MONDAY)
    assert await key(greet, 7, MONDAY, MONDAY + second) == tap, "a double tap"
    others = [
        await key(greet, 8, MONDAY, MONDAY),
        await key(greet, 7, MONDAY + second, MONDAY + second),
        await key(stranger_teacher, 7, MONDAY, MONDAY),
    ]
    assert len({tap, *others}) == 4
