"""Rate limits of Telegram, as token buckets and a sliding window.

Telegram publishes three numbers and no algorithm (core.telegram.org/bots/faq): about 30 messages a second
per token, one a second in a chat with "short bursts" allowed, 20 a minute in a group. Chosen here:

- *overall*: a token bucket of 30 refilled at 30 a second, so a first second may see up to 60 (30 is the `rate`,
  which a test may raise);
- *private chat*: a token bucket of 5 refilled at one a second;
- *group*: a sliding window of 20 in any 60 seconds.

Every message counts, an album by its pictures; edits count overall only; chat actions, callback answers and reads
are free. A refused call costs nothing, and `retry_after` is the whole seconds until it would succeed. Telegram has
been seen to ask for far longer.
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

from localchat.clock import Ticks
from localchat.errors import too_many_requests

OVERALL_PER_SECOND = 30
CHAT_PER_SECOND = 1
CHAT_BURST = 5
GROUP_MESSAGES = 20
GROUP_SECONDS = 60


@dataclass(slots=True)
class TokenBucket:
    """A token bucket that starts full."""

    level: float
    at: float = -math.inf

    def wait(self, now: float, need: int, rate: float, size: int) -> float:
        """Seconds until `need` tokens are available, 0 for now. A need above the size waits for a full bucket."""
        self.level = min(float(size), self.level + (now - self.at) * rate)
        self.at = now
        return max(0.0, (min(need, size) - self.level) / rate)


@dataclass(slots=True)
class ChatRateLimit:
    """The rate limit of one chat: a token bucket for a private chat, a sliding window for a group."""

    bucket: TokenBucket = field(default_factory=lambda: TokenBucket(CHAT_BURST))
    sent: deque[float] = field(default_factory=deque)

    def wait(self, now: float, need: int, private: bool) -> float:
        """Seconds until `need` messages may be sent to the chat."""
        if private:
            return self.bucket.wait(now, need, CHAT_PER_SECOND, CHAT_BURST)
        while self.sent and self.sent[0] <= now - GROUP_SECONDS:
            self.sent.popleft()
        over = len(self.sent) + min(need, GROUP_MESSAGES) - GROUP_MESSAGES
        return self.sent[over - 1] + GROUP_SECONDS - now if over > 0 else 0.0

    def take(self, now: float, need: int, private: bool) -> None:
        """Count `need` messages as sent."""
        if private:
            self.bucket.level -= need
        else:
            self.sent.extend([now] * need)


class RateLimits:
    """The rate limits of all tokens; `on` switches them, `rate` is the messages a second of each token."""

    def __init__(self, ticks: Ticks, on: bool = True, rate: int = OVERALL_PER_SECOND) -> None:
        self.on = on
        self.rate = rate
        self._ticks = ticks
        self._overall: dict[int, TokenBucket] = defaultdict(lambda: TokenBucket(rate))

    def take(self, bot_id: int, chat: ChatRateLimit | None, private: bool, count: int = 1) -> None:
        """Count `count` messages to a chat (None: only the overall limit applies), or raise ApiError 429."""
        if not self.on:
            return
        now = self._ticks()
        overall = self._overall[bot_id]
        wait = overall.wait(now, count, self.rate, self.rate)
        if chat is not None:
            wait = max(wait, chat.wait(now, count, private))
        if wait > 0:
            raise too_many_requests(max(1, math.ceil(wait)))
        overall.level -= count
        if chat is not None:
            chat.take(now, count, private)
