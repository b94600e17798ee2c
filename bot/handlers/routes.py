"""Which conversation an update belongs to. Every conversation brings its own tables; this page puts them together."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from bot.press import Press
from bot.turn import Reply, Turn
from storage.drafts import DraftRow

Command = Callable[[Turn], Awaitable[Reply]]
Pressed = Callable[[Turn, Any], Awaitable[Reply]]
Typed = Callable[[Turn, DraftRow], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Routes:
    """Commands by name, presses by class, and awaited texts by the kind of their draft."""

    commands: Mapping[str, Command] = field(default_factory=dict)
    presses: Mapping[type[Press], Pressed] = field(default_factory=dict)
    drafts: Mapping[str, Typed] = field(default_factory=dict)


def collect(conversations: Iterable[ModuleType]) -> Routes:
    """The tables of all conversations as one. Raises ValueError when two claim the same."""
    commands: dict[str, Command] = {}
    presses: dict[type[Press], Pressed] = {}
    drafts: dict[str, Typed] = {}
    for module in conversations:
        for whole, table in ((commands, "COMMANDS"), (presses, "PRESSES"), (drafts, "DRAFTS")):
            own: dict[Any, Any] = getattr(module, table, {})
            if twice := own.keys() & whole.keys():
                raise ValueError(f"{module.__name__} claims what another conversation has: {twice}")
            whole.update(own)  # type: ignore[attr-defined]
    return Routes(commands, presses, drafts)
