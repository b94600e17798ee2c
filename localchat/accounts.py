"""Accounts: bots, each with its token and profile, and people."""

import secrets
from dataclasses import dataclass, field
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
    """A bot's account and everything set with the `setMy…` methods. `user` is the Bot API's User object."""

    id: int
    token: str
    username: str
    name: str
    updates: UpdateQueue = field(default_factory=UpdateQueue)
    commands: dict[tuple[tuple[str | int, ...], str], list[dict[str, str]]] = field(default_factory=dict)
    profile: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int | None, dict[str, Any]] = field(default_factory=dict)
    last_message_id: int = 0
    user: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.rename(self.name)

    def rename(self, name: str) -> None:
        """Set the display name; messages already sent keep the old one."""
        self.name = name
        self.user = {"id": self.id, "is_bot": True, "first_name": name, "username": self.username}

    def next_message_id(self) -> int:
        """The next message id; the counter is shared by all chats of a bot, as in Telegram's private chats."""
        self.last_message_id += 1
        return self.last_message_id

    def serialize(self) -> dict[str, Any]:
        """The JSON object of `/sim/bots`, with the token."""
        return {"id": self.id, "token": self.token, "username": self.username, "name": self.name}


def generate_token(bot_id: int) -> str:
    """A random token of Telegram's format: the bot's id, a colon and 35 characters."""
    return f"{bot_id}:{secrets.token_urlsafe(27)[:35]}"
