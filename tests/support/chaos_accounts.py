"""Accounting for everybody: what the database says became of each message, beside what is on the phones.

A message is one text to one reader, named by the reader's chat and the announcement's number.
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

TAKES_THE_ANSWER = ((500, "status"), (502, "status"), (None, "drop"))
"""After these nobody knows whether a call was done. After a 429 it certainly was not, and a delay takes nothing."""

_MESSAGES = (
    select(col(Person.telegram_id), col(Occurrence.ref), col(Delivery.status))
    .select_from(Delivery)
    .join(Person, col(Person.id) == col(Delivery.person_id))
    .join(Occurrence, col(Occurrence.id) == col(Delivery.occurrence_id))
    .where(col(Occurrence.kind) == "announcement")
)


@dataclass(frozen=True)
class Account:
    """For each message what the database says became of it, and how often it arrived; and which faults it met."""

    became: dict[Message, tuple[DeliveryStatus, int]]
    met: dict[tuple[int | None, str, bool], frozenset[Message]]
    """By status, kind, and whether the work was done first."""

    @property
    def kinds(self) -> set[tuple[DeliveryStatus, int]]:
        return set(self.became.values())

    @property
    def uncertain(self) -> frozenset[Message]:
        return frozenset(
            one for one, (status, _) in self.became.items() if status is DeliveryStatus.UNCERTAIN
        )

    @property
    def unanswered(self) -> frozenset[Message]:
        """Those whose answer a fault took away."""
        return frozenset().union(*(them for fault, them in self.met.items() if fault[:2] in TAKES_THE_ANSWER))


async def on_the_way(database: Database, worker: str) -> frozenset[Message]:
    """What is marked as being sent by the worker whose name ends like this."""
    asked = _MESSAGES.where(
        col(Delivery.status) == DeliveryStatus.SENDING, col(Delivery.claimed_by).endswith(worker)
    )
    async with database.reading() as db:
        return frozenset((chat, int(ref)) for chat, ref, _ in await db.exec(asked))


async def account(database: Database, sim: Sim, texts: Mapping[int, str]) -> Account:
    """Looks at everybody's phone, at all rows, and at what the network did."""
    got: Counter[Message] = Counter()

    async def look_at(chat: int) -> None:
        shown = (await sim.chat(chat)).texts
        for number, text in texts.items():
            got[chat, number] = sum(text in each for each in shown)

    await asyncio.gather(*(look_at(person["id"]) for person in await sim.people()))
    met: dict[tuple[int | None, str, bool], set[Message]] = {}
    for call in await sim.met_faults():
        chat, said = call["params"]["chat_id"], call["params"]["text"]
        these = met.setdefault((call["status"], call["kind"], call["after"]), set())
        these |= {(chat, number) for number, text in texts.items() if text in said}
    async with database.reading() as db:
        found = await db.exec(_MESSAGES)
        became = {
            (chat, int(ref)): (DeliveryStatus(status), got[chat, int(ref)]) for chat, ref, status in found
        }
    return Account(became, {fault: frozenset(them) for fault, them in met.items()})
