"""An inline button that runs a command of any conversation, without an import of that conversation.

Button(turn.t("⭐ Praise"), RunCommand("ros"))
"""

from dataclasses import dataclass

from bot.errors import Gone
from bot.press import Press
from bot.turn import Reply, Turn


@dataclass(frozen=True)
class RunCommand(Press, tag="og"):
    command: str


async def run_command(turn: Turn, press: RunCommand) -> Reply:
    """Runs the command, which checks the permission itself. Raises Gone for an unknown one."""
    command = turn.features.commands.get(press.command)
    if command is None:
        raise Gone
    return await command.handler(turn)
