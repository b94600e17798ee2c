"""An announcement from the leader's phone to a family's, with restarts between text, send and delivery."""

from datetime import timedelta

import pytest

from pals.roles import Role
from storage.database import Database
from tests.journeys.conftest import Stage, rows
from tests.support.people import MadeSchool, make_person
from tests.support.turns import MONDAY


@pytest.fixture
def text() -> str:
    return "Vi møtes i <gymsalen> kl. 18 😀"


async def test_a_leader_writes_to_the_families_and_sees_it_arrive(
    stage: Stage, database: Database, heia: MadeSchool, text: str
) -> None:
    async with database.writing() as db:
        leader = await make_person(db, heia, Role.LEADER, name="Liv", language="en")
        near = await make_person(db, heia, Role.FAMILY, ["5B"], language="en")
        gone = await make_person(db, heia, Role.FAMILY, ["6A"], language="en")
    liv = await stage.phone(leader, name="Liv")
    family, other = await stage.phone(near), await stage.phone(gone)

    await liv.write("/kunngjoring")
    await liv.tap("All families: 2")
    preview = await liv.write(text)
    assert f"Heia skole\nFrom the school's leadership\n\n{text}" in preview["text"]

    await stage.restart()
    card = await liv.tap("📤 Send")
    assert card["message_id"] == preview["message_id"]
    assert (
        card["text"]
        == f"⏳ Goes out at 09:01. Nobody has got it yet.\nTo: All families\n\n2 readers wait for it.\n\n{text}"
    )
    assert rows(card) == [["⏹ Stop", "🔄 Refresh"], ["✏ Correct the text"], ["📣 Write to many"]]

    await stage.restart()
    await stage.sim.block(other.who)
    await stage.unreachable(gone)
    stage.clock.set(MONDAY + timedelta(minutes=1))
    await stage.bot.deliver()
    arrived = await family.sees("From the school's leadership")
    assert arrived["text"] == f"📣 Heia skole\nFrom the school's leadership\n\n{text}"
    ended = await liv.sees("✅")
    assert (ended["message_id"], ended["text"]) == (
        card["message_id"],
        "✅ Sent, Monday 2 November at 09:01\nTo: All families\n\n▓▓▓▓▓▓▓▓▓▓\nDelivered: 1 of 1\n"
        f"Not reachable: 1. They have muted the school, or closed their chat with me.\n\n{text}",
    )
    assert rows(ended) == [["✏ Correct the text", "🗑 Withdraw"], ["📣 Write to many"]]
