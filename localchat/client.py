"""HTTP client of the control interface, for end-to-end tests that read like what people do.

    async with Sim(server.url) as sim:
        ada = await sim.person("Ada")
        await sim.start(ada, "invitation")
        await sim.until(ada, says("Welcome"))
        await sim.press(ada, "Ros")

A person is an Account from `person()` or an id; a bot is named by its username.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import aiohttp

Message = dict[str, Any]

MAX_EVENT_BYTES = 2**20
"""Read buffer of the event stream: a long text with many buttons exceeds aiohttp's default."""


class SimRefusedError(Exception):
    """The control interface refused a request (4xx); the text is its error message."""


@dataclass(frozen=True, slots=True)
class Account:
    """A bot or a person. `token` is empty for people."""

    id: int
    name: str
    username: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Chat:
    """A snapshot of what a phone shows."""

    messages: list[Message]
    keyboard: dict[str, Any] | None
    commands: list[dict[str, str]]
    pinned: list[int]
    blocked: bool
    started: bool
    menu_button: dict[str, Any]
    typing: bool

    @property
    def texts(self) -> list[str]:
        """The texts and captions of the messages, oldest first."""
        return [m.get("text") or m.get("caption") or "" for m in self.messages]

    @property
    def received(self) -> list[Message]:
        """The messages from others than the person."""
        return [m for m in self.messages if not m.get("out")]

    @property
    def last(self) -> Message:
        """The newest message. Raises IndexError in an empty chat."""
        return self.messages[-1]


Predicate = Callable[[Chat], object]
Who = Account | int


def account_id(who: Who) -> int:
    return who.id if isinstance(who, Account) else who


def buttons(message: Message) -> list[list[str]]:
    """The labels of a message's inline buttons, by row."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [[button["text"] for button in row] for row in rows]


def says(text: str) -> Predicate:
    """A predicate for `until`: a received message contains the text."""
    return lambda chat: any(text in (m.get("text") or m.get("caption") or "") for m in chat.received)


class Sim:
    """A client of the server at `url`, entered with `async with`. Every method may raise SimRefusedError."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def ask(self, verb: str, path: str, body: Any = None, **query: Any) -> Any:
        """Send a request to `/sim/<path>`; None values are left out of body and query."""
        if isinstance(body, dict):
            body = {k: v for k, v in body.items() if v is not None}
        query = {k: str(v) for k, v in query.items() if v is not None}
        async with self.session.request(verb, f"{self.url}/sim/{path}", json=body, params=query) as response:
            content = await response.json()
            if response.status >= 400:
                raise SimRefusedError(content["description"])
            return content

    async def bot(self, username: str = "pals_bot", name: str = "PALS", token: str | None = None) -> Account:
        """Create a bot."""
        return Account(**await self.ask("POST", "bots", {"username": username, "name": name, "token": token}))

    async def bots(self) -> list[Account]:
        return [Account(**bot) for bot in await self.ask("GET", "bots")]

    async def person(self, first_name: str, **profile: str | int | None) -> Account:
        """Create a person; the profile is `last_name`, `username`, `language_code` and `id`, all optional."""
        made = await self.ask("POST", "people", {"first_name": first_name, **profile})
        return Account(made["id"], made["first_name"], made.get("username", ""))

    async def people(self) -> list[dict[str, Any]]:
        return list(await self.ask("GET", "people"))

    async def _act(self, who: Who, action: str, **body: Any) -> dict[str, Any]:
        return dict(await self.ask("POST", f"people/{account_id(who)}/{action}", body))

    async def text(
        self, who: Who, text: str, *, reply_to: int | None = None, bot: str | None = None
    ) -> Message:
        """Send a text as the person."""
        return await self._act(who, "text", text=text, reply_to=reply_to, bot=bot)

    async def start(self, who: Who, parameter: str | None = None, *, bot: str | None = None) -> Message:
        """Open a deep link as the person and press Start."""
        return await self._act(who, "start", parameter=parameter, bot=bot)

    async def press(
        self,
        who: Who,
        label: str | None = None,
        *,
        data: str | None = None,
        message_id: int | None = None,
        wait: float = 5.0,
        bot: str | None = None,
    ) -> dict[str, Any] | None:
        """Press an inline button as the person; the bot's answer, or None after a timeout of `wait` seconds."""
        button = {"label": label, "data": data, "message_id": message_id}
        response = await self._act(who, "press", **button, wait=wait, bot=bot)
        answer: dict[str, Any] | None = response["answer"]
        return answer

    async def edit(self, who: Who, message_id: int, text: str, *, bot: str | None = None) -> Message:
        """Edit a text of the person's own."""
        return await self._act(who, "edit", message_id=message_id, text=text, bot=bot)

    async def send(self, who: Who, kind: str, *, bot: str | None = None, **fields: Any) -> Message:
        """Send a photo, document, sticker, location, contact or voice message as the person."""
        return await self._act(who, "send", kind=kind, bot=bot, **fields)

    async def block(self, who: Who, *, bot: str | None = None) -> None:
        await self._act(who, "block", bot=bot)

    async def unblock(self, who: Who, *, bot: str | None = None) -> None:
        await self._act(who, "unblock", bot=bot)

    async def chat(self, who: Who, *, bot: str | None = None) -> Chat:
        return Chat(**await self.ask("GET", f"people/{account_id(who)}/chat", bot=bot))

    @asynccontextmanager
    async def events(
        self, who: Who, *, bot: str | None = None
    ) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
        """Subscribe to the chat's server-sent events: pairs of event type and data."""
        async with self.session.get(
            f"{self.url}/sim/people/{account_id(who)}/events",
            params={"bot": bot} if bot else {},
            timeout=aiohttp.ClientTimeout(total=None),
            read_bufsize=MAX_EVENT_BYTES,
        ) as stream:
            yield _events(stream)

    async def until(
        self,
        who: Who,
        predicate: Predicate,
        timeout: float = 5.0,  # noqa: ASYNC109 - the error shows the chat
        *,
        bot: str | None = None,
    ) -> Chat:
        """Wait until the chat satisfies the predicate. Raises TimeoutError with what the phone shows."""
        async with self.events(who, bot=bot) as events:
            chat = await self.chat(who, bot=bot)
            try:
                async with asyncio.timeout(timeout):
                    while not predicate(chat):
                        if await anext(events, None) is None:
                            raise ConnectionError("The event stream has ended.")
                        chat = await self.chat(who, bot=bot)
            except TimeoutError:
                raise TimeoutError(f"After {timeout} s the phone shows {chat.texts!r}.") from None
            return chat

    async def group(self, title: str, people: list[Who], *, bot: str | None = None) -> int:
        """Create a group with the bot in it; returns its id."""
        body = {"title": title, "people": [account_id(who) for who in people], "bot": bot}
        return int((await self.ask("POST", "groups", body))["id"])

    async def group_text(self, group: int, who: Who, text: str, *, reply_to: int | None = None) -> Message:
        """Send a text in a group as a person."""
        body = {"person": account_id(who), "text": text, "reply_to": reply_to}
        return dict(await self.ask("POST", f"groups/{group}/text", body))

    async def group_chat(self, group: int) -> dict[str, Any]:
        return dict(await self.ask("GET", f"groups/{group}/chat"))

    async def update(self, update: dict[str, Any], *, bot: str | None = None) -> int | None:
        """Enqueue any update for the bot; returns its id, None when the bot has filtered out its type."""
        found: int | None = (await self.ask("POST", "updates", {"update": update, "bot": bot}))["update_id"]
        return found

    async def calls(self, method: str | None = None, since: int | None = None) -> list[dict[str, Any]]:
        """The call log, oldest first."""
        return list(await self.ask("GET", "calls", method=method, since=since))

    async def forget_calls(self) -> None:
        await self.ask("DELETE", "calls")

    async def fault(self, method: str, kind: str, times: int = 1, **fields: Any) -> None:
        """Inject a fault for the next calls of a method: `status`, `delay` or `drop`."""
        await self.ask("POST", "faults", {"method": method, "kind": kind, "times": times, **fields})

    async def met_faults(self) -> list[dict[str, Any]]:
        """The calls that met a fault, oldest first."""
        return list(await self.ask("GET", "faults"))

    async def end_faults(self) -> None:
        await self.ask("DELETE", "faults")

    async def limits(self, on: bool) -> None:
        await self.ask("POST", "limits", {"on": on})

    async def clock(self, now: datetime | None) -> None:
        """Set the clock of message dates (timezone-aware); None resets it to the real time."""
        await self.ask("POST", "clock", {"now": now.isoformat() if now else None})


async def _events(stream: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, Any]]:
    kind = ""
    async for raw in stream.content:
        line = raw.decode().rstrip("\n")
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield kind, json.loads(line.removeprefix("data: "))
