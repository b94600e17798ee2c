"""Bulk messages out: says a Reply in a chat and tells the scheduler what became of it."""

from datetime import timedelta

from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.edge.speaker import Speaker
from bot.edge.transport import NotSent
from bot.log import get_log
from bot.turn import Reply
from scheduler.parts import Failed, Sent
from storage.tables import DeliveryStatus

log = get_log("edge")

SOON = timedelta(seconds=5)
GONE = ("chat not found", "user is deactivated", "user not found", "peer_id_invalid", "user_deactivated")
BLOCKED = ("user_is_blocked", "chat_write_forbidden", "have no rights to send", "not enough rights to send")
"""What Telegram says as 400 about a reader, and not about the text."""


class Courier:
    """Carries one message to one chat."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    async def send(self, reply: Reply, chat: int) -> Sent | Failed:
        """Never raises: every way it can go is an outcome."""
        try:
            number = await self._speaker.send(reply, chat)
        except TelegramError as error:
            return outcome(error)
        try:
            await self._speaker.follow(reply, chat)
        except TelegramError as error:  # the message itself has arrived, and is not sent again for this
            log.warning("not all of it arrived", action="deliver", reason=error.message)
        return Sent(number)


def outcome(error: TelegramError) -> Failed:
    """What an error says about a message. BadRequest comes before NetworkError, its parent."""
    match error:
        case Forbidden():
            return Failed(_about_reader(error) or DeliveryStatus.BLOCKED, error.message)
        case BadRequest():
            return Failed(_about_reader(error) or DeliveryStatus.REFUSED, error.message)
        case RetryAfter():
            return Failed(DeliveryStatus.WAITING, "too many requests", again_in=_wait(error), halt=True)
        case NotSent():
            return Failed(DeliveryStatus.WAITING, str(error), again_in=SOON)
        case NetworkError():
            return Failed(DeliveryStatus.UNCERTAIN, str(error))
        case _:
            return Failed(DeliveryStatus.REFUSED, error.message)


def _about_reader(error: TelegramError) -> DeliveryStatus | None:
    said = error.message.lower()
    if any(words in said for words in GONE):
        return DeliveryStatus.GONE
    return DeliveryStatus.BLOCKED if any(words in said for words in BLOCKED) else None


def _wait(error: RetryAfter) -> timedelta:
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
