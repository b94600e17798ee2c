"""localchat in a process of its own, with many people: `python -m tests.support.chaos_town 2000 300`.

Prints its address and the bot's token as JSON, and runs until it is told to end. All people have started a
chat with the bot, without an update.
"""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import localchat

ROOT = Path(__file__).parents[2]
FIRST = 8_000_000_001
TOKEN = "7100000001:chaos-chaos-chaos-chaos-chaos-chaos"


@asynccontextmanager
async def town(people: int, rate: int) -> AsyncIterator[tuple[str, str]]:
    """Runs localchat in its own process; yields its URL and the bot's token."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.chaos_town", str(people), str(rate), stdout=PIPE, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        started = json.loads(await process.stdout.readline())
        yield started["url"], started["token"]
    finally:
        process.terminate()
        await process.wait()


async def main(people: int, rate: int) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with localchat.serve(rate=rate) as server:
        town = server.state
        bot = town.add_bot("pals_bot", "PALS", TOKEN)
        for number in range(people):
            person = town.add_person(id=FIRST + number, first_name=f"Reader {number}", language_code="nb")
            town.private_chat(bot, person).started = True
        sys.stdout.write(json.dumps({"url": server.url, "token": TOKEN}) + "\n")
        sys.stdout.flush()
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
