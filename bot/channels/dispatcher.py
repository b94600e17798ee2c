"""Update dispatcher: routes each update to its handler in one transaction, commits, and only then replies.

    update -> request (command, key, press, typed text) -> Turn (person, role) -> handler -> commit -> reply

One line is logged for each update: an action, a duration and an outcome; never a text, a name or a token.
A handler that times out is cancelled and its transaction rolled back, so that its chat's queue goes on.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from telegram import Chat, ChatMember, MaybeInaccessibleMessage, Update
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

log = get_log("channels")

HANDLER_TIMEOUT = 20.0
"""In seconds, including the wait for the database."""


@dataclass(frozen=True, slots=True)
class Request:
    """A routed update: the action for the log, and the handler to call with the turn."""

    action: str
    handle: Callable[[Turn], Awaitable[Reply]]
    message: MaybeInaccessibleMessage | None
    text: str = ""
    query: str | None = None
    pressed: int | None = None
    reads: bool = False
    """The handler never writes: it runs beside the writer."""


class Dispatcher(BaseHandler[Update, Any, None]):
    """Handles every update of one bot. `on_update` gets each one's action, outcome and duration in seconds."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        features: FeatureSet,
        composer: Composer,
        replies: ReplySender,
        join_link: Callable[[str], str],
        *,
        handler_timeout: float = HANDLER_TIMEOUT,
        on_update: Callable[[str, str, float], None] | None = None,
    ) -> None:
        super().__init__(self.handle_update)
        self._on_update = on_update
        self._handler_timeout = handler_timeout
        self._join_link = join_link
        self._database = database
        self._clock = clock
        self._features = features
        self._composer = composer
        self._replies = replies

    def check_update(self, update: object) -> bool:
        return isinstance(update, Update)

    async def handle_update(self, update: Update, *_: object) -> None:
        """Handles one update. Never raises: errors are logged and, in a private chat, answered."""
        started = time.perf_counter()
        action, outcome = "other", "ok"
        try:
            if update.my_chat_member is not None:
                action = await self._membership(update)
            elif update.effective_chat is not None and update.effective_chat.type != Chat.PRIVATE:
                action = await self._group(update)
            elif (request := self._request(update)) is not None:
                action = request.action
                outcome = await self._answer(update, request)
        except Forbidden:
            outcome = "blocked"
        except TelegramError as error:
            outcome = f"not sent: {type(error).__name__}"
        except Exception:
            outcome = "failed"
            log.exception("update failed", action=action)
        seconds = time.perf_counter() - started
        if self._on_update is not None:
            self._on_update(action, outcome, seconds)
        log.info(
            "update",
            action=action,
            outcome=outcome,
            ms=round(seconds * 1000, 1),
            update_id=update.update_id,
        )

    # --- routing

    def _request(self, update: Update) -> Request | None:
        if update.effective_user is None:
            return None
        if update.callback_query is not None:
            return self._press(update)
        if (edited := update.edited_message) is not None:
            return Request("edited", fallbacks.edited, edited, reads=True)
        message = update.message
        if message is None:
            return None
        if message.text is None:
            return Request("no_text", fallbacks.no_text, message, reads=True)
        return self._words(message, strip_unstorable(message.text))

    def _press(self, update: Update) -> Request:
        query = update.callback_query
        assert query is not None  # noqa: S101 - narrows the type
        pressed = query.message.message_id if query.message is not None else None
        data = strip_unstorable(query.data or "")
        in_digest = data.startswith(IN_DIGEST)
        press = Press.unpack(data.removeprefix(IN_DIGEST))
        handler = self._features.presses.get(type(press)) if press is not None else None
        if press is None or handler is None:
            return Request("old_button", fallbacks.old_button, query.message, query=query.id, reads=True)

        async def handle(turn: Turn) -> Reply:
            if not in_digest:
                return await handler(turn, press)
            reply = await handler(replace(turn, in_digest=True), press)
            return await self._keep_digest(turn, reply, pressed)

        reads = self._only_reads(press)
        return Request(_name(handler), handle, query.message, query=query.id, pressed=pressed, reads=reads)

    def _only_reads(self, press: Press) -> bool:
        if isinstance(press, RunCommand):
            command = self._features.commands.get(press.command)
            return command is None or command.reads
        return type(press) in self._features.reads

    async def _keep_digest(self, turn: Turn, reply: Reply, pressed: int | None) -> Reply:
        """A tap in a digest: redraws the whole digest, or answers in a new message and leaves it as it is."""
        if reply.redraw and turn.maybe_actor is not None and pressed is not None:
            whole = await self._composer.recompose_digest(turn.db, turn.language, turn.maybe_actor, pressed)
            if whole is not None and whole.text:
                return replace(whole, toast=reply.toast)
        return replace(reply, fresh=True)

    def _words(self, message: MaybeInaccessibleMessage, text: str) -> Request:
        if text.startswith("/"):
            first, _, rest = text[1:].partition(" ")
            command = self._features.commands.get(first.split("@")[0].lower())
            if command is None:
                return Request("unknown_command", fallbacks.unknown_command, message, reads=True)
            return _command(command, message, rest.strip())
        if keyed := self._features.command_of_key.get(text.strip()):
            return _command(keyed, message)
        return Request("typed", self._typed, message, text=text)

    async def _typed(self, turn: Turn) -> Reply:
        if turn.person_id is not None:
            draft = await drafts.peek(turn.db, turn.person_id)
            if draft is not None and (handler := self._features.drafts.get(draft.kind)):
                return await handler(turn, draft)
        return await fallbacks.not_awaited(turn)

    # --- answering

    async def _answer(self, update: Update, request: Request) -> str:
        user = update.effective_user
        assert user is not None  # noqa: S101 - a private chat has a person in it
        visitor = Visitor(user.id, strip_unstorable(user.full_name), user.language_code)
        spoken = language(negotiate(user.language_code))
        outcome, reactivate, message = "ok", False, request.message
        try:
            transaction = self._database.reading if request.reads else self._database.writing
            async with transaction() as db, asyncio.timeout(self._handler_timeout):
                turn = await turn_of(
                    db,
                    self._clock.now(),
                    self._features,
                    visitor,
                    message.message_id if message is not None else 0,
                    message.date if message is not None else None,
                    request.text,
                    self._join_link,
                    pressed=request.pressed,
                )
                spoken = turn.language
                # Race: the update that they unblocked the bot was lost, or overtaken by an earlier "blocked" outcome.
                if turn.unreachable and not request.reads:
                    await people.set_reachable(db, user.id, True)
                reply = await request.handle(turn)
            reactivate = turn.unreachable and request.reads
        except Refusal as refusal:
            outcome = type(refusal).__name__
            reply = _refused(refusal.said(spoken), request)
        except Exception:
            number = secrets.token_hex(3)
            outcome = "failed"
            log.exception("handler failed", action=request.action, problem=number)
            reply = _refused(
                spoken.t(
                    "Something went wrong here, and nothing was saved. Please try again in a moment. If it happens "
                    "again, tell your PALS leader the number {number}.",
                    number=number,
                ),
                request,
            )
        await self._replies.answer(reply, user.id, pressed=request.pressed, query=request.query)
        if reactivate:  # in a transaction of its own, after the reply: a read does not wait for the writer
            async with self._database.writing() as db:
                await people.set_reachable(db, user.id, True)
        return outcome

    # --- blocking, and groups

    async def _membership(self, update: Update) -> str:
        change = update.my_chat_member
        assert change is not None  # noqa: S101 - narrows the type
        blocked = change.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT)
        if change.chat.type != Chat.PRIVATE:
            if not blocked:
                await self._decline(change.chat.id, change.from_user.language_code)
            return "group_left" if blocked else "group_declined"
        async with self._database.writing() as db:
            await people.set_reachable(db, change.chat.id, not blocked)
        return "blocked" if blocked else "unblocked"

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
        await self._replies.decline_group(chat, words)


def strip_unstorable(text: str) -> str:
    """The text without what no database can store: NUL, and lone surrogates."""
    if text.isascii():
        return text.replace("\0", "")
    return text.encode("utf-8", "ignore").decode().replace("\0", "")


def _refused(text: str, request: Request) -> Reply:
    """A short refusal of a tap is an alert; a long one, or one of a typed message, a new message."""
    if request.query is not None and len(text) <= 200:
        return Reply(toast=text, alert=True)
    return Reply(text, fresh=True)


def _command(command: Command, message: MaybeInaccessibleMessage, text: str = "") -> Request:
    return Request(_name(command.handler), command.handler, message, text=text, reads=command.reads)


def _name(handler: Callable[..., object]) -> str:
    return f"{handler.__module__.removeprefix('bot.handlers.')}.{handler.__name__}"
