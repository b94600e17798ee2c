"""A feature declares once what it adds to the bot: commands, presses, typed drafts, pushed messages.

    FEATURE = Feature(
        commands=[Command("ros", ask_what, does=N_("Praise: what did you see?"), button=N_("⭐ Praise"), home=10)],
        presses={AskWhat: ask_what, SavePraise: save},
        reads={ShowWeek: show_week},
        drafts={"announcement": take_text},
        messages={INCIDENT: compose_incident},
    )

`bot.app` lists the features. `FeatureSet` derives from them the command menu, the reply keyboard, home's buttons,
labels, the list of problems, what is composed once for many readers, a newcomer's catch-up, and the year wheel.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bot.i18n import CODES, Language, language
from bot.press import Press
from bot.turn import Letter, Reply, Turn
from pals.roles import May, Role, may
from scheduler.message_kind import MessageKind, MessageKinds
from storage.drafts import DraftRow

CommandHandler = Callable[[Turn], Awaitable[Reply]]
PressHandler = Callable[[Turn, Any], Awaitable[Reply]]
DraftHandler = Callable[[Turn, DraftRow], Awaitable[Reply]]
ComposeMessage = Callable[[Letter], Awaitable[Reply | None]]


@dataclass(frozen=True, slots=True)
class Command:
    """A bot command. `does` describes it in the command menu, `button` labels it on keyboards.

    `key` puts it on the reply keyboard, `home` is its place among home's buttons (None: no button). `may` is the
    permission that shows it in these; the handler checks it again. `reads`: it only reads, so its transaction is
    read-only and does not wait for the writer.
    """

    name: str
    handler: CommandHandler
    does: str = ""
    button: str = ""
    key: bool = False
    home: int | None = None
    may: May | None = None
    reads: bool = False

    def is_for(self, role: Role | None) -> bool:
        return self.may is None or (role is not None and may(role, self.may))


@dataclass(frozen=True, slots=True)
class Feature:
    """A conversation: its routes and the messages it composes. Presses in `reads` get a read-only transaction."""

    commands: Sequence[Command] = ()
    presses: Mapping[type[Press], PressHandler] = field(default_factory=dict)
    reads: Mapping[type[Press], PressHandler] = field(default_factory=dict)
    drafts: Mapping[str, DraftHandler] = field(default_factory=dict)
    messages: Mapping[MessageKind, ComposeMessage] = field(default_factory=dict)


@dataclass(frozen=True)
class FeatureSet:
    """All features: the routes of updates, the composers and kinds of messages, and the menus of each role."""

    commands: Mapping[str, Command]
    presses: Mapping[type[Press], PressHandler]
    reads: frozenset[type[Press]]
    drafts: Mapping[str, DraftHandler]
    composers: Mapping[str, ComposeMessage]
    kinds: MessageKinds

    @classmethod
    def combine(cls, features: Iterable[Feature]) -> "FeatureSet":
        """Raises ValueError when two features declare the same command, press, draft or message kind."""
        commands: dict[str, Command] = {}
        presses: dict[type[Press], PressHandler] = {}
        drafts: dict[str, DraftHandler] = {}
        composers: dict[str, ComposeMessage] = {}
        kinds: dict[str, MessageKind] = {}
        reads: set[type[Press]] = set()
        for feature in features:
            _add(commands, {command.name: command for command in feature.commands})
            _add(presses, feature.presses)
            _add(presses, feature.reads)
            _add(drafts, feature.drafts)
            _add(composers, {kind.name: composer for kind, composer in feature.messages.items()})
            _add(kinds, {kind.name: kind for kind in feature.messages})
            reads |= feature.reads.keys()
        return cls(commands, presses, frozenset(reads), drafts, composers, MessageKinds(kinds))

    def menu(self, role: Role | None, speaks: Language) -> list[tuple[str, str]]:
        return [(c.name, str(speaks.t(c.does))) for c in self.commands.values() if c.does and c.is_for(role)]

    def keyboard(self, role: Role | None, speaks: Language) -> list[list[str]]:
        """The reply keyboard of a role, in a language, two keys in a row."""
        labels = [str(speaks.t(c.button)) for c in self.commands.values() if c.key and c.is_for(role)]
        return [labels[i : i + 2] for i in range(0, len(labels), 2)]

    @cached_property
    def command_of_key(self) -> Mapping[str, Command]:
        """The command of a reply keyboard label, in any language, so that an old keyboard still works."""
        keyed = [command for command in self.commands.values() if command.key]
        return {str(language(code).t(c.button)): c for code in CODES for c in keyed}


def _add(declared: dict[Any, Any], own: Mapping[Any, Any]) -> None:
    if duplicates := own.keys() & declared.keys():
        raise ValueError(f"Two features claim the same: {', '.join(sorted(map(str, duplicates)))}")
    declared.update(own)
