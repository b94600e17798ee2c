"""Bulk messages out: says a Reply in a chat, or changes what stands there; the scheduler hears what became of it."""

from datetime import timedelta

from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.edge.speaker import Speaker
from bot.edge.transport import NotSent
from bot.turn import Onto, Reply
from scheduler.deliver import Failed, Sent
from storage.tables import DeliveryStatus

SOON = timedelta(seconds=5)
GONE = ("chat not found", "user is deactivated", "user not found", "peer_id_invalid")
AS_WANTED = ("message is not modified", "message to delete not found")
PAST_CHANGING = (
    "message to edit not found",
    "message can't be edited",
    "message can't be deleted",
    "message_id_invalid",
)


class Courier:
    """Carries one message to one chat."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    async def send(self, reply: Reply, chat: int) -> Sent | Failed:
        """Never raises: every way it can go is an outcome. BadRequest comes before NetworkError, its parent."""
        try:
            if reply.onto is not None:
                return await self._change(reply, reply.onto, chat)
            return Sent(await self._speaker.send(reply, chat))
        except Forbidden as error:
            return Failed(_gone(error) or DeliveryStatus.BLOCKED, error.message)
        except BadRequest as error:
            return Failed(_gone(error) or DeliveryStatus.REFUSED, error.message)
        except RetryAfter as error:
            return Failed(DeliveryStatus.WAITING, "too many requests", again_in=_seconds(error))
        except NotSent as error:
            return Failed(DeliveryStatus.WAITING, str(error), again_in=SOON)
        except NetworkError as error:
            return Failed(DeliveryStatus.UNCERTAIN, str(error))
        except TelegramError as error:
            return Failed(DeliveryStatus.REFUSED, error.message)

    async def _change(self, reply: Reply, onto: Onto, chat: int) -> Sent | Failed:
        """What stood there as wanted before is as good as changed.

        When no answer came it is done again: twice changed is changed.
        """
        if onto.message is None:
            return Failed(DeliveryStatus.WAITING, "still on its way", again_in=SOON)
        try:
            if onto.removes:
                await self._speaker.remove(chat, onto.message)
            else:
                await self._speaker.change(reply, chat, onto.message)
        except BadRequest as error:
            if _says(error, AS_WANTED):
                return Sent(onto.message)
            if _says(error, PAST_CHANGING):
                return Failed(DeliveryStatus.MISSED, error.message)
            raise
        except (Forbidden, RetryAfter, NotSent):
            raise
        except NetworkError as error:
            return Failed(DeliveryStatus.WAITING, str(error), again_in=SOON)
        return Sent(onto.message)


def _says(error: TelegramError, words: tuple[str, ...]) -> bool:
    said = error.message.lower()
    return any(each in said for each in words)


def _gone(error: TelegramError) -> DeliveryStatus | None:
    return DeliveryStatus.GONE if _says(error, GONE) else None


def _seconds(error: RetryAfter) -> timedelta:
    wait = error.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
