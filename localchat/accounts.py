"""Accounts: bots, each with its token and profile, and people."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any

from localchat.updates import UpdateQueue


@dataclass(slots=True, eq=False)
class Person:
    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None

    @property
    def user(self) -> dict[str, Any]:
        """The Bot API's User object."""
        return {"is_bot": False, **self.serialize()}

    def serialize(self) -> dict[str, Any]:
        """The JSON object of `/sim/people`; unset fields are left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(slots=True, eq=False)
class Bot:
    """A bot's account and everything set with the `setMy…` methods.

    All chats of a bot share `message_ids`, as Telegram's private chats do.
    """

    id: int
    token: str
    username: str
    name: str
    updates: UpdateQueue = field(default_factory=UpdateQueue)
    commands: dict[tuple[tuple[str | int, ...], str], list[dict[str, str]]] = field(default_factory=dict)
    profile: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int | None, dict[str, Any]] = field(default_factory=dict)
    message_ids: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def user(self) -> dict[str, Any]:
        """The Bot API's User object; messages already sent keep the name of their time."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}

    def serialize(self) -> dict[str, Any]:
        """The JSON object of `/sim/bots`, with the token."""
        return {"id": self.id, "token": self.token, "username": self.username, "name": self.name}
