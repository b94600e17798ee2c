"""Killed at random moments, on a bad network: nobody gets it twice, nobody is lost, and little is uncertain."""

import os
from pathlib import Path

from scheduler.run import IN_FLIGHT
from storage.database import Database
from storage.tables import DeliveryStatus
from tests.chaos.ordeal import READERS, Ordeal, town

KILLS = int(os.environ.get("PALSBOT_TEST_KILLS", "20"))
SENT, UNCERTAIN = DeliveryStatus.SENT, DeliveryStatus.UNCERTAIN


async def test_a_broadcast_outlives_its_processes(database: Database, tmp_path: Path) -> None:
    """One process on SQLite; on PostgreSQL two, of which one is killed each time."""
    replicas = 1 if database.dialect == "sqlite" else 2
    async with town() as (url, token):
        ordeal = Ordeal(database, url, token, tmp_path, replicas, seed=KILLS + replicas)
        await ordeal.prepare()
        await ordeal.endure(KILLS)
        account = await ordeal.account()

    assert len(account.became) == READERS * len(ordeal.texts), "everybody is accounted for"
    assert account.kinds <= {(SENT, 1), (UNCERTAIN, 0), (UNCERTAIN, 1)}, "nobody twice, nobody lost"
    assert max(ordeal.on_their_way) <= IN_FLIGHT * replicas
    assert account.uncertain <= sum(ordeal.on_their_way) + ordeal.unknown
