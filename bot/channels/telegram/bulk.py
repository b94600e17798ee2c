"""Bulk sender: sends, edits or deletes one message of a broadcast and maps every Bot API error to an outcome."""

from datetime import timedelta

from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.channels.telegram.replies import ReplySender
from bot.channels.telegram.transport import NotSent, backoff
from bot.log import get_log
from bot.turn import Onto, Reply
from scheduler.delivery.types import Failed, Sent
from storage.tables import DeliveryStatus

log = get_log("channels")

RETRY_DELAY = timedelta(seconds=5)
GONE = ("chat not found", "user is deactivated", "user not found", "peer_id_invalid", "user_deactivated")
BLOCKED = ("user_is_blocked", "chat_write_forbidden", "have no rights to send", "not enough rights to send")
"""Errors (400) that are about the reader and not about the text."""
ALREADY_DONE = ("message is not modified", "message to delete not found")
NOT_CHANGEABLE = (
    "message to edit not found",
    "message can't be edited",
    "message can't be deleted",
    "message_id_invalid",
)


class BulkSender:
    def __init__(self, replies: ReplySender) -> None:
        self._replies = replies

    async def send(self, reply: Reply, chat: int) -> Sent | Failed:
        """Never raises: every Telegram error becomes an outcome."""
        try:
            if reply.onto is not None:
                return await self._change(reply, reply.onto, chat)
            message_id = await self._replies.send(reply, chat)
        except TelegramError as error:
            return outcome_of_error(error)
        try:
            await self._replies.follow(reply, chat)
        except TelegramError as error:  # the message itself has arrived: no retry
            log.warning("follow-up not sent", action="deliver", reason=error.message)
        return Sent(message_id)

    async def _change(self, reply: Reply, onto: Onto, chat: int) -> Sent | Failed:
        """Edits or deletes a message. Idempotent, so an uncertain attempt is retried.

        A message that is unchanged or deleted already counts as sent.
        """
        if onto.message is None:
            return Failed(DeliveryStatus.WAITING, "still in flight", retry_in=RETRY_DELAY)
        try:
            if onto.removes:
                await self._replies.remove(chat, onto.message)
            else:
                await self._replies.change(reply, chat, onto.message)
        except TelegramError as error:
            if _says(error, ALREADY_DONE):
                return Sent(onto.message)
            if _says(error, NOT_CHANGEABLE):
                return Failed(DeliveryStatus.MISSED, error.message)
            failed = outcome_of_error(error)
            if failed.status is DeliveryStatus.UNCERTAIN:
                return Failed(DeliveryStatus.WAITING, error.message, retry_in=RETRY_DELAY)
            return failed
        return Sent(onto.message)


def outcome_of_error(error: TelegramError) -> Failed:
    """Maps a Bot API error to an outcome. BadRequest comes before its parent, NetworkError."""
    match error:
        case Forbidden():
            return Failed(_about_reader(error) or DeliveryStatus.BLOCKED, error.message)
        case BadRequest():
            return Failed(_about_reader(error) or DeliveryStatus.REFUSED, error.message)
        case RetryAfter():
            return Failed(
                DeliveryStatus.WAITING, "too many requests", retry_in=backoff(error), rate_limited=True
            )
        case InvalidToken():  # the operator can fix that; the text is not at fault
            return Failed(DeliveryStatus.WAITING, error.message, retry_in=RETRY_DELAY)
        case NotSent():
            return Failed(DeliveryStatus.WAITING, str(error), retry_in=RETRY_DELAY)
        case NetworkError():
            return Failed(DeliveryStatus.UNCERTAIN, str(error))
        case _:
            return Failed(DeliveryStatus.REFUSED, error.message)


def _about_reader(error: TelegramError) -> DeliveryStatus | None:
    if _says(error, GONE):
        return DeliveryStatus.GONE
    return DeliveryStatus.BLOCKED if _says(error, BLOCKED) else None


def _says(error: TelegramError, phrases: tuple[str, ...]) -> bool:
    message = error.message.lower()
    return any(phrase in message for phrase in phrases)
