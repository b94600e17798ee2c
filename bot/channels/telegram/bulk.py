"""Bulk messages out: says a Reply in a chat, or changes what stands there; the scheduler hears what became of it."""

from datetime import timedelta

from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.channels.telegram.replies import ReplySender
from bot.channels.telegram.transport import NotSent
from bot.log import get_log
from bot.turn import Onto, Reply
from scheduler.delivery.types import Failed, Sent
from storage.tables import DeliveryStatus

log = get_log("edge")

SOON = timedelta(seconds=5)
GONE = ("chat not found", "user is deactivated", "user not found", "peer_id_invalid", "user_deactivated")
BLOCKED = ("user_is_blocked", "chat_write_forbidden", "have no rights to send", "not enough rights to send")
"""What Telegram says as 400 about a reader, and not about the text."""
AS_WANTED = ("message is not modified", "message to delete not found")
PAST_CHANGING = (
    "message to edit not found",
    "message can't be edited",
    "message can't be deleted",
    "message_id_invalid",
)


class BulkSender:
    """Carries one message to one chat."""

    def __init__(self, speaker: ReplySender) -> None:
        self._speaker = speaker

    async def send(self, reply: Reply, chat: int) -> Sent | Failed:
        """Never raises: every way it can go is an outcome."""
        try:
            if reply.onto is not None:
                return await self._change(reply, reply.onto, chat)
            number = await self._speaker.send(reply, chat)
        except TelegramError as error:
            return outcome_of_error(error)
        try:
            await self._speaker.follow(reply, chat)
        except TelegramError as error:  # the message itself has arrived, and is not sent again for this
            log.warning("not all of it arrived", action="deliver", reason=error.message)
        return Sent(number)

    async def _change(self, reply: Reply, onto: Onto, chat: int) -> Sent | Failed:
        """What stood there as wanted before is as good as changed.

        When no answer came it is done again: twice changed is changed.
        """
        if onto.message is None:
            return Failed(DeliveryStatus.WAITING, "still on its way", retry_in=SOON)
        try:
            if onto.removes:
                await self._speaker.remove(chat, onto.message)
            else:
                await self._speaker.change(reply, chat, onto.message)
        except TelegramError as error:
            if _says(error, AS_WANTED):
                return Sent(onto.message)
            if _says(error, PAST_CHANGING):
                return Failed(DeliveryStatus.MISSED, error.message)
            became = outcome_of_error(error)
            if became.status is DeliveryStatus.UNCERTAIN:
                return Failed(DeliveryStatus.WAITING, error.message, retry_in=SOON)
            return became
        return Sent(onto.message)


def outcome_of_error(error: TelegramError) -> Failed:
    """What an error says about a message. BadRequest comes before NetworkError, its parent."""
    match error:
        case Forbidden():
            return Failed(_about_reader(error) or DeliveryStatus.BLOCKED, error.message)
        case BadRequest():
            return Failed(_about_reader(error) or DeliveryStatus.REFUSED, error.message)
        case RetryAfter():
            return Failed(DeliveryStatus.WAITING, "too many requests", retry_in=_wait(error), halt=True)
        case InvalidToken():  # whoever runs the bot can mend that, and says nothing about the text
            return Failed(DeliveryStatus.WAITING, error.message, retry_in=SOON)
        case NotSent():
            return Failed(DeliveryStatus.WAITING, str(error), retry_in=SOON)
        case NetworkError():
            return Failed(DeliveryStatus.UNCERTAIN, str(error))
        case _:
            return Failed(DeliveryStatus.REFUSED, error.message)


def _about_reader(error: TelegramError) -> DeliveryStatus | None:
    if _says(error, GONE):
        return DeliveryStatus.GONE
    return DeliveryStatus.BLOCKED if _says(error, BLOCKED) else None


def _says(error: TelegramError, words: tuple[str, ...]) -> bool:
    said = error.message.lower()
    return any(each in said for each in words)


def _wait(error: RetryAfter) -> timedelta:
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
