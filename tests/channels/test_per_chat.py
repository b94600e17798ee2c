"""Updates of one chat are handled in their order, those of different chats at the same time."""

import asyncio
from datetime import UTC, datetime

from telegram import Chat, Message, Update

from bot.channels.per_chat import PerChatQueue
from tests.support.loop_clock import settle


def update(number: int, chat: int) -> Update:
    sent = Message(number, datetime(2026, 8, 17, 8, tzinfo=UTC), Chat(chat, "private"))
    return Update(number, message=sent)


class Desk:
    """Handles updates, each until it is told to finish, and notes who was begun."""

    def __init__(self, order: PerChatQueue) -> None:
        self.order = order
        self.begun: list[int] = []
        self.finish: dict[int, asyncio.Event] = {}

    def take(self, number: int, chat: int) -> asyncio.Task[None]:
        self.finish[number] = asyncio.Event()

        async def handle() -> None:
            self.begun.append(number)
            await self.finish[number].wait()

        return asyncio.create_task(self.order.process_update(update(number, chat), handle()))

    async def end(self, *numbers: int) -> None:
        for number in numbers:
            self.finish[number].set()
            await settle()


async def test_one_chat_in_order_and_others_meanwhile() -> None:
    desk = Desk(PerChatQueue())
    tasks = [desk.take(number, chat) for number, chat in ((1, 5), (2, 5), (3, 6), (4, 5))]
    await settle()
    assert desk.begun == [1, 3]
    await desk.end(1)
    assert desk.begun == [1, 3, 2]
    await desk.end(3, 2, 4)
    assert desk.begun == [1, 3, 2, 4]
    await asyncio.gather(*tasks)
    assert desk.order.backlog == 0


async def test_no_more_chats_at_once_than_there_are_places_and_a_flood_takes_one_place() -> None:
    desk = Desk(PerChatQueue(concurrency=2))
    tasks = [desk.take(number, chat=5) for number in range(1, 51)]
    tasks += [desk.take(100, chat=6), desk.take(101, chat=7)]
    await settle()
    assert desk.begun == [1, 100]
    await desk.end(100)
    assert desk.begun == [1, 100, 101]
    await desk.end(101, *range(1, 51))
    await asyncio.gather(*tasks)
    assert desk.begun == [1, 100, 101, *range(2, 51)]


async def test_an_update_that_fails_or_is_cancelled_does_not_hold_its_chat_up_nor_let_others_overtake() -> (
    None
):
    desk = Desk(PerChatQueue())

    async def fail() -> None:
        raise LookupError

    failing = asyncio.create_task(desk.order.process_update(update(0, 5), fail()))
    first, leaves, third = (desk.take(number, 5) for number in (1, 2, 3))
    await settle()
    assert isinstance(failing.exception(), LookupError)
    leaves.cancel()
    await settle()
    assert desk.begun == [1]
    await desk.end(1)
    assert desk.begun == [1, 3]
    await desk.end(3)
    await asyncio.gather(first, third)
    assert desk.order.backlog == 0
    assert leaves.cancelled()


async def test_it_says_when_it_has_no_room() -> None:
    desk = Desk(PerChatQueue(capacity=2))
    tasks = [desk.take(1, 5)]
    await settle()
    assert not desk.order.is_full
    tasks.append(desk.take(2, 5))
    await settle()
    assert desk.order.is_full
    await desk.end(1, 2)
    assert not desk.order.is_full
    await asyncio.gather(*tasks)
