"""Killed at random moments, on a bad network: nobody gets it twice, nobody is lost, and little is uncertain."""

import os
from pathlib import Path

from scheduler.delivery.pipeline import IN_FLIGHT
from storage.database import Database
from storage.tables import DeliveryStatus
from tests.support.chaos_accounts import Message
from tests.support.chaos_run import FAULTS, LOOKS_ON, RATE, READERS, Ordeal
from tests.support.chaos_town import town

KILLS = int(os.environ.get("PALSBOT_TEST_KILLS", "20"))
SENT, UNCERTAIN = DeliveryStatus.SENT, DeliveryStatus.UNCERTAIN


async def test_a_broadcast_outlives_its_processes(database: Database, tmp_path: Path) -> None:
    """One process on SQLite; on PostgreSQL two, of which one is killed each time."""
    replicas = 1 if database.dialect == "sqlite" else 2
    async with town(READERS, RATE) as (url, token):
        ordeal = Ordeal(database, url, token, tmp_path, replicas, seed=KILLS + replicas)
        await ordeal.prepare()
        await ordeal.endure(KILLS)
        account = await ordeal.account()

    kills = ordeal.kills
    on_their_way = frozenset[Message]().union(*(kill.on_its_way for kill in kills))
    assert len(account.became) == READERS * len(ordeal.texts), "everybody is accounted for"
    assert account.kinds <= {(SENT, 1), (UNCERTAIN, 0), (UNCERTAIN, 1)}, "nobody twice, nobody lost"
    assert max(len(kill.on_its_way) for kill in kills) <= IN_FLIGHT
    assert account.uncertain == on_their_way | account.unanswered, "and nothing else, and none sent again"

    delivered = [kill for kill in kills if kill.delivered]
    looked_on = KILLS // LOOKS_ON if replicas > 1 else 0
    assert (len(delivered), len(kills)) == (KILLS - looked_on, KILLS)
    assert all(kill.unsettled for kill in kills), "each in the middle of a broadcast"
    assert 2 * sum(bool(kill.on_its_way) for kill in delivered) > len(delivered), "and not only in pauses"
    assert len(account.met) == min(KILLS, len(FAULTS)), "each fault was met"
