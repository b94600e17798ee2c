"""Chaos: crashes at random moments and network faults; no message is duplicated or lost, and few are uncertain."""

import os
from pathlib import Path

from scheduler.delivery.pipeline import IN_FLIGHT
from storage.database import Database
from storage.tables import DeliveryStatus
from tests.support.chaos_accounts import Message
from tests.support.chaos_run import FAULTS, FOLLOWER_EVERY, RATE, READERS, ChaosRun
from tests.support.chaos_town import town

KILLS = int(os.environ.get("PALSBOT_TEST_KILLS", "20"))
SENT, UNCERTAIN = DeliveryStatus.SENT, DeliveryStatus.UNCERTAIN


async def test_a_broadcast_survives_crashes_at_most_once(database: Database, tmp_path: Path) -> None:
    """One process on SQLite; on PostgreSQL two replicas, of which one is killed each time."""
    replicas = 1 if database.dialect == "sqlite" else 2
    async with town(READERS, RATE) as (url, token):
        chaos = ChaosRun(database, url, token, tmp_path, replicas, seed=KILLS + replicas)
        await chaos.prepare()
        await chaos.run(KILLS)
        account = await chaos.account()

    kills = chaos.kills
    in_flight = frozenset[Message]().union(*(kill.in_flight for kill in kills))
    assert len(account.results) == READERS * len(chaos.texts), "every message is accounted for"
    assert account.kinds <= {(SENT, 1), (UNCERTAIN, 0), (UNCERTAIN, 1)}, "none duplicated, none lost"
    assert max(len(kill.in_flight) for kill in kills) <= IN_FLIGHT
    assert account.uncertain == in_flight | account.without_response, "at most once"

    of_leader = [kill for kill in kills if kill.of_leader]
    of_follower = KILLS // FOLLOWER_EVERY if replicas > 1 else 0
    assert (len(of_leader), len(kills)) == (KILLS - of_follower, KILLS)
    assert all(kill.unsettled for kill in kills), "each during a broadcast"
    assert 2 * sum(bool(kill.in_flight) for kill in of_leader) > len(of_leader), (
        "most with messages in flight"
    )
    assert len(account.by_fault) == min(KILLS, len(FAULTS)), "each fault was injected"
