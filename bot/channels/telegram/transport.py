"""How a call reaches Telegram and what is known afterwards: an aiohttp session under PTB's interface.

A call goes out as one JSON body (multipart when it carries a file) over a kept-alive connection, and comes
back as a status and bytes that PTB reads. When no answer comes back, the caller has to know which of two
things happened, because a school's message must neither be lost nor be sent twice:

* `NotSent`: Telegram certainly did not get the call (no connection was made), so it may be tried again;
* `Uncertain`: Telegram may have done what was asked (the answer was lost), so it may not.

Both are PTB `NetworkError`s. When time ran out they are PTB `TimedOut` as well, which is what PTB's own
loops wait for.

**The token** is part of every address. Exceptions from here therefore speak in our own words, are
scrubbed, and carry no cause or context: the originals hold the address in their text and in their
attributes.

**Polling never starves.** `getUpdates` holds a connection nearly all the time, and a polling loop that
waits behind forty slow uploads looks exactly like a bot that died. So the pool itself is unlimited, the
number of simultaneous calls is held down by a gate of our own, and `getUpdates` does not pass through
that gate.
"""

import asyncio
import io
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.log import without_token

# PTB is moving its periods of time from numbers to timedelta and warns at every 429 until one opts in.
os.environ.setdefault("PTB_TIMEDELTA", "1")

_JSON: Final = {"Content-Type": "application/json"}
_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ABSENT: Final = BaseRequest.DEFAULT_NONE


class NotSent(NetworkError):  # noqa: N818 - it says what happened
    """The call certainly did not reach Telegram: nothing was done there, and it may be tried again."""

    __slots__ = ()


class Uncertain(NetworkError):  # noqa: N818 - it says what is known
    """The call may have reached Telegram, but no answer that can be read came back."""

    __slots__ = ()


class NotSentInTime(NotSent, TimedOut):
    """No connection was to be had within the time allowed; nothing was sent."""

    __slots__ = ()


class UncertainInTime(Uncertain, TimedOut):
    """The call went out and no answer came within the time allowed."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds each part of a call may take before it is given up.

    `gate`: waiting for one of the transport's places; `connect`: making a connection; `read`: silence
    from the server once everything is sent; `upload`: sending a call that carries files.
    """

    gate: float = 30.0
    connect: float = 10.0
    read: float = 15.0
    upload: float = 120.0


class Transport(BaseRequest):
    """PTB's way out to a Bot API server; a bot's `request` and `get_updates_request` may be the same one.

    At most `calls` calls are in flight at once (`getUpdates` apart). An idle connection is kept for
    `keep_alive` seconds: shorter than servers keep theirs, since a call on a connection that the server
    is just closing ends as `Uncertain`.
    """

    def __init__(
        self, *, calls: int = 100, patience: Patience | None = None, keep_alive: float = 30.0
    ) -> None:
        self._patience = patience or Patience()
        self._keep_alive = keep_alive
        self._gate = asyncio.Semaphore(calls)
        self._session: aiohttp.ClientSession | None = None
        self.last_answer_at: float | None = None
        """When Telegram last answered anything (an error of 5xx apart), on `time.monotonic`."""
        self._usual = self._timeout(_ABSENT, _ABSENT)

    def __repr__(self) -> str:
        return f"Transport(open={self._session is not None})"

    @property
    def read_timeout(self) -> float:
        """Seconds of silence after which a call is given up when the caller names no other number."""
        return self._patience.read

    async def initialize(self) -> None:
        """Open the session. Once more is harmless: a bot opens both its requests, which may be one."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0, ttl_dns_cache=300, keepalive_timeout=self._keep_alive
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                # Answers are a few hundred bytes: packing them costs both sides more than it saves.
                skip_auto_headers=("Accept-Encoding",),
            )

    async def shutdown(self) -> None:
        """Close every connection. Calls made afterwards end as `NotSent`."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def post_encoded(self, url: str, fields: bytes) -> Any:
        """PTB's `post` with fields that are `encoded` already: the same result, the same errors."""
        # PTB hands what it was given for the fields to `do_request`, unread.
        return await self.post(url, cast(RequestData, fields))

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | bytes | None = None,
        read_timeout: object = _ABSENT,
        write_timeout: object = _ABSENT,
        connect_timeout: object = _ABSENT,
        pool_timeout: object = _ABSENT,
    ) -> tuple[int, bytes]:
        """Make one call and return its HTTP status and body; timeouts are in seconds, None is for ever.

        Raises:
            NotSent: Telegram did not get the call.
            Uncertain: it may have got it; also for every 5xx, where it got it and fell over on the way.
        """
        body: aiohttp.FormData | bytes | None
        if isinstance(request_data, RequestData) and request_data.contains_files:
            body = _form(request_data)
            headers = None
            write = _seconds(write_timeout, self._patience.upload)
            timeout = self._timeout(read_timeout, connect_timeout, write)
        else:
            body = encoded(request_data.parameters) if isinstance(request_data, RequestData) else request_data
            headers = _JSON
            timeout = (
                self._usual
                if read_timeout is _ABSENT and connect_timeout is _ABSENT
                else self._timeout(read_timeout, connect_timeout)
            )
        if url.endswith("/getUpdates"):
            return await self._exchange(url, method, body, headers, timeout)
        await self._enter(pool_timeout)
        try:
            return await self._exchange(url, method, body, headers, timeout)
        finally:
            self._gate.release()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Telegram's answer as a dict that holds a `result`, or a description of what was wrong.

        Raises:
            Uncertain: it is something else, so what Telegram did is not known.
        """
        try:
            answer = json.loads(payload)
        except ValueError:
            answer = None
        if isinstance(answer, dict) and ("result" in answer or answer.get("ok") is False):
            return answer
        raise Uncertain("The answer was not one a Bot API server gives.")

    def _timeout(self, read: object, connect: object, write: float | None = None) -> aiohttp.ClientTimeout:
        connect_seconds = _seconds(connect, self._patience.connect)
        read_seconds = _seconds(read, self._patience.read)
        # aiohttp counts silence from the last byte sent, so only large bodies need a limit of their own.
        limits = (connect_seconds, read_seconds, write)
        total = sum(s for s in limits if s is not None) if None not in limits else None
        return aiohttp.ClientTimeout(total=total, connect=connect_seconds, sock_read=read_seconds)

    async def _enter(self, pool_timeout: object) -> None:
        if not self._gate.locked():
            await self._gate.acquire()
            return
        try:
            async with asyncio.timeout(_seconds(pool_timeout, self._patience.gate)):
                await self._gate.acquire()
        except TimeoutError:
            raise NotSentInTime("All connections were busy for too long; nothing was sent.") from None

    async def _exchange(
        self,
        url: str,
        method: str,
        body: aiohttp.FormData | bytes | None,
        headers: dict[str, str] | None,
        limits: aiohttp.ClientTimeout,
    ) -> tuple[int, bytes]:
        session = self._session
        if session is None:
            raise NotSent("The connection to Telegram is closed; nothing was sent.")
        failure: NetworkError
        try:
            # A redirect is not followed: the token must not travel to another address.
            async with session.request(
                method, url, data=body, headers=headers, timeout=limits, allow_redirects=False
            ) as response:
                payload = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            failure = _in_our_words(error)
        else:
            if response.status >= 300:
                payload = _refusal(response.status, payload)
            self.last_answer_at = time.monotonic()
            return response.status, payload
        # Outside the handler, so that the original with its address does not hang on as the context.
        raise failure


def encoded(fields: Mapping[str, Any]) -> bytes:
    """The body of a call with these fields. Raises TypeError when not all of them are plain JSON.

    Half a character, which is all that some cut text leaves of an emoji, becomes a question mark.
    """
    return _to_json(fields).encode(errors="replace")


def _form(request_data: RequestData) -> aiohttp.FormData:
    # Telegram reads plain UTF-8 file names, not percent-encoded ones.
    form = aiohttp.FormData(quote_fields=False)
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mimetype) in request_data.multipart_data.items():
        # aiohttp writes a stream in parts, and bytes in one go that holds everybody up.
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, stream, filename=filename, content_type=mimetype)
    return form


def _seconds(asked: object, usual: float) -> float | None:
    if asked is None:
        return None
    return float(asked) if isinstance(asked, int | float) else usual


def _in_our_words(error: BaseException) -> NetworkError:
    """What is known after `error`, told without any part of the address."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return NotSentInTime("Connecting took too long; nothing was sent.")
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        reason = error.strerror if isinstance(error, OSError) else "the address is not valid"
        return NotSent(without_token(f"No connection ({reason}); nothing was sent."))
    if isinstance(error, TimeoutError):
        return UncertainInTime("No answer came in time; whether the call arrived is not known.")
    return Uncertain(f"The connection broke ({type(error).__name__}); whether the call arrived is not known.")


def _refusal(status: int, payload: bytes) -> bytes:
    """The body of an answer that is not a success, made safe to be told: 4xx as Telegram wrote it.

    Raises:
        NotSent: for what something on the way answered (a firewall, a proxy): Telegram did not get the call, and
            what it says is about neither the reader, the text nor the token.
        Uncertain: for a 5xx.
    """
    try:
        answer = json.loads(payload)
    except ValueError:
        answer = None
    telegrams = isinstance(answer, dict) and "description" in answer
    if status >= 500:
        says = answer["description"] if telegrams else f"HTTP {status}"
        raise Uncertain(without_token(f"{says} ({status}); whether it was done is not known."))
    if not telegrams:
        raise NotSent(f"HTTP {status} from something that is not a Bot API server; nothing was sent.")
    return payload
