"""The bot's line to Telegram: PTB's bot on our transport and limits, with a short way to call.

PTB's own methods (`send_message` …) work as ever and answer with whole `Message` objects. `call` makes
the same call through the same transport and limits and answers with Telegram's plain JSON: building a
`Message` with its hundred attributes costs as much as everything else about a call, and what the bot
needs of it is its number. Fields that are plain JSON go out as they are; looking through them for what
PTB would have to translate costs a fifth of a call.

PTB shows the token in a bot's `repr` and in what it says of a wrong token. This one does not.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from telegram.error import InvalidToken, TelegramError
from telegram.ext import BaseRateLimiter, ExtBot

from bot.channels.telegram.rate_limiter import Priority
from bot.channels.telegram.transport import Transport, encoded


class BotClient(ExtBot[Priority]):
    """One bot token on one Bot API server. The two addresses end before the token, as in `Settings`.

    `called` is told the method of each `call`, and how it went.
    """

    def __init__(
        self,
        token: str,
        *,
        base_url: str,
        base_file_url: str,
        transport: Transport,
        limits: BaseRateLimiter[Priority] | None = None,
        called: Callable[[str, str], None] | None = None,
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
        self._called = called

    def __repr__(self) -> str:
        # PTB's shows the token, and an Application shows its bot.
        return f"Line(bot {self.token.partition(':')[0]})"

    async def initialize(self) -> None:
        """Open the connection and ask who we are.

        Raises:
            InvalidToken: the server does not know the token; PTB's text for that would repeat it.
        """
        try:
            await super().initialize()
        except InvalidToken:
            refused = True
        else:
            refused = False
        if refused:
            raise InvalidToken("The server does not know this bot token.")

    async def call(self, method: str, /, *, lane: Priority | None = None, **fields: Any) -> Any:
        """Call a Bot API method by its own name and get its `result` as plain JSON; None leaves a field out.

        Fields are plain JSON or PTB's objects; files are `InputFile`, and pictures of an album `InputMedia…`.

        Raises:
            TelegramError: as PTB's own methods do: `NotSent`, `Uncertain`, `BadRequest`, `RetryAfter` …
        """
        given = {name: value for name, value in fields.items() if value is not None}
        try:
            body = encoded(given)
        except TypeError:  # files and PTB's own objects, which it knows how to write
            arguments = self._merge_api_rl_kwargs(None, lane if self.rate_limiter else None)
            return await self._told(method, self._post(method, given, api_kwargs=arguments))
        return await self._told(method, self._made(method, given, body, lane))

    async def call_alike(self, method: str, chat: int, alike: bytes, *, lane: Priority | None = None) -> Any:
        """`call` for what many chats get alike: its fields but the chat, `encoded` once for all of them."""
        body = b'{"chat_id":%d,' % chat + alike[1:]
        return await self._told(method, self._made(method, {"chat_id": chat}, body, lane))

    async def _made(self, method: str, fields: dict[str, Any], body: bytes, lane: Priority | None) -> Any:
        """A call in plain JSON, when the limits let it go; they look at its fields."""
        post, url = self._transport.post_encoded, f"{self.base_url}/{method}"
        if self.rate_limiter is None:
            return await post(url, body)
        return await self.rate_limiter.process_request(post, (url, body), {}, method, fields, lane)

    async def _told(self, method: str, call: Coroutine[Any, Any, Any]) -> Any:
        outcome = "cancelled"
        try:
            result = await call
            outcome = "ok"
        except TelegramError as error:
            outcome = type(error).__name__
            raise
        finally:
            if self._called is not None:
                self._called(method, outcome)
        return result

    async def updates(self, offset: int | None, seconds: int, kinds: Sequence[str]) -> list[dict[str, Any]]:
        """The updates from `offset` on (which confirms those before it), as plain JSON.

        Waits up to `seconds` for the first. PTB's `get_updates` fails as a whole when it cannot read one of
        them, and would be given the same ones for ever; these are read one by one.
        """
        fields = {"offset": offset, "timeout": seconds, "allowed_updates": list(kinds)}
        patience = seconds + (self.request.read_timeout or 0.0)
        found: list[dict[str, Any]] = await self._post("getUpdates", fields, read_timeout=patience)
        return found
