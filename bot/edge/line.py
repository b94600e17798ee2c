"""The bot's line to Telegram: PTB's bot on our transport and limits, with a short way to call.

PTB's own methods (`send_message` …) work as ever and answer with whole `Message` objects. `call` makes
the same call through the same transport and limits and answers with Telegram's plain JSON: building a
`Message` with its hundred attributes costs as much as everything else about a call, and what the bot
needs of it is its number. Fields that are plain JSON go out as they are; looking through them for what
PTB would have to translate costs a fifth of a call.

PTB shows the token in a bot's `repr` and in what it says of a wrong token. This one does not.
"""

from collections.abc import Callable, Sequence
from typing import Any

from telegram.error import InvalidToken, TelegramError
from telegram.ext import BaseRateLimiter, ExtBot

from bot.edge.limits import Lane
from bot.edge.transport import Transport, encoded


class Line(ExtBot[Lane]):
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
        limits: BaseRateLimiter[Lane] | None = None,
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

    async def call(self, method: str, /, *, lane: Lane | None = None, **fields: Any) -> Any:
        """Call a Bot API method by its own name and get its `result` as plain JSON; None leaves a field out.

        Fields are plain JSON or PTB's objects; files are `InputFile`, and pictures of an album `InputMedia…`.

        Raises:
            TelegramError: as PTB's own methods do: `NotSent`, `Uncertain`, `BadRequest`, `RetryAfter` …
        """
        outcome = "cancelled"
        try:
            result = await self._made(method, {k: v for k, v in fields.items() if v is not None}, lane)
            outcome = "ok"
        except TelegramError as error:
            outcome = type(error).__name__
            raise
        finally:
            if self._called is not None:
                self._called(method, outcome)
        return result

    async def _made(self, method: str, fields: dict[str, Any], lane: Lane | None) -> Any:
        limits = self.rate_limiter
        try:
            body = encoded(fields)
        except (TypeError, ValueError):  # files and PTB's own objects, which it knows how to write
            arguments = self._merge_api_rl_kwargs(None, lane) if lane is not None and limits else None
            return await self._post(method, fields, api_kwargs=arguments)
        url = f"{self.base_url}/{method}"
        if limits is None:
            return await self._transport.post_encoded(url, body)
        return await limits.process_request(
            self._transport.post_encoded, (url, body), {}, method, fields, lane
        )

    async def updates(self, offset: int | None, seconds: int, kinds: Sequence[str]) -> list[dict[str, Any]]:
        """The updates from `offset` on (which confirms those before it), as plain JSON.

        Waits up to `seconds` for the first. PTB's `get_updates` fails as a whole when it cannot read one of
        them, and would be given the same ones for ever; these are read one by one.
        """
        fields = {"offset": offset, "timeout": seconds, "allowed_updates": list(kinds)}
        patience = seconds + (self.request.read_timeout or 0.0)
        found: list[dict[str, Any]] = await self._post("getUpdates", fields, read_timeout=patience)
        return found
