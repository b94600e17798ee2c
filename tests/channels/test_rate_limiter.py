"""Rate limiter: overall, per chat and per group limits, priorities and backoff, on a fake clock."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from telegram.error import BadRequest, RetryAfter

from bot.channels.telegram.priority import Priority
from bot.channels.telegram.rate_limiter import RateLimiter
from bot.channels.telegram.transport import NotSent
from tests.support.loop_clock import Clock, settle


class Sender:
    """Makes calls through a rate limiter and records when each went out."""

    def __init__(self, rate: float = 10.0, **options: Any) -> None:
        self.clock = Clock()
        self.limits = RateLimiter(rate, clock=self.clock, sleep=self.clock.sleep, **options)
        self.went: list[tuple[str, float]] = []
        self.refusals: list[Exception] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.holds = False
        self.answered = asyncio.Event()

    def send(
        self,
        name: str,
        chat: int | str = 1,
        method: str = "sendMessage",
        priority: Priority | None = None,
        **data: Any,
    ) -> asyncio.Task[Any]:
        """Ask for one call to be made; `refusals` are how the next ones end, at `answered` if it `holds`."""

        async def call() -> bool:
            self.went.append((name, round(self.clock.now, 6)))
            refusal = self.refusals.pop(0) if self.refusals else None
            if self.holds:
                await self.answered.wait()
            if refusal is not None:
                raise refusal
            return True

        task = asyncio.create_task(
            self.limits.process_request(call, (), {}, method, {"chat_id": chat, **data}, priority)
        )
        self.tasks.append(task)
        return task

    @property
    def times(self) -> list[float]:
        return [at for _, at in self.went]


@pytest.fixture
def sender() -> Sender:
    return Sender()


def too_many(seconds: float) -> RetryAfter:
    return RetryAfter(timedelta(seconds=seconds))


async def test_the_overall_rate_is_even_from_the_first_message(sender: Sender) -> None:
    for chat in range(1, 7):
        sender.send(f"to {chat}", chat)
    await sender.clock.turn(10)
    assert sender.went == [
        ("to 1", 0.0), ("to 2", 0.1), ("to 3", 0.2), ("to 4", 0.3), ("to 5", 0.4), ("to 6", 0.5)
    ]  # fmt: skip


async def test_idle_time_earns_no_burst(sender: Sender) -> None:
    sender.send("before", 1)
    await sender.clock.turn(100)
    for chat in range(2, 5):
        sender.send(f"to {chat}", chat)
    await sender.clock.turn(10)
    assert sender.times == [0.0, 100.0, 100.1, 100.2]


async def test_at_thirty_a_second_no_second_has_more_than_thirty_messages() -> None:
    sender = Sender(rate=30)
    for chat in range(1, 91):
        sender.send(f"to {chat}", chat)
    await sender.clock.turn(0.999)
    assert len(sender.went) == 30
    await sender.clock.turn(1)
    assert len(sender.went) == 60
    await sender.limits.shutdown()
    await asyncio.gather(*sender.tasks, return_exceptions=True)


async def test_a_private_chat_is_limited_to_one_a_second_without_blocking_others(sender: Sender) -> None:
    for name in ("a", "b", "c"):
        sender.send(name, chat=1)
    sender.send("somebody else", chat=2)
    await sender.clock.turn(10)
    assert sender.went == [("a", 0.0), ("somebody else", 0.1), ("b", 1.0), ("c", 2.0)]


async def test_a_new_chat_is_served_at_once_while_others_wait_for_their_limit(sender: Sender) -> None:
    sender.send("a", chat=1)
    sender.send("b", chat=1)
    await sender.clock.turn(0.5)
    sender.send("newcomer", chat=2)
    await sender.clock.turn(0.5)
    assert sender.went == [("a", 0.0), ("newcomer", 0.5), ("b", 1.0)]


async def test_a_group_is_limited_to_twenty_in_any_minute(sender: Sender) -> None:
    for number in range(22):
        sender.send(str(number), chat=-100)
    await sender.clock.turn(61)
    assert sender.times == [round(n / 10, 6) for n in range(20)] + [60.0, 60.1]


async def test_an_album_costs_one_for_each_picture(sender: Sender) -> None:
    sender.send("album", chat=1, method="sendMediaGroup", media=["one", "two", "three"])
    sender.send("another chat", chat=2)
    sender.send("the same chat", chat=1)
    await sender.clock.turn(10)
    assert sender.went == [("album", 0.0), ("another chat", 0.3), ("the same chat", 3.0)]


async def test_interactive_calls_overtake_all_waiting_bulk(sender: Sender) -> None:
    for chat in range(1, 5):
        sender.send(f"bulk {chat}", chat, priority=Priority.BULK)
    await sender.clock.turn(0.15)
    sender.send("tap", 9, priority=Priority.INTERACTIVE)
    sender.send("edit", 9, method="editMessageText")
    await sender.clock.turn(10)
    assert [name for name, _ in sender.went] == ["bulk 1", "bulk 2", "tap", "edit", "bulk 3", "bulk 4"]


async def test_interactive_calls_may_use_the_chats_burst_and_bulk_pays_it_back(sender: Sender) -> None:
    for name in ("one", "two", "three", "four"):
        sender.send(name, 1, priority=Priority.INTERACTIVE)
    sender.send("bulk", 1)
    await sender.clock.turn(10)
    assert sender.went == [("one", 0.0), ("two", 0.1), ("three", 0.2), ("four", 1.0), ("bulk", 4.0)]


async def test_edits_and_deletions_do_not_count_towards_the_chats_limit(sender: Sender) -> None:
    sender.send("message", 1)
    sender.send("edit", 1, method="editMessageText")
    sender.send("deletion", 1, method="deleteMessage")
    await sender.clock.turn(5)
    assert sender.went == [("message", 0.0), ("edit", 0.1), ("deletion", 0.2)]


async def test_calls_that_send_nothing_are_not_rate_limited(sender: Sender) -> None:
    sender.send("message", 1)
    for method in ("answerCallbackQuery", "getMe", "setMyCommands", "sendChatAction", "deleteMyCommands"):
        sender.send(method, 1, method=method)
    await settle()
    assert sender.times == [0.0] * 6


async def test_a_429_backs_off_all_calls_and_the_refused_call_is_retried_first(
    sender: Sender,
) -> None:
    sender.refusals = [too_many(7)]
    first = sender.send("refused", 1)
    await sender.clock.turn(0.05)
    sender.send("second", 2)
    sender.send("tap", 3, method="answerCallbackQuery")
    await sender.clock.turn(6.9)
    assert sender.went == [("refused", 0.0)]
    assert sender.limits.backoff_left == pytest.approx(0.05)
    await sender.clock.turn(1)
    assert sorted(sender.went, key=lambda went: went[1]) == sender.went
    assert set(sender.went) == {("refused", 0.0), ("refused", 7.0), ("tap", 7.0), ("second", 7.2)}
    assert await first is True


async def test_a_success_of_another_call_does_not_end_the_backoff(sender: Sender) -> None:
    sender.holds = True
    ends_well = sender.send("in flight", 1)
    await sender.clock.turn(0.1)
    sender.holds = False
    sender.refusals = [too_many(5)]
    sender.send("refused", 2)
    await sender.clock.turn(0.1)
    sender.answered.set()
    await settle()
    assert await ends_well is True
    sender.send("later", 3)
    await sender.clock.turn(4.8)
    assert sender.went == [("in flight", 0.0), ("refused", 0.1)]
    await sender.clock.turn(1)
    assert sender.went == [("in flight", 0.0), ("refused", 0.1), ("refused", 5.1), ("later", 5.3)]


async def test_a_shorter_429_neither_shortens_the_backoff_nor_lowers_the_pace_again(sender: Sender) -> None:
    sender.holds = True
    sender.refusals = [too_many(9), too_many(2)]
    for chat in (1, 2):
        sender.send("in flight", chat, method="answerCallbackQuery")
    await settle()
    sender.answered.set()
    await settle()
    assert sender.limits.backoff_left == 9.0
    assert sender.limits.pace == 5.0
    await sender.clock.turn(9)
    assert sender.times == [0.0, 0.0, 9.0, 9.0]


async def test_the_pace_recovers_over_a_minute(sender: Sender) -> None:
    sender.refusals = [too_many(1)]
    sender.send("refused", 1)
    await sender.clock.turn(1)
    assert sender.limits.pace == 5.0
    await sender.clock.turn(30)
    assert sender.limits.pace == 7.5
    await sender.clock.turn(30)
    assert sender.limits.pace == 10.0


async def test_a_backoff_of_an_hour_is_raised_instead_of_waited_out(sender: Sender) -> None:
    sender.send("goes out", 1)
    waiting = sender.send("waiting", 2)
    await settle()
    sender.refusals = [too_many(3600)]
    refused = sender.send("refused", 3, method="answerCallbackQuery")
    await settle()
    later = sender.send("later", 4)
    free = sender.send("free", 5, method="answerCallbackQuery")
    await settle()
    ends = [task.exception() for task in (refused, waiting, later, free)]
    assert [getattr(end, "retry_after", end) for end in ends] == [timedelta(hours=1)] * 4
    assert sender.went == [("goes out", 0.0), ("refused", 0.0)]


async def test_after_four_attempts_a_429_is_raised(sender: Sender) -> None:
    sender.refusals = [too_many(1), too_many(1), too_many(1), too_many(1)]
    task = sender.send("unlucky", 1)
    await sender.clock.turn(10)
    assert sender.times == [0.0, 1.0, 2.0, 3.0]
    assert isinstance(task.exception(), RetryAfter)


async def test_other_errors_are_not_retried(sender: Sender) -> None:
    sender.refusals = [BadRequest("chat not found")]
    task = sender.send("wrong", 1)
    await sender.clock.turn(5)
    assert sender.times == [0.0]
    assert isinstance(task.exception(), BadRequest)


async def test_a_cancelled_call_uses_no_slot(sender: Sender) -> None:
    sender.send("a", 1)
    leaves = sender.send("leaves", 2)
    sender.send("c", 3)
    sender.send("d", 1)
    await sender.clock.turn(0.05)
    leaves.cancel()
    await sender.clock.turn(5)
    assert sender.went == [("a", 0.0), ("c", 0.1), ("d", 1.0)]
    assert sender.limits.waiting == 0


async def test_race_a_call_cancelled_as_it_is_released_gives_its_slot_back(sender: Sender) -> None:
    sender.send("a", 1)
    leaves = sender.send("leaves", 2)
    sender.send("c", 2)
    await settle()
    turning = asyncio.create_task(sender.clock.turn(5))
    while sender.limits.waiting == 2:  # noqa: ASYNC110 - the very moment is what matters
        await asyncio.sleep(0)
    leaves.cancel()  # its moment is given, and it has not run yet
    await turning
    assert sender.went == [("a", 0.0), ("c", 0.1)]


async def test_shutdown_ends_waiting_calls_as_not_sent(sender: Sender) -> None:
    sender.send("a", 1)
    waiting = sender.send("b", 1)
    await sender.clock.turn(0.5)
    await sender.limits.shutdown()
    await settle()
    assert isinstance(waiting.exception(), NotSent)
    assert sender.times == [0.0]


async def test_memory_of_chat_budgets_is_bounded() -> None:
    sender = Sender(rate=1000)
    for chat in range(1, 2501):
        sender.send(str(chat), chat)
    await sender.clock.turn(7)
    assert len(sender.went) == 2500
    assert len(sender.limits._chats) <= 2001


def test_a_rate_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        RateLimiter(0)


async def test_deliveries_are_not_held_through_a_backoff(sender: Sender) -> None:
    """Its sender marks it as in flight: after minutes of waiting a crash would leave it uncertain."""
    sender.refusals = [too_many(5)]
    refused = sender.send("refused", 1, priority=Priority.DELIVERY)
    waiting = sender.send("waiting", 2, priority=Priority.DELIVERY)
    patient = sender.send("patient", 3, priority=Priority.BULK)
    await settle()
    later = sender.send("later", 4, priority=Priority.DELIVERY)
    await settle()
    ends = [task.exception() for task in (refused, waiting, later)]
    assert [getattr(end, "retry_after", end) for end in ends] == [timedelta(seconds=5)] * 3
    assert (patient.done(), sender.limits.capacity) == (False, 0)
    await sender.clock.turn(10)
    assert sender.went == [("refused", 0.0), ("patient", 5.0)]


async def test_deliveries_have_the_lowest_priority(sender: Sender) -> None:
    for name, priority in (
        ("first", Priority.DELIVERY),
        ("mail", Priority.DELIVERY),
        ("bulk", Priority.BULK),
        ("tap", Priority.INTERACTIVE),
    ):
        sender.send(name, name, priority=priority)
    await sender.clock.turn(1)
    assert [name for name, _ in sender.went] == ["first", "tap", "bulk", "mail"]


async def test_the_capacity_is_a_tenth_of_a_second_of_calls(sender: Sender) -> None:
    assert sender.limits.capacity == 2
    for number in range(5):
        sender.send(str(number), number)
    await settle()
    assert sender.limits.capacity == 0
    await sender.clock.turn(0.35)
    assert sender.limits.capacity == 1


async def test_a_late_timer_neither_lowers_the_pace_nor_earns_a_burst(sender: Sender) -> None:
    """Each timer fires 10 ms late: calls are 10 ms late too, and do not drift."""

    async def late(seconds: float) -> None:
        await sender.clock.sleep(seconds + 0.01)

    sender.limits._sleep = late
    for number in range(11):
        sender.send(str(number), number)
    await sender.clock.turn(3)
    assert sender.times == [0.0, *(round(n / 10 + 0.01, 6) for n in range(1, 11))]
