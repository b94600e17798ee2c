"""A client of the control interface, so that an end-to-end test reads like what people do.

    async with Sim(server.url) as sim:
        ada = await sim.person("Ada")
        await sim.start(ada, "invitation")
        await sim.until(ada, says("Welcome"))
        await sim.press(ada, "Ros")

A person or bot is named by what `person()` or `bot()` gave, or by number and username.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import aiohttp

Message = dict[str, Any]

LONGEST_EVENT = 2**20
"""Bytes of one event: a long text with many buttons is more than aiohttp reads by default."""


class SimRefusedError(Exception):
    """The control interface refused; the text says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """A bot or a person. `token` is empty for people."""

    id: int
    name: str
    username: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Chat:
    """What a phone shows."""

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
        """The texts and captions, oldest first."""
        return [m.get("text") or m.get("caption") or "" for m in self.messages]

    @property
    def received(self) -> list[Message]:
        """What the person did not write themselves."""
        return [m for m in self.messages if not m.get("out")]

    @property
    def last(self) -> Message:
        """The newest message. Raises IndexError in an empty chat."""
        return self.messages[-1]


Predicate = Callable[[Chat], object]
Who = Account | int


def number(who: Who) -> int:
    """The number of a person or group."""
    return who.id if isinstance(who, Account) else who


def buttons(message: Message) -> list[list[str]]:
    """The labels of a message's inline buttons, row by row."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [[button["text"] for button in row] for row in rows]


def says(text: str) -> Predicate:
    """A predicate for `until`: something received contains the text."""
    return lambda chat: any(text in (m.get("text") or m.get("caption") or "") for m in chat.received)


class Sim:
    """The control interface of a localchat at `url`. Every method may raise SimRefusedError."""

    def __init__(self, url: str, *, session: aiohttp.ClientSession | None = None) -> None:
        self.url = url.rstrip("/")
        self._session = session
        self._owned = session is None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections, unless the session was given."""
        if self._owned and self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The HTTP session, made when it is first needed."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120))
        return self._session

    async def ask(self, verb: str, path: str, body: Any = None, **query: Any) -> Any:
        """One request to `/sim/<path>`; None values are left out of body and query."""
        if isinstance(body, dict):
            body = {k: v for k, v in body.items() if v is not None}
        query = {k: str(v) for k, v in query.items() if v is not None}
        async with self.session.request(verb, f"{self.url}/sim/{path}", json=body, params=query) as answer:
            found = await answer.json()
            if answer.status >= 400:
                raise SimRefusedError(found["description"])
            return found

    async def bot(self, username: str = "pals_bot", name: str = "PALS", token: str | None = None) -> Account:
        """A new bot."""
        made = await self.ask("POST", "bots", {"username": username, "name": name, "token": token})
        return Account(made["id"], made["name"], made["username"], made["token"])

    async def bots(self) -> list[Account]:
        """All bots."""
        return [Account(b["id"], b["name"], b["username"], b["token"]) for b in await self.ask("GET", "bots")]

    async def person(
        self,
        first_name: str,
        *,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = None,
        id: int | None = None,  # noqa: A002 - the Bot API's word
    ) -> Account:
        """A new person."""
        asked = {
            "first_name": first_name,
            "last_name": last_name,
            "username": username,
            "language_code": language_code,
            "id": id,
        }
        made = await self.ask("POST", "people", asked)
        return Account(made["id"], made["first_name"], made.get("username", ""))

    async def people(self) -> list[dict[str, Any]]:
        """All people, as the control interface shows them."""
        found: list[dict[str, Any]] = await self.ask("GET", "people")
        return found

    async def _do(self, who: Who, deed: str, body: dict[str, Any]) -> Any:
        return await self.ask("POST", f"people/{number(who)}/{deed}", body)

    async def text(
        self, who: Who, text: str, *, reply_to: int | None = None, bot: str | None = None
    ) -> Message:
        """The person writes."""
        found: Message = await self._do(who, "text", {"text": text, "reply_to": reply_to, "bot": bot})
        return found

    async def start(self, who: Who, parameter: str | None = None, *, bot: str | None = None) -> Message:
        """The person opens a join link and presses Start."""
        found: Message = await self._do(who, "start", {"parameter": parameter, "bot": bot})
        return found

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
        """The person presses an inline button; the bot's answer, or None when none came in `wait` seconds."""
        asked = {"label": label, "data": data, "message_id": message_id, "wait": wait, "bot": bot}
        answer: dict[str, Any] | None = (await self._do(who, "press", asked))["answer"]
        return answer

    async def edit(self, who: Who, message_id: int, text: str, *, bot: str | None = None) -> Message:
        """The person edits what they wrote."""
        found: Message = await self._do(who, "edit", {"message_id": message_id, "text": text, "bot": bot})
        return found

    async def send(self, who: Who, kind: str, *, bot: str | None = None, **fields: Any) -> Message:
        """The person sends a photo, document, sticker, location, contact or voice message."""
        found: Message = await self._do(who, "send", {"kind": kind, "bot": bot, **fields})
        return found

    async def block(self, who: Who, *, bot: str | None = None) -> None:
        """The person blocks the bot."""
        await self._do(who, "block", {"bot": bot})

    async def unblock(self, who: Who, *, bot: str | None = None) -> None:
        """The person unblocks the bot."""
        await self._do(who, "unblock", {"bot": bot})

    async def chat(self, who: Who, *, bot: str | None = None) -> Chat:
        """What the person's phone shows."""
        return Chat(**await self.ask("GET", f"people/{number(who)}/chat", bot=bot))

    @asynccontextmanager
    async def events(
        self, who: Who, *, bot: str | None = None
    ) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
        """The chat as it happens: pairs of event and data, from the moment the block is entered."""
        query = {"bot": bot} if bot else {}
        async with self.session.get(
            f"{self.url}/sim/people/{number(who)}/events",
            params=query,
            timeout=aiohttp.ClientTimeout(total=None),
            read_bufsize=LONGEST_EVENT,
        ) as stream:
            yield _events(stream)

    async def until(
        self,
        who: Who,
        predicate: Predicate,
        timeout: float = 5.0,  # noqa: ASYNC109 - the chat is in the error
        *,
        bot: str | None = None,
    ) -> Chat:
        """The chat as soon as it satisfies the predicate. Raises TimeoutError with what the phone shows."""
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
        """A new group with the bot in it; its number."""
        asked = {"title": title, "people": [number(who) for who in people], "bot": bot}
        return int((await self.ask("POST", "groups", asked))["id"])

    async def group_text(self, group: int, who: Who, text: str, *, reply_to: int | None = None) -> Message:
        """A person writes in a group."""
        asked = {"person": number(who), "text": text, "reply_to": reply_to}
        found: Message = await self.ask("POST", f"groups/{group}/text", asked)
        return found

    async def group_chat(self, group: int) -> dict[str, Any]:
        """What a group shows."""
        found: dict[str, Any] = await self.ask("GET", f"groups/{group}/chat")
        return found

    async def update(self, update: dict[str, Any], *, bot: str | None = None) -> int | None:
        """Hand the bot any update; its number, None when the bot does not want the kind."""
        found: int | None = (await self.ask("POST", "updates", {"update": update, "bot": bot}))["update_id"]
        return found

    async def calls(self, method: str | None = None, since: int | None = None) -> list[dict[str, Any]]:
        """What bots have called, oldest first."""
        found: list[dict[str, Any]] = await self.ask("GET", "calls", method=method, since=since)
        return found

    async def forget_calls(self) -> None:
        """Empty the list of calls."""
        await self.ask("DELETE", "calls")

    async def fault(self, method: str, kind: str, times: int = 1, **fields: Any) -> None:
        """A fault for the next calls of a method: `status`, `delay` or `drop`."""
        await self.ask("POST", "faults", {"method": method, "kind": kind, "times": times, **fields})

    async def met_faults(self) -> list[dict[str, Any]]:
        """The calls that met a fault, oldest first, each with what it met."""
        found: list[dict[str, Any]] = await self.ask("GET", "faults")
        return found

    async def end_faults(self) -> None:
        """End all faults."""
        await self.ask("DELETE", "faults")

    async def limits(self, on: bool) -> None:
        """Switch Telegram's rate limits."""
        await self.ask("POST", "limits", {"on": on})

    async def clock(self, now: datetime | None) -> None:
        """Set the time that messages carry (aware); None returns to the real time."""
        await self.ask("POST", "clock", {"now": now.isoformat() if now else None})


async def _events(stream: aiohttp.ClientResponse) -> AsyncIterator[tuple[str, Any]]:
    kind = ""
    async for raw in stream.content:
        line = raw.decode().rstrip("\n")
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield kind, json.loads(line.removeprefix("data: "))
