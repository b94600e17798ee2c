"""Accounts: bots, each with its token and profile, and people."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from localchat.updates import UpdateQueue


@dataclass(slots=True, eq=False)
class Person:
    """A person's account."""

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
        names = ("id", "first_name", "last_name", "username", "language_code")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


@dataclass(slots=True, eq=False)
class Bot:
    """A bot's account and everything set with the `setMy…` methods. `user` is the Bot API's User object.

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
    user: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.rename(self.name)

    def rename(self, name: str) -> None:
        """Set the display name; messages already sent keep the old one."""
        self.name = name
        self.user = {"id": self.id, "is_bot": True, "first_name": name, "username": self.username}

    def serialize(self) -> dict[str, Any]:
        """The JSON object of `/sim/bots`, with the token."""
        return {"id": self.id, "token": self.token, "username": self.username, "name": self.name}
