"""Ticks as a process sees them: started, and stopped in the middle of one."""

import asyncio
import logging

import pytest

from scheduler.ticks import Ticks


async def nothing() -> None:
    """A tick without work."""


async def test_stopping_in_the_middle_of_a_tick_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """Ctrl-C while the demo is busy prints nothing."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    ticks = Ticks(plan=nothing, deliver=endless, retention=nothing)
    with caplog.at_level(logging.WARNING):
        ticks.start()
        async with asyncio.timeout(5):
            await begun.wait()
            ticks.stop()
            await ended.wait()
            await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records] == []
