"""Bulk edits: idempotent, retried when uncertain, missed when the message is gone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

import localchat
from bot.channels.telegram.bulk import RETRY_DELAY, BulkSender
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.replies import ReplySender
from bot.channels.telegram.transport import Transport
from bot.turn import Onto, Reply
from localchat.client import Account, Sim
from scheduler.delivery.types import Failed, Sent
from storage.tables import DeliveryStatus


class Chat:
    """A chat with one message."""

    def __init__(self, sim: Sim, person: Account, sender: BulkSender, message: int) -> None:
        self.sim, self.person, self.message = sim, person, message
        self._sender = sender

    async def edit(self, text: str, message: int | None = None) -> Sent | Failed:
        onto = Onto(self.message if message is None else message)
        return await self._sender.send(Reply(text, onto=onto), self.person.id)

    async def remove(self) -> Sent | Failed:
        return await self._sender.send(Reply(onto=Onto(self.message, removes=True)), self.person.id)

    async def edit_in_flight(self) -> Sent | Failed:
        return await self._sender.send(Reply("Kl. 19", onto=Onto(None)), self.person.id)

    async def texts(self) -> list[str]:
        return [m["text"] for m in (await self.sim.chat(self.person)).received]


@pytest_asyncio.fixture
async def chat() -> AsyncIterator[Chat]:
    async with localchat.serve(limits=False) as server, Sim(server.url) as sim:
        bot, person = await sim.bot(), await sim.person("Ada")
        client = BotClient(
            bot.token,
            base_url=f"{server.url}/bot",
            base_file_url=f"{server.url}/file/bot",
            transport=Transport(),
        )
        async with client:
            await sim.start(person)
            sender = BulkSender(ReplySender(client))
            sent = await sender.send(Reply("Kl. 18"), person.id)
            assert isinstance(sent, Sent)
            yield Chat(sim, person, sender, sent.message_id)


async def test_an_edit_is_idempotent(chat: Chat) -> None:
    assert [await chat.edit("Kl. 19") for _ in range(2)] == [Sent(chat.message)] * 2
    assert await chat.texts() == ["Kl. 19"]


async def test_a_removal_is_idempotent(chat: Chat) -> None:
    assert [await chat.remove() for _ in range(2)] == [Sent(chat.message)] * 2
    assert await chat.texts() == []


async def test_a_deleted_message_cannot_be_edited(chat: Chat) -> None:
    await chat.remove()
    assert await chat.edit("Kl. 19") == Failed(DeliveryStatus.MISSED, "Message to edit not found")


async def test_an_edit_of_a_message_in_flight_is_retried(chat: Chat) -> None:
    assert await chat.edit_in_flight() == Failed(
        DeliveryStatus.WAITING, "still in flight", retry_in=RETRY_DELAY
    )
    assert await chat.texts() == ["Kl. 18"]


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 502}, {"kind": "drop"}, {"kind": "drop", "after": True}]
)
async def test_an_uncertain_edit_is_retried(chat: Chat, fault: dict[str, object]) -> None:
    await chat.sim.fault("editMessageText", **fault)  # type: ignore[arg-type]
    failed = await chat.edit("Kl. 19")
    assert isinstance(failed, Failed)
    assert (failed.status, failed.retry_in) == (DeliveryStatus.WAITING, RETRY_DELAY)
    assert await chat.edit("Kl. 19") == Sent(chat.message)
    assert await chat.texts() == ["Kl. 19"]


async def test_an_edit_for_a_reader_who_blocked_the_bot_is_blocked(chat: Chat) -> None:
    await chat.sim.block(chat.person)
    failed = await chat.edit("Kl. 19")
    assert isinstance(failed, Failed)
    assert failed.status is DeliveryStatus.BLOCKED


async def test_a_refused_edit_is_refused(chat: Chat) -> None:
    failed = await chat.edit("<b>Kl. 19")
    assert isinstance(failed, Failed)
    assert failed.status is DeliveryStatus.REFUSED
