"""Which conversation an update belongs to. Every conversation brings its own tables; this page puts them together."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from bot.handlers import command_button, show_folded
from bot.handlers.command_button import RunCommand
from bot.handlers.show_folded import ShowFolded
from bot.press import Press
from bot.turn import Letter, Reply, Turn
from storage.drafts import DraftRow

Command = Callable[[Turn], Awaitable[Reply]]
Pressed = Callable[[Turn, Any], Awaitable[Reply]]
Typed = Callable[[Turn, DraftRow], Awaitable[Reply]]
Composed = Callable[[Letter], Awaitable[Reply | None]]


@dataclass(frozen=True, slots=True)
class Routes:
    """Commands by name, presses by class, awaited texts by the kind of their draft, letters by their occurrence's."""

    commands: Mapping[str, Command] = field(default_factory=dict)
    presses: Mapping[type[Press], Pressed] = field(default_factory=dict)
    drafts: Mapping[str, Typed] = field(default_factory=dict)
    letters: Mapping[str, Composed] = field(default_factory=dict)


def collect(conversations: Iterable[ModuleType]) -> Routes:
    """The tables of all conversations as one, with `Go` to each command and `Unfold` of each letter.

    Raises ValueError when two conversations claim the same.
    """
    tables: dict[str, dict[Any, Any]] = {"COMMANDS": {}, "PRESSES": {}, "DRAFTS": {}, "LETTERS": {}}
    for module in conversations:
        for name, whole in tables.items():
            own = getattr(module, name, {})
            if twice := own.keys() & whole.keys():
                raise ValueError(f"{module.__name__} claims what another conversation has: {twice}")
            whole.update(own)
    tables["PRESSES"][RunCommand] = command_button.run_command_handler(tables["COMMANDS"])
    tables["PRESSES"][ShowFolded] = show_folded.show_folded_handler(tables["LETTERS"])
    return Routes(tables["COMMANDS"], tables["PRESSES"], tables["DRAFTS"], tables["LETTERS"])
