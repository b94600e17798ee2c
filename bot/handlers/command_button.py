"""A button that does what a command does, wherever the command lives: no conversation has to know another.

Button(turn.t("⭐ Praise"), Go("ros"))
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.errors import Gone
from bot.press import Press
from bot.turn import Reply, Turn

Command = Callable[[Turn], Awaitable[Reply]]


@dataclass(frozen=True)
class RunCommand(Press, tag="og"):
    command: str


def run_command_handler(commands: Mapping[str, Command]) -> Callable[[Turn, RunCommand], Awaitable[Reply]]:
    """The answer to every `Go`: the command itself, with its own check of who may. Raises Gone for an unknown one."""

    async def go(turn: Turn, press: RunCommand) -> Reply:
        command = commands.get(press.command)
        if command is None:
            raise Gone
        return await command(turn)

    return go
