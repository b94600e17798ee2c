"""Bulk messages out: says a Reply in a chat and tells the scheduler what became of it."""

from datetime import timedelta

from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.edge.speaker import Speaker
from bot.edge.transport import NotSent
from bot.turn import Reply
from scheduler.deliver import Failed, Sent
from storage.tables import DeliveryStatus

SOON = timedelta(seconds=5)
GONE = ("chat not found", "user is deactivated", "user not found", "peer_id_invalid")


class Courier:
    """Carries one message to one chat."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    async def send(self, reply: Reply, chat: int) -> Sent | Failed:
        """Never raises: every way it can go is an outcome. BadRequest comes before NetworkError, its parent."""
        try:
            return Sent(await self._speaker.send(reply, chat))
        except Forbidden as error:
            gone = any(words in error.message.lower() for words in GONE)
            return Failed(DeliveryStatus.GONE if gone else DeliveryStatus.BLOCKED, error.message)
        except BadRequest as error:
            gone = any(words in error.message.lower() for words in GONE)
            return Failed(DeliveryStatus.GONE if gone else DeliveryStatus.REFUSED, error.message)
        except RetryAfter as error:
            return Failed(DeliveryStatus.WAITING, "too many requests", again_in=_seconds(error))
        except NotSent as error:
            return Failed(DeliveryStatus.WAITING, str(error), again_in=SOON)
        except NetworkError as error:
            return Failed(DeliveryStatus.UNCERTAIN, str(error))
        except TelegramError as error:
            return Failed(DeliveryStatus.REFUSED, error.message)


def _seconds(error: RetryAfter) -> timedelta:
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
