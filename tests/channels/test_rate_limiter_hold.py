"""Rate limiter under random load: the limits hold, and no call starves."""

import random

import pytest

from bot.channels.telegram.priority import Priority
from tests.channels.test_rate_limiter import Sender

RATE = 10.0
CHATS = (1, 2, 3, 4, 5, 6, 7, 8, -100, -100, -100)


@pytest.mark.parametrize("seed", range(6))
async def test_the_limits_hold_under_random_load(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a school's day, not a secret
    sender = Sender(RATE)
    asked: dict[str, tuple[int, Priority]] = {}
    left = set()
    for number in range(200):
        chat, priority = chance.choice(CHATS), chance.choice(tuple(Priority))
        asked[str(number)] = (chat, priority)
        task = sender.send(str(number), chat, priority=priority)
        if chance.random() < 0.5:
            await sender.clock.turn(chance.choice((0.0, 0.05, 0.3, 2.0)))
        if chance.random() < 0.1 and not task.done():
            task.cancel()
            left.add(str(number))
    await sender.clock.turn(600)

    assert {name for name, _ in sender.went} == set(asked) - left
    gaps = [later - earlier for earlier, later in zip(sender.times, sender.times[1:], strict=False)]
    assert min(gaps) >= 1 / RATE - 1e-5
    for chat in set(CHATS):
        went = [(at, asked[name][1]) for name, at in sender.went if asked[name][0] == chat]
        for index, (at, priority) in enumerate(went):
            if chat < 0:
                assert sum(at - 60 + 1e-5 < before <= at for before, _ in went[: index + 1]) <= 20
                continue
            # A debt of a second a message: bulk waits until it is paid, a tap until it is two seconds or
            # less.
            debt = 0.0
            for earlier, (before, _) in enumerate(went[:index]):
                debt = max(debt, before) + 1.0 if earlier else before + 1.0
            assert debt - at <= (2.0 if priority is Priority.INTERACTIVE else 0.0) + 1e-5
