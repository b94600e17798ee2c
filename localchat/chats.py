"""Chats: one between each person and each bot, and groups; each with its transcript.

A message is the Bot API's Message object, a dict that nobody changes once it is stored: an edit stores a new
one, so that what lies in an update queue stays what it was.
"""

from dataclasses import dataclass, field
from typing import Any

from localchat.accounts import Bot, Person
from localchat.events import Watchers
from localchat.limits import ChatPace

Message = dict[str, Any]

KEPT = 2_000
"""Messages remembered in one chat; older ones are forgotten, and can no longer be edited."""


@dataclass(slots=True, eq=False)
class Chat:
    """A private chat (`people` is one person, `id` theirs) or a group (`id` is negative)."""

    bot: Bot
    id: int
    people: list[Person]
    title: str | None = None
    started: bool = False
    blocked: bool = False
    left: bool = False
    keyboard: dict[str, Any] | None = None
    pinned: list[int] = field(default_factory=list)
    typing_until: float = 0.0
    messages: dict[int, Message] = field(default_factory=dict)
    watchers: Watchers = field(default_factory=Watchers)
    pace: ChatPace = field(default_factory=ChatPace)
    face: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        if self.title is not None:
            self.face = {"id": self.id, "title": self.title, "type": "group"}
        else:
            person = self.people[0]
            self.face = {"id": self.id, "first_name": person.first_name, "type": "private"}
            if person.last_name is not None:
                self.face["last_name"] = person.last_name
            if person.username is not None:
                self.face["username"] = person.username

    @property
    def private(self) -> bool:
        """Whether it is a chat of one person with the bot."""
        return self.title is None

    def add(self, message: Message) -> None:
        """Store a new message and show it."""
        self.messages[message["message_id"]] = message
        if len(self.messages) > KEPT:
            oldest = next(iter(self.messages))
            del self.messages[oldest]
            self._unpin(oldest)
        if self.watchers:
            self.watchers.tell("message", seen(message))
        if self.typing_until and message["from"]["is_bot"]:
            self.typing_until = 0.0
            self.watchers.tell("typing", False)

    def replace(self, message: Message) -> None:
        """Put an edited message in the place of the one it was."""
        self.messages[message["message_id"]] = message
        if self.watchers:
            self.watchers.tell("edit", seen(message))

    def remove(self, message_id: int) -> None:
        """Take a message away, and its pin with it."""
        del self.messages[message_id]
        self.watchers.tell("delete", {"message_id": message_id})
        self._unpin(message_id)

    def _unpin(self, message_id: int) -> None:
        if message_id in self.pinned:
            self.pinned.remove(message_id)
            self.watchers.tell("pin", self.pinned)

    def show_keyboard(self, keyboard: dict[str, Any] | None) -> None:
        """Show a reply keyboard under the chat, or take it away."""
        if keyboard != self.keyboard:
            self.keyboard = keyboard
            self.watchers.tell("keyboard", keyboard)


def seen(message: Message) -> Message:
    """The message as the page shows it: `out` on what a person wrote, `url` where there is a file."""
    shown = dict(message)
    if not message["from"]["is_bot"]:
        shown["out"] = True
    for kind in ("document", "voice", "sticker"):
        if kind in message:
            shown["url"] = url_of(message[kind]["file_id"])
            shown[kind] = {**message[kind], "url": shown["url"]}
    if "photo" in message:
        shown["photo"] = [{**size, "url": url_of(size["file_id"])} for size in message["photo"]]
        shown["url"] = shown["photo"][-1]["url"]
    if "reply_to_message" in message:
        shown["reply_to_message"] = seen(message["reply_to_message"])
    return shown


def url_of(file_id: str) -> str:
    """Where the page can fetch a file, from the server's own address."""
    return f"/sim/files/{file_id}"
