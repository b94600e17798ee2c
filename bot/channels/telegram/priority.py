"""What a call is to Telegram's limits, and what each chat may still get: counting, without waiting.

A message that goes into a chat counts towards that chat and overall (an album by its pictures), an edit
or a deletion overall only, and what puts nothing into a chat (`answerCallbackQuery`, `getMe`, `setMyCommands`,
`sendChatAction` …) not at all.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

CHAT_SECONDS: Final = 1.0
CHAT_BURST: Final = 3
GROUP_MESSAGES: Final = 20
GROUP_SECONDS: Final = 60.0

_NEW: Final = ("send", "copy", "forward")
_CHANGE: Final = ("edit", "stop", "deleteMessage")
_FREE: Final = frozenset({"sendChatAction"})
_FEW: Final = 1000


class Priority(Enum):
    """Who goes first. Mail is bulk whose sender keeps a record of it, and would rather have it back than wait."""

    TAP = 0
    BULK = 1
    MAIL = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call puts on the limits: `messages` overall, and into `chat` when it is not None."""

    lane: Priority
    messages: int
    chat: int | str | None

    @property
    def into_group(self) -> bool:
        """Groups and channels have negative numbers or an @name."""
        return isinstance(self.chat, str) or (self.chat is not None and self.chat < 0)


def cost_of(method: str, fields: Mapping[str, Any], lane: Priority | None) -> Cost | None:
    """What a call puts on the limits; None when it puts nothing into a chat and is not paced.

    A lane that the caller did not say is a tap's for a change and bulk for a new message.
    """
    if method.startswith(_NEW) and method not in _FREE:
        several = fields.get("media") or fields.get("message_ids")
        messages = len(several) if isinstance(several, list | tuple) else 1
        return Cost(lane or Priority.BULK, messages, fields.get("chat_id"))
    if method.startswith(_CHANGE):
        return Cost(lane or Priority.TAP, 1, None)
    return None


@dataclass(slots=True)
class _Chat:
    """What has lately been sent to one chat: `clear_at` is when its one-a-second debt is paid."""

    clear_at: float = 0.0
    sent: deque[float] = field(default_factory=deque)


class ChatBudgets:
    """What each chat has lately got. Times are seconds on the caller's clock."""

    def __init__(self) -> None:
        self._chats: dict[int | str, _Chat] = {}
        self._sweep_at = _FEW

    def __len__(self) -> int:
        return len(self._chats)

    def free_at(self, load: Cost, now: float) -> float:
        """When the chat may get this; `now` or earlier is at once."""
        chat = self._chats.get(load.chat) if load.chat is not None else None
        if chat is None:
            return now
        if not load.into_group:
            early = (CHAT_BURST - 1) * CHAT_SECONDS if load.lane is Priority.TAP else 0.0
            return chat.clear_at - early
        while chat.sent and chat.sent[0] <= now - GROUP_SECONDS:
            chat.sent.popleft()
        over = len(chat.sent) + min(load.messages, GROUP_MESSAGES) - GROUP_MESSAGES
        return chat.sent[over - 1] + GROUP_SECONDS if over > 0 else now

    def count(self, load: Cost, now: float) -> None:
        """The chat gets this now."""
        if load.chat is None:
            return
        chat = self._chats.get(load.chat)
        if chat is None:
            if len(self._chats) >= self._sweep_at:
                self._forget(now)
            chat = self._chats[load.chat] = _Chat()
        if load.into_group:
            chat.sent.extend([now] * min(load.messages, GROUP_MESSAGES))
        else:
            chat.clear_at = max(now, chat.clear_at) + load.messages * CHAT_SECONDS

    def uncount(self, load: Cost) -> None:
        """The chat did not get what was counted last."""
        chat = self._chats.get(load.chat) if load.chat is not None else None
        if chat is None:
            return
        if load.into_group:
            for _ in range(min(load.messages, len(chat.sent))):
                chat.sent.pop()
        else:
            chat.clear_at -= load.messages * CHAT_SECONDS

    def _forget(self, now: float) -> None:
        """Drop the chats whose past no longer matters; what stays is the last minute or so."""
        self._chats = {
            key: chat
            for key, chat in self._chats.items()
            if chat.clear_at > now or (chat.sent and chat.sent[-1] > now - GROUP_SECONDS)
        }
        self._sweep_at = max(_FEW, 2 * len(self._chats))
