"""Chaos accounting: each message's status in the database against what arrived on the phones.

A message is one text to one reader, identified by the reader's chat and the announcement's id.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import col, select

from localchat.client import Sim
from storage.database import Database
from storage.tables import Delivery, DeliveryStatus, Occurrence, Person

Message = tuple[int, int]

LOSES_THE_RESPONSE = ((500, "status"), (502, "status"), (None, "drop"))
"""Faults after which a call is uncertain. After a 429 it was certainly not made, and a delay loses nothing."""

_MESSAGES = (
    select(col(Person.telegram_id), col(Occurrence.ref), col(Delivery.status))
    .select_from(Delivery)
    .join(Person, col(Person.id) == col(Delivery.person_id))
    .join(Occurrence, col(Occurrence.id) == col(Delivery.occurrence_id))
    .where(col(Occurrence.kind) == "announcement")
)


@dataclass(frozen=True)
class Account:
    """Each message's status in the database and how often it arrived; and which messages met which fault."""

    results: dict[Message, tuple[DeliveryStatus, int]]
    by_fault: dict[tuple[int | None, str, bool], frozenset[Message]]
    """By status, kind, and whether the call was made before the fault."""

    @property
    def kinds(self) -> set[tuple[DeliveryStatus, int]]:
        return set(self.results.values())

    @property
    def uncertain(self) -> frozenset[Message]:
        return frozenset(
            message for message, (status, _) in self.results.items() if status is DeliveryStatus.UNCERTAIN
        )

    @property
    def without_response(self) -> frozenset[Message]:
        """The messages whose response a fault lost."""
        return frozenset().union(
            *(messages for fault, messages in self.by_fault.items() if fault[:2] in LOSES_THE_RESPONSE)
        )


async def in_flight(database: Database, worker: str) -> frozenset[Message]:
    """The messages marked as sending by the worker whose name ends like this."""
    query = _MESSAGES.where(
        col(Delivery.status) == DeliveryStatus.SENDING, col(Delivery.claimed_by).endswith(worker)
    )
    async with database.reading() as db:
        return frozenset((chat, int(ref)) for chat, ref, _ in await db.exec(query))


async def account(database: Database, sim: Sim, texts: Mapping[int, str]) -> Account:
    """Compares all phones, all rows, and the injected faults."""
    arrived: Counter[Message] = Counter()

    async def count(chat: int) -> None:
        shown = (await sim.chat(chat)).texts
        for number, text in texts.items():
            arrived[chat, number] = sum(text in message for message in shown)

    await asyncio.gather(*(count(person["id"]) for person in await sim.people()))
    by_fault: dict[tuple[int | None, str, bool], set[Message]] = {}
    for call in await sim.met_faults():
        chat, sent = call["params"]["chat_id"], call["params"]["text"]
        messages = by_fault.setdefault((call["status"], call["kind"], call["after"]), set())
        messages |= {(chat, number) for number, text in texts.items() if text in sent}
    async with database.reading() as db:
        rows = await db.exec(_MESSAGES)
        results = {
            (chat, int(ref)): (DeliveryStatus(status), arrived[chat, int(ref)]) for chat, ref, status in rows
        }
    return Account(results, {fault: frozenset(messages) for fault, messages in by_fault.items()})
