"""What becomes of a message that is changed in bulk: done, done before, past changing, or to be tried again."""

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
    """A chat in which one message stands."""

    def __init__(self, sim: Sim, who: Account, courier: BulkSender, message: int) -> None:
        self.sim, self.who, self.message = sim, who, message
        self._courier = courier

    async def edit(self, text: str, message: int | None = None) -> Sent | Failed:
        onto = Onto(self.message if message is None else message)
        return await self._courier.send(Reply(text, onto=onto), self.who.id)

    async def remove(self) -> Sent | Failed:
        return await self._courier.send(Reply(onto=Onto(self.message, removes=True)), self.who.id)

    async def not_yet(self) -> Sent | Failed:
        return await self._courier.send(Reply("Kl. 19", onto=Onto(None)), self.who.id)

    async def texts(self) -> list[str]:
        return [m["text"] for m in (await self.sim.chat(self.who)).received]


@pytest_asyncio.fixture
async def chat() -> AsyncIterator[Chat]:
    async with localchat.serve(limits=False) as server, Sim(server.url) as sim:
        bot, who = await sim.bot(), await sim.person("Ada")
        line = BotClient(
            bot.token,
            base_url=f"{server.url}/bot",
            base_file_url=f"{server.url}/file/bot",
            transport=Transport(),
        )
        async with line:
            await sim.start(who)
            courier = BulkSender(ReplySender(line))
            sent = await courier.send(Reply("Kl. 18"), who.id)
            assert isinstance(sent, Sent)
            yield Chat(sim, who, courier, sent.message_id)


async def test_an_edit_is_made_and_made_twice_is_as_good(chat: Chat) -> None:
    assert [await chat.edit("Kl. 19") for _ in range(2)] == [Sent(chat.message)] * 2
    assert await chat.texts() == ["Kl. 19"]


async def test_a_message_is_removed_and_one_that_is_gone_is_as_good(chat: Chat) -> None:
    assert [await chat.remove() for _ in range(2)] == [Sent(chat.message)] * 2
    assert await chat.texts() == []


async def test_what_is_gone_can_no_longer_be_edited(chat: Chat) -> None:
    await chat.remove()
    assert await chat.edit("Kl. 19") == Failed(DeliveryStatus.MISSED, "Message to edit not found")


async def test_a_message_without_a_number_is_changed_a_little_later(chat: Chat) -> None:
    assert await chat.not_yet() == Failed(DeliveryStatus.WAITING, "still in flight", retry_in=RETRY_DELAY)
    assert await chat.texts() == ["Kl. 18"]


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 502}, {"kind": "drop"}, {"kind": "drop", "after": True}]
)
async def test_when_no_answer_came_it_is_tried_again(chat: Chat, fault: dict[str, object]) -> None:
    await chat.sim.fault("editMessageText", **fault)  # type: ignore[arg-type]
    failed = await chat.edit("Kl. 19")
    assert isinstance(failed, Failed)
    assert (failed.status, failed.retry_in) == (DeliveryStatus.WAITING, RETRY_DELAY)
    assert await chat.edit("Kl. 19") == Sent(chat.message)
    assert await chat.texts() == ["Kl. 19"]


async def test_who_has_blocked_the_bot_keeps_the_old_text(chat: Chat) -> None:
    await chat.sim.block(chat.who)
    failed = await chat.edit("Kl. 19")
    assert isinstance(failed, Failed)
    assert failed.status is DeliveryStatus.BLOCKED


async def test_a_text_that_is_refused_is_refused(chat: Chat) -> None:
    failed = await chat.edit("<b>Kl. 19")
    assert isinstance(failed, Failed)
    assert failed.status is DeliveryStatus.REFUSED
