"""Per-chat queue: updates of one chat in order, different chats concurrently."""

import asyncio
from datetime import UTC, datetime

from telegram import Chat, Message, Update

from bot.channels.per_chat import PerChatQueue
from tests.support.loop_clock import settle


def update(number: int, chat: int) -> Update:
    sent = Message(number, datetime(2026, 8, 17, 8, tzinfo=UTC), Chat(chat, "private"))
    return Update(number, message=sent)


class Runner:
    """Runs updates that block until they are finished; records which have begun."""

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


async def test_updates_of_one_chat_run_in_order_and_of_other_chats_concurrently() -> None:
    runner = Runner(PerChatQueue())
    tasks = [runner.take(number, chat) for number, chat in ((1, 5), (2, 5), (3, 6), (4, 5))]
    await settle()
    assert runner.begun == [1, 3]
    await runner.end(1)
    assert runner.begun == [1, 3, 2]
    await runner.end(3, 2, 4)
    assert runner.begun == [1, 3, 2, 4]
    await asyncio.gather(*tasks)
    assert runner.order.backlog == 0


async def test_concurrency_is_bounded_and_a_flood_from_one_chat_takes_one_slot() -> None:
    runner = Runner(PerChatQueue(concurrency=2))
    tasks = [runner.take(number, chat=5) for number in range(1, 51)]
    tasks += [runner.take(100, chat=6), runner.take(101, chat=7)]
    await settle()
    assert runner.begun == [1, 100]
    await runner.end(100)
    assert runner.begun == [1, 100, 101]
    await runner.end(101, *range(1, 51))
    await asyncio.gather(*tasks)
    assert runner.begun == [1, 100, 101, *range(2, 51)]


async def test_a_failed_or_cancelled_update_neither_blocks_its_chat_nor_breaks_the_order() -> None:
    runner = Runner(PerChatQueue())

    async def fail() -> None:
        raise LookupError

    failing = asyncio.create_task(runner.order.process_update(update(0, 5), fail()))
    first, leaves, third = (runner.take(number, 5) for number in (1, 2, 3))
    await settle()
    assert isinstance(failing.exception(), LookupError)
    leaves.cancel()
    await settle()
    assert runner.begun == [1]
    await runner.end(1)
    assert runner.begun == [1, 3]
    await runner.end(3)
    await asyncio.gather(first, third)
    assert runner.order.backlog == 0
    assert leaves.cancelled()


async def test_backpressure_the_queue_is_full_at_its_capacity() -> None:
    runner = Runner(PerChatQueue(capacity=2))
    tasks = [runner.take(1, 5)]
    await settle()
    assert not runner.order.is_full
    tasks.append(runner.take(2, 5))
    await settle()
    assert runner.order.is_full
    await runner.end(1, 2)
    assert not runner.order.is_full
    await asyncio.gather(*tasks)
