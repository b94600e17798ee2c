"""Replies out: one Reply becomes the calls that show it. Answers to a person go ahead of all that is sent in bulk."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from telegram import InputFile
from telegram.error import BadRequest, NetworkError

from bot.channels.telegram.client import BotClient
from bot.channels.telegram.rate_limiter import Priority
from bot.channels.telegram.transport import NotSent, encoded
from bot.press import IN_DIGEST
from bot.turn import Button, Reply, Rows

TOAST_LIMIT = 200
KEPT = 32
TRY_AGAIN_S = (1.0, 5.0)
NO_PREVIEW = {"is_disabled": True}


def _button(button: Button) -> dict[str, Any]:
    label = str(button.label)
    if button.press is not None:
        among = IN_DIGEST if button.in_digest else ""
        return {"text": label, "callback_data": among + button.press.pack()}
    if button.copy is not None:
        return {"text": label, "copy_text": {"text": str(button.copy)}}
    return {"text": label, "url": button.url}


def _inline(rows: Rows) -> dict[str, Any] | None:
    return {"inline_keyboard": [[_button(b) for b in row] for row in rows]} if rows else None


def _standing(rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    keys = [[{"text": str(label)} for label in row] for row in rows]
    return {"keyboard": keys, "resize_keyboard": True, "is_persistent": True}


def _markup(reply: Reply) -> dict[str, Any] | None:
    return _standing(reply.keyboard) if reply.keyboard is not None else _inline(reply.buttons)


def _body(reply: Reply) -> bytes:
    """What is the same for everybody who gets this message."""
    fields = {"text": str(reply.text), "parse_mode": "HTML", "link_preview_options": NO_PREVIEW}
    markup = _markup(reply)
    return encoded(fields if markup is None else {**fields, "reply_markup": markup})


async def _surely(call: Callable[[], Awaitable[object]]) -> None:
    """Makes a call again that certainly did not arrive."""
    for wait in TRY_AGAIN_S:
        try:
            await call()
        except NotSent:
            await asyncio.sleep(wait)
        else:
            return
    await call()


class ReplySender:
    """Says replies through one bot."""

    def __init__(self, client: BotClient) -> None:
        self._client = client
        self._kept: dict[int, tuple[Reply, bytes]] = {}

    async def answer(
        self, reply: Reply, chat: int, *, pressed: int | None = None, query: str | None = None
    ) -> None:
        """Answers a person: `pressed` is the message whose button was tapped, `query` the tap itself."""
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
                raise toasted  # a toast that is lost beside a message is no loss
        await self._set_menu(reply, chat, Priority.TAP)
        for further in reply.then:
            await self.answer(further, chat)

    async def send(self, reply: Reply, chat: int) -> int:
        """Sends in bulk: behind every answer, at the pace of the limits. Returns the message's number.

        What comes with it is for `follow`, so that whoever keeps a record knows what has arrived.
        """
        return await self._new(reply, chat, Priority.MAIL)

    async def follow(self, reply: Reply, chat: int) -> None:
        """Sends what comes with a reply that was sent: its menu, and the messages after it."""
        await _surely(partial(self._set_menu, reply, chat, Priority.BULK))
        for further in reply.then:
            await _surely(partial(self._new, further, chat, Priority.BULK))

    async def edit(self, reply: Reply, chat: int, message: int) -> None:
        """Puts a reply in the place of a message that stands there already; does nothing where none does."""
        with suppress(BadRequest):
            await self._replace(reply, chat, message, Priority.BULK)

    async def change(self, reply: Reply, chat: int, message: int) -> None:
        """Puts a reply in the place of a message in bulk. Raises BadRequest if it cannot, or changes nothing."""
        await self._replace(reply, chat, message, Priority.BULK)

    async def remove(self, chat: int, message: int) -> None:
        """Deletes a message in bulk. Raises BadRequest if it is gone, or too old."""
        await self._client.call("deleteMessage", lane=Priority.BULK, chat_id=chat, message_id=message)

    async def decline_group(self, chat: int, words: str) -> None:
        """Says why, and leaves the group."""
        with suppress(BadRequest):
            await self._client.call("sendMessage", lane=Priority.TAP, chat_id=chat, text=str(words))
        with suppress(BadRequest):
            await self._client.call("leaveChat", lane=Priority.TAP, chat_id=chat)

    async def _set_menu(self, reply: Reply, chat: int, lane: Priority) -> None:
        if reply.menu is not None:
            await self._client.call(
                "setMyCommands",
                lane=lane,
                commands=[{"command": command, "description": does} for command, does in reply.menu],
                scope={"type": "chat", "chat_id": chat},
            )

    async def _answer_query(self, query: str, reply: Reply) -> None:
        toast = reply.toast if len(reply.toast) <= TOAST_LIMIT else reply.toast[: TOAST_LIMIT - 1] + "…"
        with suppress(BadRequest):  # the tap is older than Telegram keeps; the message says it all
            await self._client.call(
                "answerCallbackQuery",
                lane=Priority.TAP,
                callback_query_id=query,
                text=str(toast) or None,
                show_alert=reply.alert or None,
            )

    async def _show(self, reply: Reply, chat: int, edit: int | None) -> None:
        if not reply.text and reply.paper is None:
            return
        if edit is None or reply.keyboard is not None or reply.paper is not None:
            await self._new(reply, chat, Priority.TAP)
        else:
            await self._edit(reply, chat, edit, Priority.TAP)

    async def _edit(self, reply: Reply, chat: int, message: int, lane: Priority) -> None:
        try:
            await self._replace(reply, chat, message, lane)
        except BadRequest as refused:
            if "not modified" not in refused.message:
                await self._new(reply, chat, lane)
        except NetworkError:
            with suppress(BadRequest):  # "not modified": it had arrived, and only the answer was lost
                await self._replace(reply, chat, message, lane)

    async def _replace(self, reply: Reply, chat: int, message: int, lane: Priority) -> None:
        await self._client.call(
            "editMessageText",
            lane=lane,
            chat_id=chat,
            message_id=message,
            text=str(reply.text),
            parse_mode="HTML",
            reply_markup=_inline(reply.buttons),
            link_preview_options=NO_PREVIEW,
        )

    def _alike(self, reply: Reply) -> bytes:
        """What one reply says to many is put together once. The reply is kept, so that no other gets its id."""
        kept = self._kept.get(id(reply))
        if kept is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            kept = self._kept[id(reply)] = (reply, _body(reply))
        return kept[1]

    async def _new(self, reply: Reply, chat: int, lane: Priority) -> int:
        if reply.paper is None:
            sent = await self._client.call_alike("sendMessage", chat, self._alike(reply), lane=lane)
        else:
            method, field = ("sendPhoto", "photo") if reply.paper.picture else ("sendDocument", "document")
            file = InputFile(reply.paper.content, filename=reply.paper.name)
            sent = await self._client.call(
                method,
                lane=lane,
                chat_id=chat,
                caption=str(reply.text) or None,
                parse_mode="HTML",
                reply_markup=_markup(reply),
                **{field: file},
            )
        number: int = sent["message_id"]
        return number
