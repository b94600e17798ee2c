"""Startup time and memory: from the command `palsbot run` to the first reply, on an existing database.

| figure | what |
|---|---|
| `start_s` | seconds from the command to the reply to a message sent while the bot was down |
| `rss_mb` | memory of that process when idle |

The chat server is localchat in this process, so its memory is not counted; the database is SQLite with the
demo school. Figures are medians.
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import psutil

import localchat
from benchmarks import school
from benchmarks.figures import Figures
from localchat.client import Sim

TIMES: Final = 7
IDLE_S: Final = 3.0
TIMEOUT_S: Final = 30.0
ROOT: Final = Path(__file__).parent.parent


async def measure() -> Figures:
    """Starts it several times, each with a new bot and chat."""
    seconds, megabytes = [], []
    with TemporaryDirectory(prefix="palsbot-bench-") as directory:
        path = Path(directory) / "palsbot.db"
        teacher = (await school.make(path)).teachers[0].telegram_id
        for _ in range(TIMES):
            started, memory = await _start(path, teacher)
            seconds.append(started)
            megabytes.append(memory)
    return {"start_s": round(median(seconds), 2), "rss_mb": round(median(megabytes), 1)}


async def _start(path: Path, teacher: int) -> tuple[float, float]:
    async with localchat.serve(limits=False) as server, Sim(server.url) as sim:
        account = await sim.bot()
        who = await sim.person("Kari", language_code="nb", id=teacher)
        await sim.start(who)
        settings = {
            "PALSBOT_TOKEN": account.token,
            "PALSBOT_API": server.url,
            "PALSBOT_DATABASE_URL": school.at(path),
            "PALSBOT_LISTEN": "127.0.0.1:0",
        }
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"),
            cwd=path.parent,  # no settings of the developer's own apply
            env={**os.environ, **settings, "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await sim.until(who, lambda chat: chat.received, TIMEOUT_S)
            seconds = time.perf_counter() - began
            await asyncio.sleep(IDLE_S)
            return seconds, psutil.Process(process.pid).memory_info().rss / 2**20
        finally:
            process.terminate()
            await process.wait()
