"""Updates in: who is it, what do they mean, one transaction, then the answer.

    update -> what was asked (command, key, press, typed text) -> the person and role -> the handler -> commit -> say

One line is logged for each update: an action, a duration and how it went; never a text, a name or a token.
A handler that does not come to an end is given up after a while, and with it what it wrote: its chat goes on.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from telegram import Chat, ChatMember, Update
from telegram.error import Forbidden, TelegramError
from telegram.ext import BaseHandler

from bot.channels.telegram.replies import ReplySender
from bot.channels.turns import turn_of
from bot.errors import Refusal
from bot.feature import Command, FeatureSet
from bot.handlers import fallbacks
from bot.handlers.command_button import RunCommand
from bot.i18n import language, negotiate
from bot.log import get_log
from bot.messages.compose import Composer
from bot.press import IN_DIGEST, Press
from bot.turn import Reply, Turn, Visitor
from scheduler.clock import Clock
from storage import drafts, people
from storage.database import Database

log = get_log("edge")

PATIENCE = 20.0
"""Seconds that a handler gets, its wait for the database included."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an update asks for: the name that the log shows, and what to call with the turn."""

    action: str
    handle: Callable[[Turn], Awaitable[Reply]]
    message_id: int
    text: str = ""
    query: str | None = None
    pressed: int | None = None
    reads: bool = False
    """The handler never writes: it runs beside the writer."""


class Dispatcher(BaseHandler[Update, Any, None]):
    """Takes every update of one bot. `updated` is told each one's action, how it went, and the seconds it took."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        features: FeatureSet,
        outgoing: Composer,
        speaker: ReplySender,
        join_link: Callable[[str], str],
        *,
        patience: float = PATIENCE,
        updated: Callable[[str, str, float], None] | None = None,
    ) -> None:
        super().__init__(self._never)
        self._updated = updated
        self._patience = patience
        self._join_link = join_link
        self._database = database
        self._clock = clock
        self._features = features
        self._outgoing = outgoing
        self._speaker = speaker

    @staticmethod
    async def _never(_update: Update, _context: object) -> None:
        raise AssertionError("the desk answers by itself")

    def check_update(self, update: object) -> bool:
        return isinstance(update, Update)

    async def handle_update(self, update: Update, *_: object) -> None:
        """Handles one update to its end. Whatever happens is logged and, where there is a person, said."""
        started = time.perf_counter()
        action, outcome = "other", "ok"
        try:
            if update.my_chat_member is not None:
                action = await self._membership(update)
            elif update.effective_chat is not None and update.effective_chat.type != Chat.PRIVATE:
                action = await self._group(update)
            elif (asked := self._asked(update)) is not None:
                action = asked.action
                outcome = await self._answer(update, asked)
        except Forbidden:
            outcome = "blocked"
        except TelegramError as error:
            outcome = f"not said: {type(error).__name__}"
        except Exception:
            outcome = "failed"
            log.exception("update failed", action=action)
        took = time.perf_counter() - started
        if self._updated is not None:
            self._updated(action, outcome, took)
        log.info(
            "update",
            action=action,
            outcome=outcome,
            ms=round(took * 1000, 1),
            update_id=update.update_id,
        )

    # --- what was asked

    def _asked(self, update: Update) -> Request | None:
        if update.effective_user is None:
            return None
        if update.callback_query is not None:
            return self._press(update)
        if (edited := update.edited_message) is not None:
            return Request("edited", fallbacks.edited, edited.message_id, reads=True)
        message = update.message
        if message is None:
            return None
        if message.text is None:
            return Request("no_text", fallbacks.no_text, message.message_id, reads=True)
        return self._words(message.message_id, strip_unstorable(message.text))

    def _press(self, update: Update) -> Request:
        query = update.callback_query
        assert query is not None  # noqa: S101 - narrows the type
        pressed = query.message.message_id if query.message is not None else None
        message_id = pressed or 0
        data = strip_unstorable(query.data or "")
        in_digest = data.startswith(IN_DIGEST)
        press = Press.unpack(data.removeprefix(IN_DIGEST))
        handler = self._features.presses.get(type(press)) if press is not None else None
        if press is None or handler is None:
            return Request("old_button", fallbacks.old_button, message_id, query=query.id, reads=True)

        async def handle(turn: Turn) -> Reply:
            if not in_digest:
                return await handler(turn, press)
            reply = await handler(replace(turn, in_digest=True), press)
            return await self._keep_digest(turn, reply, pressed)

        return Request(
            _name(handler), handle, message_id, query=query.id, pressed=pressed, reads=self._only_reads(press)
        )

    def _only_reads(self, press: Press) -> bool:
        if isinstance(press, RunCommand):
            command = self._features.commands.get(press.command)
            return command is None or command.reads
        return type(press) in self._features.reads

    async def _keep_digest(self, turn: Turn, reply: Reply, pressed: int | None) -> Reply:
        """The letter that was tapped shares its message with others, and they stay."""
        if reply.redraw and turn.maybe_actor is not None and pressed is not None:
            whole = await self._outgoing.standing(turn.db, turn.language, turn.maybe_actor, pressed)
            if whole is not None and whole.text:
                return replace(whole, toast=reply.toast)
        return replace(reply, fresh=True)

    def _words(self, message_id: int, text: str) -> Request:
        if text.startswith("/"):
            first, _, rest = text[1:].partition(" ")
            command = self._features.commands.get(first.split("@")[0].lower())
            if command is None:
                return Request("unknown_command", fallbacks.unknown_command, message_id, reads=True)
            return _command(command, message_id, rest.strip())
        if keyed := self._features.command_of_key.get(text.strip()):
            return _command(keyed, message_id)
        return Request("typed", self._typed, message_id, text=text)

    async def _typed(self, turn: Turn) -> Reply:
        if turn.person_id is not None:
            draft = await drafts.peek(turn.db, turn.person_id)
            if draft is not None and (handler := self._features.drafts.get(draft.kind)):
                return await handler(turn, draft)
        return await fallbacks.not_awaited(turn)

    # --- the answer

    async def _answer(self, update: Update, asked: Request) -> str:
        user = update.effective_user
        assert user is not None  # noqa: S101 - a private chat has a person in it
        visitor = Visitor(user.id, strip_unstorable(user.full_name), user.language_code)
        speaks = language(negotiate(user.language_code))
        outcome = "ok"
        try:
            transaction = self._database.reading if asked.reads else self._database.writing
            async with transaction() as db, asyncio.timeout(self._patience):
                turn = await turn_of(
                    db,
                    self._clock.now(),
                    self._features,
                    visitor,
                    asked.message_id,
                    asked.text,
                    self._join_link,
                    pressed=asked.pressed,
                )
                speaks = turn.language
                reply = await asked.handle(turn)
            if turn.unreachable:
                # Race: the update that they came back was lost, or overtaken by a refusal from before.
                async with self._database.writing() as db:
                    await people.set_reachable(db, visitor.telegram_id, True)
        except Refusal as refusal:
            outcome = type(refusal).__name__
            reply = _refused(refusal.said(speaks), asked)
        except Exception:
            number = secrets.token_hex(3)
            outcome = "failed"
            log.exception("handler failed", action=asked.action, problem=number)
            reply = _refused(
                speaks.t(
                    "Something went wrong here, and nothing was saved. Please try again in a moment. If it happens "
                    "again, tell your PALS leader the number {number}.",
                    number=number,
                ),
                asked,
            )
        await self._speaker.answer(reply, user.id, pressed=asked.pressed, query=asked.query)
        return outcome

    # --- what is not a conversation

    async def _membership(self, update: Update) -> str:
        change = update.my_chat_member
        assert change is not None  # noqa: S101 - narrows the type
        gone = change.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT)
        if change.chat.type != Chat.PRIVATE:
            if not gone:
                await self._decline(change.chat.id, change.from_user.language_code)
            return "group_left" if gone else "group_declined"
        async with self._database.writing() as db:
            await people.set_reachable(db, change.chat.id, not gone)
        return "blocked" if gone else "unblocked"

    async def _group(self, update: Update) -> str:
        chat, user = update.effective_chat, update.effective_user
        if chat is None or chat.type == Chat.CHANNEL or update.message is None:
            return "group_ignored"
        await self._decline(chat.id, user.language_code if user is not None else None)
        return "group_declined"

    async def _decline(self, chat: int, code: str | None) -> None:
        words = language(negotiate(code)).t(
            "I only talk with one person at a time, so that nobody reads what is meant for another. "
            "Write to me in a chat of your own. I am leaving this group now."
        )
        await self._speaker.decline_group(chat, words)


def strip_unstorable(text: str) -> str:
    """The text without what no database can hold: the null character, and halves of a character."""
    if text.isascii():
        return text.replace("\0", "")
    return text.encode("utf-8", "ignore").decode().replace("\0", "")


def _refused(said: str, asked: Request) -> Reply:
    """A short refusal of a tap is an alert on top of what stands there; a long one, or one of words, a message."""
    if asked.query is not None and len(said) <= 200:
        return Reply(toast=said, alert=True)
    return Reply(said, fresh=True)


def _command(command: Command, message_id: int, text: str = "") -> Request:
    return Request(_name(command.handler), command.handler, message_id, text=text, reads=command.reads)


def _name(handler: Callable[..., object]) -> str:
    return f"{handler.__module__.removeprefix('bot.handlers.')}.{handler.__name__}"
