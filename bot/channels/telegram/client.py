"""Bot API client: PTB's bot on our transport and rate limiter, with calls that return plain JSON.

PTB's own methods (`send_message` …) work unchanged and return whole `Message` objects. `call` goes through the same
transport and rate limiter and returns Telegram's plain JSON: building a `Message` with its hundred attributes costs
as much CPU as the rest of a call, and the bot needs only its id. Fields that are plain JSON are sent as they are;
scanning them for what PTB would have to convert costs a fifth of a call.

PTB shows the token in a bot's `repr` and in its error for a wrong token. This client does not.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from telegram.error import InvalidToken, TelegramError
from telegram.ext import BaseRateLimiter, ExtBot

from bot.channels.telegram.priority import Priority
from bot.channels.telegram.transport import Transport, encoded


class BotClient(ExtBot[Priority]):
    """One bot token on one Bot API server. The two base URLs end before the token, as in `Settings`.

    `on_call` gets the method and the outcome of each `call`, for the metrics.
    """

    def __init__(
        self,
        token: str,
        *,
        base_url: str,
        base_file_url: str,
        transport: Transport,
        limits: BaseRateLimiter[Priority] | None = None,
        on_call: Callable[[str, str], None] | None = None,
    ) -> None:
        super().__init__(
            token,
            base_url=base_url,
            base_file_url=base_file_url,
            request=transport,
            get_updates_request=transport,
            rate_limiter=limits,
        )
        self._transport = transport
        self._on_call = on_call

    def __repr__(self) -> str:
        # PTB's shows the token, and an Application shows its bot.
        return f"BotClient(bot {self.token.partition(':')[0]})"

    async def initialize(self) -> None:
        """Opens the connection and calls getMe.

        Raises:
            InvalidToken: the server does not know the token; PTB's message would repeat it.
        """
        try:
            await super().initialize()
        except InvalidToken:
            refused = True
        else:
            refused = False
        if refused:
            raise InvalidToken("The server does not know this bot token.")

    async def call(self, method: str, /, *, priority: Priority | None = None, **fields: Any) -> Any:
        """Calls a Bot API method by name and returns its `result` as plain JSON; fields that are None are left out.

        Fields are plain JSON or PTB objects; files are `InputFile`, and pictures of an album `InputMedia…`.

        Raises:
            TelegramError: as PTB's own methods do: `NotSent`, `Uncertain`, `BadRequest`, `RetryAfter` …
        """
        present = {name: value for name, value in fields.items() if value is not None}
        try:
            body = encoded(present)
        except TypeError:  # files and PTB objects, which PTB serialises
            arguments = self._merge_api_rl_kwargs(None, priority if self.rate_limiter else None)
            return await self._observed(method, self._post(method, present, api_kwargs=arguments))
        return await self._observed(method, self._rate_limited(method, present, body, priority))

    async def call_encoded(
        self, method: str, chat: int, fields: bytes, *, priority: Priority | None = None
    ) -> Any:
        """`call` for a broadcast: all fields but the chat are `encoded` once for all chats."""
        body = b'{"chat_id":%d,' % chat + fields[1:]
        return await self._observed(method, self._rate_limited(method, {"chat_id": chat}, body, priority))

    async def _rate_limited(
        self, method: str, fields: dict[str, Any], body: bytes, priority: Priority | None
    ) -> Any:
        """Makes a call in plain JSON when the rate limiter allows it; that reads `fields`."""
        post, url = self._transport.post_encoded, f"{self.base_url}/{method}"
        if self.rate_limiter is None:
            return await post(url, body)
        return await self.rate_limiter.process_request(post, (url, body), {}, method, fields, priority)

    async def _observed(self, method: str, call: Coroutine[Any, Any, Any]) -> Any:
        outcome = "cancelled"
        try:
            result = await call
            outcome = "ok"
        except TelegramError as error:
            outcome = type(error).__name__
            raise
        finally:
            if self._on_call is not None:
                self._on_call(method, outcome)
        return result

    async def updates(self, offset: int | None, seconds: int, kinds: Sequence[str]) -> list[dict[str, Any]]:
        """getUpdates by long polling: the updates from `offset` on (which confirms those before it), as plain JSON.

        Waits up to `seconds` for the first. PTB's `get_updates` fails as a whole when it cannot parse one of
        them, and would be given the same batch for ever; these are parsed one by one.
        """
        fields = {"offset": offset, "timeout": seconds, "allowed_updates": list(kinds)}
        timeout = seconds + (self.request.read_timeout or 0.0)
        updates: list[dict[str, Any]] = await self._post("getUpdates", fields, read_timeout=timeout)
        return updates
