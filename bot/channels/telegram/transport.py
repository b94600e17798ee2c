"""HTTP transport: an aiohttp session under PTB's request interface, which tells retryable errors from uncertain ones.

A call is one JSON body (multipart when it carries a file) over a keep-alive connection; its result is a status and
bytes that PTB parses. When there is no response, the caller has to know which of two things happened, because a
school's message must neither be lost nor be sent twice:

* `NotSent`: Telegram certainly did not get the call (no connection was made), so it may be retried;
* `Uncertain`: Telegram may have done what was asked (the response was lost), so a new message may not be retried.

Both are PTB `NetworkError`s. After a timeout they are PTB `TimedOut` as well, which is what PTB's own
loops wait for.

**The token** is part of every URL. Exceptions from here therefore have messages of our own, are
scrubbed, and carry no cause or context: the originals hold the URL in their text and in their
attributes.

**Polling never starves.** `getUpdates` holds a connection nearly all the time, and a polling loop that
waits behind forty slow uploads looks exactly like a crashed bot. So the connection pool is unlimited, a
semaphore bounds the number of concurrent calls, and `getUpdates` bypasses that semaphore.
"""

import asyncio
import io
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

import aiohttp
from telegram.error import NetworkError, RetryAfter, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.log import without_token

# PTB is moving its durations from numbers to timedelta and warns at every 429 until one opts in.
os.environ.setdefault("PTB_TIMEDELTA", "1")

_JSON: Final = {"Content-Type": "application/json"}
_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ABSENT: Final = BaseRequest.DEFAULT_NONE


class NotSent(NetworkError):  # noqa: N818 - it says what happened
    """The call certainly did not reach Telegram: nothing was done there, so a retry is safe."""

    __slots__ = ()


class Uncertain(NetworkError):  # noqa: N818 - it says what is known
    """The call may have reached Telegram, but no valid response came back."""

    __slots__ = ()


class NotSentInTime(NotSent, TimedOut):
    """Connecting timed out; nothing was sent."""

    __slots__ = ()


class UncertainInTime(Uncertain, TimedOut):
    """The call was sent and the response timed out."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Timeouts of a call, in seconds.

    `pool`: waiting for the semaphore; `connect`: making a connection; `read`: silence from the server once
    everything is sent; `upload`: sending a call that carries files.
    """

    pool: float = 30.0
    connect: float = 10.0
    read: float = 15.0
    upload: float = 120.0


class Transport(BaseRequest):
    """PTB's HTTP client; a bot's `request` and `get_updates_request` may be the same one.

    At most `calls` calls are in flight at once (`getUpdates` apart). An idle connection is kept for
    `keep_alive` seconds: less than servers keep theirs. Race: a call on a connection that the server is just
    closing ends as `Uncertain`.
    """

    def __init__(
        self, *, calls: int = 100, timeouts: Timeouts | None = None, keep_alive: float = 30.0
    ) -> None:
        self._timeouts = timeouts or Timeouts()
        self._keep_alive = keep_alive
        self._semaphore = asyncio.Semaphore(calls)
        self._session: aiohttp.ClientSession | None = None
        self.last_answer_at: float | None = None
        """When Telegram last responded (a 5xx apart), on `time.monotonic`."""
        self._default_timeout = self._timeout(_ABSENT, _ABSENT)

    def __repr__(self) -> str:
        return f"Transport(open={self._session is not None})"

    @property
    def read_timeout(self) -> float:
        """The default read timeout, in seconds."""
        return self._timeouts.read

    async def initialize(self) -> None:
        """Opens the session. Idempotent: a bot initialises both its requests, which may be the same one."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0, ttl_dns_cache=300, keepalive_timeout=self._keep_alive
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                # Responses are a few hundred bytes: compressing them costs both sides more than it saves.
                skip_auto_headers=("Accept-Encoding",),
            )

    async def shutdown(self) -> None:
        """Closes every connection. Calls made afterwards end as `NotSent`."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def post_encoded(self, url: str, fields: bytes) -> Any:
        """PTB's `post` with fields that are `encoded` already: the same result, the same errors."""
        # PTB passes the fields on to `do_request` unread.
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
        """Makes one call and returns its HTTP status and body; timeouts are in seconds, None means no timeout.

        Raises:
            NotSent: Telegram did not get the call.
            Uncertain: it may have got it; also for every 5xx.
        """
        body: aiohttp.FormData | bytes | None
        if isinstance(request_data, RequestData) and request_data.contains_files:
            body = _form(request_data)
            headers = None
            write = _seconds(write_timeout, self._timeouts.upload)
            timeout = self._timeout(read_timeout, connect_timeout, write)
        else:
            body = encoded(request_data.parameters) if isinstance(request_data, RequestData) else request_data
            headers = _JSON
            timeout = (
                self._default_timeout
                if read_timeout is _ABSENT and connect_timeout is _ABSENT
                else self._timeout(read_timeout, connect_timeout)
            )
        if url.endswith("/getUpdates"):
            return await self._request(url, method, body, headers, timeout)
        await self._acquire(pool_timeout)
        try:
            return await self._request(url, method, body, headers, timeout)
        finally:
            self._semaphore.release()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Parses Telegram's response: a dict with a `result`, or with an error description.

        Raises:
            Uncertain: it is something else, so what Telegram did is not known.
        """
        answer = json_object(payload)
        if answer is not None and ("result" in answer or answer.get("ok") is False):
            return answer
        raise Uncertain("The response was not one a Bot API server gives.")

    def _timeout(self, read: object, connect: object, write: float | None = None) -> aiohttp.ClientTimeout:
        connect_seconds = _seconds(connect, self._timeouts.connect)
        read_seconds = _seconds(read, self._timeouts.read)
        # aiohttp counts the read timeout from the last byte sent, so only uploads need a limit of their own.
        limits = (connect_seconds, read_seconds, write)
        total = sum(s for s in limits if s is not None) if None not in limits else None
        return aiohttp.ClientTimeout(total=total, connect=connect_seconds, sock_read=read_seconds)

    async def _acquire(self, pool_timeout: object) -> None:
        if not self._semaphore.locked():
            await self._semaphore.acquire()
            return
        try:
            async with asyncio.timeout(_seconds(pool_timeout, self._timeouts.pool)):
                await self._semaphore.acquire()
        except TimeoutError:
            raise NotSentInTime("All connections were busy for too long; nothing was sent.") from None

    async def _request(
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
            # Redirects are not followed: the token must not be sent to another host.
            async with session.request(
                method, url, data=body, headers=headers, timeout=limits, allow_redirects=False
            ) as response:
                payload = await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            failure = _scrubbed(error)
        else:
            if response.status >= 300:
                payload = _error_body(response.status, payload)
            self.last_answer_at = time.monotonic()
            return response.status, payload
        # Outside the handler, so that the original with its URL is not attached as the context.
        raise failure


def json_object(body: bytes) -> dict[str, Any] | None:
    """The body as a JSON object; None when it is anything else."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def backoff(refused: RetryAfter) -> timedelta:
    """How long Telegram asks to wait. PTB's type still allows for a number of seconds."""
    after = refused.retry_after
    return after if isinstance(after, timedelta) else timedelta(seconds=after)


def encoded(fields: Mapping[str, Any]) -> bytes:
    """Encodes the fields of a call. Raises TypeError when not all of them are plain JSON.

    A lone surrogate, as text cut in the middle of an emoji has, becomes a question mark.
    """
    return _to_json(fields).encode(errors="replace")


def _form(request_data: RequestData) -> aiohttp.FormData:
    # Telegram reads plain UTF-8 file names, not percent-encoded ones.
    form = aiohttp.FormData(quote_fields=False)
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mimetype) in request_data.multipart_data.items():
        # aiohttp writes a stream in chunks, but bytes in one write that blocks the event loop.
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, stream, filename=filename, content_type=mimetype)
    return form


def _seconds(timeout: object, default: float) -> float | None:
    if timeout is None:
        return None
    return float(timeout) if isinstance(timeout, int | float) else default


def _scrubbed(error: BaseException) -> NetworkError:
    """Maps an aiohttp error to `NotSent` or `Uncertain`, without any part of the URL."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return NotSentInTime("Connecting took too long; nothing was sent.")
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        reason = error.strerror if isinstance(error, OSError) else "the address is not valid"
        return NotSent(without_token(f"No connection ({reason}); nothing was sent."))
    if isinstance(error, TimeoutError):
        return UncertainInTime("No answer came in time; whether the call arrived is not known.")
    return Uncertain(f"The connection broke ({type(error).__name__}); whether the call arrived is not known.")


def _error_body(status: int, payload: bytes) -> bytes:
    """The body of an error response: a 4xx as Telegram wrote it.

    Raises:
        NotSent: the response is a proxy's or a firewall's: Telegram did not get the call, and the error is about
            neither the reader, the text nor the token.
        Uncertain: for a 5xx.
    """
    answer = json_object(payload) or {}
    from_telegram = "description" in answer
    if status >= 500:
        description = answer.get("description", f"HTTP {status}")
        raise Uncertain(without_token(f"{description} ({status}); whether it was done is not known."))
    if not from_telegram:
        raise NotSent(f"HTTP {status} from something that is not a Bot API server; nothing was sent.")
    return payload
