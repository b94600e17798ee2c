"""An inline button that runs a command of any conversation, without an import of that conversation."""

from bot.errors import existing
from bot.press import Press
from bot.turn import Button, Letter, Reply, Turn


class RunCommand(Press, tag="og"):
    command: str


def command_button(to: Turn | Letter, name: str) -> Button:
    """A button for the command, with the label that the command declares."""
    return Button(to.t(to.features.commands[name].button), RunCommand(name))


async def run_command(turn: Turn, press: RunCommand) -> Reply:
    """Runs the command, which checks the permission itself. Raises Gone for an unknown one."""
    command = existing(turn.features.commands.get(press.command))
    return await command.handler(turn)
