"""The examples of README.md run: the conversation answers, its button works, its message arrives."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bot.app import FEATURES
from bot.press import Press
from pals.roles import Role
from tests.journeys.conftest import Stage, oslo, rows, stage
from tests.support.people import MadeSchool

__all__ = ["stage"]

README = Path(__file__).parents[1] / "README.md"


@pytest.fixture
def tips() -> Iterator[ModuleType]:
    """The Python blocks of README.md, in order, as one module."""
    module = ModuleType("readme_tips")
    sys.modules[module.__name__] = module
    known = dict(Press.known)
    try:
        for block in re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE):
            exec(compile(block, str(README), "exec"), module.__dict__)  # noqa: S102 - our own page
        yield module
    finally:
        del sys.modules[module.__name__]
        Press.known.clear()
        Press.known.update(known)


async def test_the_examples_of_the_readme_work_in_the_chat(
    stage: Stage, heia: MadeSchool, tips: ModuleType
) -> None:
    features = [*FEATURES, tips.FEATURE]
    await stage.stop()
    await stage.start(features=features)
    await stage.begin(oslo(2, 8), heia)
    ida = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    tor = await stage.join(heia, Role.STAFF, ["6A"], name="Tor")

    assert "tips" in await ida.commands()
    assert "💡 Tips" in [label for row in rows((await ida.chat()).received[-1]) for label in row]
    assert (await ida.write("/tips"))["text"] == "💡 What worked this week?"
    assert (await ida.tap("Write a tip"))["text"] == "💡 Write it as one message."
    await stage.stop()
    await stage.start(features=features)
    assert (await ida.write("A smile at the door"))["text"] == "💡 Thank you: A smile at the door"

    await stage.goto(oslo(4, 10))
    assert rows(await tor.sees("💡 What worked this week?")) == [["Write a tip"]]
