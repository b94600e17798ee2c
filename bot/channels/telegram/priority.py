"""Priority and cost of a Bot API call under Telegram's rate limits; each chat's budget. Counts, and never waits.

A new message costs its chat's budget and the overall one (an album: one for each picture), an edit or a deletion the
overall one only, and what puts nothing into a chat (`answerCallbackQuery`, `getMe`, `sendChatAction` …) nothing.
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
_SWEEP_MIN: Final = 1000


class Priority(Enum):
    """Who goes first. `DELIVERY` is bulk whose sender records it and retries itself: it never waits out a backoff."""

    INTERACTIVE = 0
    BULK = 1
    DELIVERY = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a call: `messages` of the overall budget, and of the budget of `chat` when it is not None."""

    priority: Priority
    messages: int
    chat: int | str | None

    @property
    def into_group(self) -> bool:
        """Groups and channels have negative numbers or an @name."""
        return isinstance(self.chat, str) or (self.chat is not None and self.chat < 0)


def cost_of(method: str, fields: Mapping[str, Any], priority: Priority | None) -> Cost | None:
    """The cost of a call; None when it is not rate limited.

    The default priority is `INTERACTIVE` for a change and `BULK` for a new message.
    """
    if method.startswith(_NEW) and method not in _FREE:
        batch = fields.get("media") or fields.get("message_ids")
        messages = len(batch) if isinstance(batch, list | tuple) else 1
        return Cost(priority or Priority.BULK, messages, fields.get("chat_id"))
    if method.startswith(_CHANGE):
        return Cost(priority or Priority.INTERACTIVE, 1, None)
    return None


@dataclass(slots=True)
class _Chat:
    """What was recently sent to one chat: `clear_at` is when its budget of one a second is replenished."""

    clear_at: float = 0.0
    sent: deque[float] = field(default_factory=deque)


class ChatBudgets:
    """The rate limit of each chat. Times are seconds on the caller's clock."""

    def __init__(self) -> None:
        self._chats: dict[int | str, _Chat] = {}
        self._sweep_at = _SWEEP_MIN

    def __len__(self) -> int:
        return len(self._chats)

    def free_at(self, cost: Cost, now: float) -> float:
        """When the chat's limit allows this call; `now` or earlier means at once."""
        chat = self._chats.get(cost.chat) if cost.chat is not None else None
        if chat is None:
            return now
        if not cost.into_group:
            early = (CHAT_BURST - 1) * CHAT_SECONDS if cost.priority is Priority.INTERACTIVE else 0.0
            return chat.clear_at - early
        while chat.sent and chat.sent[0] <= now - GROUP_SECONDS:
            chat.sent.popleft()
        over = len(chat.sent) + min(cost.messages, GROUP_MESSAGES) - GROUP_MESSAGES
        return chat.sent[over - 1] + GROUP_SECONDS if over > 0 else now

    def count(self, cost: Cost, now: float) -> None:
        if cost.chat is None:
            return
        chat = self._chats.get(cost.chat)
        if chat is None:
            if len(self._chats) >= self._sweep_at:
                self._sweep(now)
            chat = self._chats[cost.chat] = _Chat()
        if cost.into_group:
            chat.sent.extend([now] * min(cost.messages, GROUP_MESSAGES))
        else:
            chat.clear_at = max(now, chat.clear_at) + cost.messages * CHAT_SECONDS

    def uncount(self, cost: Cost) -> None:
        """Takes back what was counted last: the call was not made."""
        chat = self._chats.get(cost.chat) if cost.chat is not None else None
        if chat is None:
            return
        if cost.into_group:
            for _ in range(min(cost.messages, len(chat.sent))):
                chat.sent.pop()
        else:
            chat.clear_at -= cost.messages * CHAT_SECONDS

    def _sweep(self, now: float) -> None:
        """Drops chats whose budget is full again, which bounds memory to about the last minute."""
        self._chats = {
            key: chat
            for key, chat in self._chats.items()
            if chat.clear_at > now or (chat.sent and chat.sent[-1] > now - GROUP_SECONDS)
        }
        self._sweep_at = max(_SWEEP_MIN, 2 * len(self._chats))
