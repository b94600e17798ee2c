"""Sends replies: one Reply becomes Bot API calls. Answers to a tap have priority over everything sent in bulk."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from telegram import InputFile
from telegram.error import BadRequest, NetworkError

from bot.channels.telegram.client import BotClient
from bot.channels.telegram.priority import Priority
from bot.channels.telegram.transport import NotSent, encoded
from bot.press import IN_DIGEST
from bot.turn import Button, Reply, Rows

TOAST_LIMIT = 200
CACHED_BODIES = 32
RETRY_BACKOFF_S = (1.0, 5.0)
NO_PREVIEW = {"is_disabled": True}


def _button(button: Button) -> dict[str, Any]:
    label = str(button.label)
    if button.press is not None:
        prefix = IN_DIGEST if button.in_digest else ""
        return {"text": label, "callback_data": prefix + button.press.pack()}
    if button.copy is not None:
        return {"text": label, "copy_text": {"text": str(button.copy)}}
    return {"text": label, "url": button.url}


def _inline(rows: Rows) -> dict[str, Any] | None:
    return {"inline_keyboard": [[_button(b) for b in row] for row in rows]} if rows else None


def _reply_keyboard(rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    keys = [[{"text": str(label)} for label in row] for row in rows]
    return {"keyboard": keys, "resize_keyboard": True, "is_persistent": True}


def _markup(reply: Reply) -> dict[str, Any] | None:
    return _reply_keyboard(reply.keyboard) if reply.keyboard is not None else _inline(reply.buttons)


def _body(reply: Reply) -> bytes:
    """The encoded fields that are the same for every chat."""
    fields = {"text": str(reply.text), "parse_mode": "HTML", "link_preview_options": NO_PREVIEW}
    markup = _markup(reply)
    return encoded(fields if markup is None else {**fields, "reply_markup": markup})


async def _retry_unsent(call: Callable[[], Awaitable[object]]) -> None:
    """Retries, with backoff, a call that certainly did not arrive."""
    for backoff in RETRY_BACKOFF_S:
        try:
            await call()
        except NotSent:
            await asyncio.sleep(backoff)
        else:
            return
    await call()


class ReplySender:
    def __init__(self, client: BotClient) -> None:
        self._client = client
        self._bodies: dict[int, tuple[Reply, bytes]] = {}

    async def answer(
        self, reply: Reply, chat: int, *, pressed: int | None = None, query: str | None = None
    ) -> None:
        """Answers a tap or a message: `pressed` is the message of the tapped button, `query` the callback query."""
        edit = pressed if not reply.fresh else None
        if query is None:
            await self._show(reply, chat, edit)
        else:
            toasted, shown = await asyncio.gather(
                self._answer_query(query, reply), self._show(reply, chat, edit), return_exceptions=True
            )
            if isinstance(shown, BaseException):
                raise shown
            if isinstance(toasted, BaseException) and not reply.text:
                raise toasted  # beside a message, a lost toast does not matter
        await self._set_menu(reply, chat, Priority.INTERACTIVE)
        for further in reply.then:
            await self.answer(further, chat)

    async def send(self, reply: Reply, chat: int) -> int:
        """Sends one message of a broadcast, at the lowest priority. Returns the message id.

        Its menu and further messages are sent by `follow`, so that the caller can record this one first.
        """
        return await self._new(reply, chat, Priority.DELIVERY)

    async def follow(self, reply: Reply, chat: int) -> None:
        """Sends a reply's menu and further messages, after `send`. Retries what was not sent."""
        await _retry_unsent(partial(self._set_menu, reply, chat, Priority.BULK))
        for further in reply.then:
            await _retry_unsent(partial(self._new, further, chat, Priority.BULK))

    async def edit(self, reply: Reply, chat: int, message: int) -> None:
        """Edits a message in bulk; does nothing when it is gone or unchanged."""
        with suppress(BadRequest):
            await self.change(reply, chat, message)

    async def change(self, reply: Reply, chat: int, message: int, priority: Priority = Priority.BULK) -> None:
        """Edits a message. Raises BadRequest when it is gone, too old or unchanged."""
        await self._client.call(
            "editMessageText",
            priority=priority,
            chat_id=chat,
            message_id=message,
            text=str(reply.text),
            parse_mode="HTML",
            reply_markup=_inline(reply.buttons),
            link_preview_options=NO_PREVIEW,
        )

    async def remove(self, chat: int, message: int) -> None:
        """Deletes a message in bulk. Raises BadRequest when it is gone or too old."""
        await self._client.call("deleteMessage", priority=Priority.BULK, chat_id=chat, message_id=message)

    async def decline_group(self, chat: int, words: str) -> None:
        """Explains in a group that the bot works in private chats only, and leaves."""
        with suppress(BadRequest):
            await self._client.call(
                "sendMessage", priority=Priority.INTERACTIVE, chat_id=chat, text=str(words)
            )
        with suppress(BadRequest):
            await self._client.call("leaveChat", priority=Priority.INTERACTIVE, chat_id=chat)

    async def _set_menu(self, reply: Reply, chat: int, priority: Priority) -> None:
        if reply.menu is not None:
            await self._client.call(
                "setMyCommands",
                priority=priority,
                commands=[{"command": command, "description": does} for command, does in reply.menu],
                scope={"type": "chat", "chat_id": chat},
            )

    async def _answer_query(self, query: str, reply: Reply) -> None:
        toast = reply.toast if len(reply.toast) <= TOAST_LIMIT else reply.toast[: TOAST_LIMIT - 1] + "…"
        with suppress(BadRequest):  # the query has expired; the message itself is the answer
            await self._client.call(
                "answerCallbackQuery",
                priority=Priority.INTERACTIVE,
                callback_query_id=query,
                text=str(toast) or None,
                show_alert=reply.alert or None,
            )

    async def _show(self, reply: Reply, chat: int, edit: int | None) -> None:
        if not reply.text and reply.paper is None:
            return
        if edit is None or reply.keyboard is not None or reply.paper is not None:
            await self._new(reply, chat, Priority.INTERACTIVE)
        else:
            await self._edit(reply, chat, edit)

    async def _edit(self, reply: Reply, chat: int, message: int) -> None:
        try:
            await self.change(reply, chat, message, Priority.INTERACTIVE)
        except BadRequest as refused:
            if "not modified" not in refused.message:
                await self._new(reply, chat, Priority.INTERACTIVE)
        except NetworkError:
            with suppress(BadRequest):  # "not modified": the first attempt had arrived
                await self.change(reply, chat, message, Priority.INTERACTIVE)

    def _encoded_body(self, reply: Reply) -> bytes:
        """Encodes a broadcast's body once. The cache keeps the reply, so that its id() is not reused."""
        cached = self._bodies.get(id(reply))
        if cached is None:
            if len(self._bodies) >= CACHED_BODIES:
                self._bodies.clear()
            cached = self._bodies[id(reply)] = (reply, _body(reply))
        return cached[1]

    async def _new(self, reply: Reply, chat: int, priority: Priority) -> int:
        if reply.paper is None:
            sent = await self._client.call_encoded(
                "sendMessage", chat, self._encoded_body(reply), priority=priority
            )
        else:
            method, field = ("sendPhoto", "photo") if reply.paper.picture else ("sendDocument", "document")
            file = InputFile(reply.paper.content, filename=reply.paper.name)
            sent = await self._client.call(
                method,
                priority=priority,
                chat_id=chat,
                caption=str(reply.text) or None,
                parse_mode="HTML",
                reply_markup=_markup(reply),
                **{field: file},
            )
        message_id: int = sent["message_id"]
        return message_id
