"""Home: a card that fits the role, and a kind line for whatever was not understood."""

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.turn import Reply
from pals.behaviour import Answer
from storage import practices
from tests.chats import Chat
from tests.people import MadePerson, MadeSchool
from tests.turns import MONDAY, labels

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_a_teacher_sees_the_weeks_practice_and_where_each_class_stands(
    db: AsyncSession, heia: MadeSchool, tor: MadePerson, stranger_teacher: MadePerson
) -> None:
    await practices.report(
        db, heia.id, heia.groups["6A"], "2026-W45", Answer.PARTLY, person_id=tor.id, now=MONDAY
    )
    card = await Chat(db, tor.telegram_id).write("/hjem")
    assert card == Reply(
        "🏠 <b>Heia skole</b>\n\n🎯 This week's practice: <b>Vi går rolig</b>\n· 5B: not answered yet\n· 6A: Partly",
        card.buttons,
    )
    assert labels(card) == [
        ["⭐ Praise", "📝 Incident"],
        ["🎯 This week", "📅 This month"],
        ["☰ More"],
    ]
    stranger = await Chat(db, stranger_teacher.telegram_id).write("/hjem")
    assert stranger.text == (
        "🏠 <b>Fjern skole</b>\n\n🎯 This week's practice: <b>Vi går rolig</b>\n· 5B: not answered yet"
    )
