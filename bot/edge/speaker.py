"""Replies out: one Reply becomes the calls that show it. Answers to a person go ahead of everything sent in bulk."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from telegram import (
    BotCommand,
    BotCommandScopeChat,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
)
from telegram.error import BadRequest
from telegram.ext import ExtBot

from bot.edge.limits import BULK, INTERACTIVE
from bot.turn import Button, Reply, Rows

TOAST_LIMIT = 200
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def _button(button: Button) -> InlineKeyboardButton:
    if button.press is not None:
        return InlineKeyboardButton(button.label, callback_data=button.press.pack())
    if button.copy is not None:
        return InlineKeyboardButton(button.label, copy_text=CopyTextButton(button.copy))
    return InlineKeyboardButton(button.label, url=button.url)


def _inline(rows: Rows) -> InlineKeyboardMarkup | None:
    return InlineKeyboardMarkup([[_button(b) for b in row] for row in rows]) if rows else None


def _standing(rows: Sequence[Sequence[str]]) -> ReplyKeyboardMarkup:
    keys = [[KeyboardButton(label) for label in row] for row in rows]
    return ReplyKeyboardMarkup(keys, resize_keyboard=True, is_persistent=True)


class Speaker:
    """Says replies through one bot."""

    def __init__(self, bot: ExtBot[int]) -> None:
        self._bot = bot

    async def answer(
        self, reply: Reply, chat: int, *, pressed: int | None = None, query: str | None = None
    ) -> None:
        """Answers a person: `pressed` is the message whose button was tapped, `query` the tap itself."""
        edit = pressed if pressed is not None and not reply.fresh else None
        said = [self._answer_query(query, reply)] if query is not None else []
        if reply.text:
            said.append(self._show(reply, chat, edit))
        await asyncio.gather(*said)
        if reply.menu is not None:
            await self._bot.set_my_commands(
                [BotCommand(command, does) for command, does in reply.menu], scope=BotCommandScopeChat(chat)
            )
        for further in reply.then:
            await self.answer(further, chat)

    async def send(self, reply: Reply, chat: int) -> int:
        """Sends in bulk: behind every answer, at the pace of the limits. Returns the (first) message's number."""
        message = await self._new(reply, chat, BULK)
        for further in reply.then:
            await self._new(further, chat, BULK)
        return message.message_id

    async def edit(self, reply: Reply, chat: int, message: int) -> None:
        """Puts a reply in the place of a message that stands there already."""
        await self._edit(reply, chat, message, BULK)

    async def decline_group(self, chat: int, words: str) -> None:
        """Says why, and leaves the group."""
        with suppress(BadRequest):
            await self._bot.send_message(chat, words, rate_limit_args=INTERACTIVE)
        with suppress(BadRequest):
            await self._bot.leave_chat(chat)

    async def _answer_query(self, query: str, reply: Reply) -> None:
        toast = reply.toast if len(reply.toast) <= TOAST_LIMIT else reply.toast[: TOAST_LIMIT - 1] + "…"
        with suppress(BadRequest):  # the tap is older than Telegram keeps; the message says it all
            await self._bot.answer_callback_query(
                query, toast or None, show_alert=reply.alert or None, rate_limit_args=INTERACTIVE
            )

    async def _show(self, reply: Reply, chat: int, edit: int | None) -> None:
        if edit is None or reply.keyboard is not None or reply.paper is not None:
            await self._new(reply, chat, INTERACTIVE)
        else:
            await self._edit(reply, chat, edit, INTERACTIVE)

    async def _edit(self, reply: Reply, chat: int, message: int, urgency: int) -> None:
        try:
            await self._bot.edit_message_text(
                reply.text,
                chat,
                message,
                parse_mode="HTML",
                reply_markup=_inline(reply.buttons),
                link_preview_options=NO_PREVIEW,
                rate_limit_args=urgency,
            )
        except BadRequest as refused:
            if "not modified" not in refused.message:
                await self._new(reply, chat, urgency)

    async def _new(self, reply: Reply, chat: int, urgency: int) -> Message:
        markup = _standing(reply.keyboard) if reply.keyboard is not None else _inline(reply.buttons)
        if reply.paper is None:
            return await self._bot.send_message(
                chat,
                reply.text,
                parse_mode="HTML",
                reply_markup=markup,
                link_preview_options=NO_PREVIEW,
                rate_limit_args=urgency,
            )
        file = InputFile(reply.paper.content, filename=reply.paper.name)
        if reply.paper.picture:
            return await self._bot.send_photo(
                chat, file, reply.text, parse_mode="HTML", reply_markup=markup, rate_limit_args=urgency
            )
        return await self._bot.send_document(
            chat, file, reply.text, parse_mode="HTML", reply_markup=markup, rate_limit_args=urgency
        )
