"""Bulk sender: Telegram errors become outcomes, and follow-up messages are retried without resending the first."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram import replies
from bot.channels.telegram.bulk import RETRY_DELAY, BulkSender, outcome_of_error
from bot.channels.telegram.replies import ReplySender
from bot.channels.telegram.transport import NotSent, NotSentInTime, Uncertain
from bot.turn import Reply
from scheduler.delivery.types import Failed, Sent
from storage.tables import DeliveryStatus

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (
            Forbidden("Forbidden: bot was blocked by the user"),
            Failed(DeliveryStatus.BLOCKED, "Forbidden: bot was blocked by the user"),
        ),
        (
            Forbidden("Forbidden: user is deactivated"),
            Failed(DeliveryStatus.GONE, "Forbidden: user is deactivated"),
        ),
        (BadRequest("Chat not found"), Failed(DeliveryStatus.GONE, "Chat not found")),
        (BadRequest("USER_IS_BLOCKED"), Failed(DeliveryStatus.BLOCKED, "USER_IS_BLOCKED")),
        (BadRequest("Message is too long"), Failed(DeliveryStatus.REFUSED, "Message is too long")),
        (
            RetryAfter(MINUTE),
            Failed(DeliveryStatus.WAITING, "too many requests", retry_in=MINUTE, rate_limited=True),
        ),
        (NotSent("no connection"), Failed(DeliveryStatus.WAITING, "no connection", retry_in=RETRY_DELAY)),
        (NotSentInTime("busy"), Failed(DeliveryStatus.WAITING, "busy", retry_in=RETRY_DELAY)),
        (Uncertain("connection lost"), Failed(DeliveryStatus.UNCERTAIN, "connection lost")),
        (InvalidToken("Unauthorized"), Failed(DeliveryStatus.WAITING, "Unauthorized", retry_in=RETRY_DELAY)),
        (TelegramError("unknown error"), Failed(DeliveryStatus.REFUSED, "unknown error")),
    ],
)
def test_every_telegram_error_maps_to_one_outcome(error: TelegramError, outcome: Failed) -> None:
    assert outcome_of_error(error) == outcome


class FakeSender(ReplySender):
    """A fake reply sender; `fails` are the errors of the next messages, None for a success."""

    def __init__(self, fails: Sequence[TelegramError | None]) -> None:
        self.fails = list(fails)
        self.sent: list[str] = []

    async def _new(self, reply: Reply, chat: int, priority: object) -> int:
        error = self.fails.pop(0) if self.fails else None
        if error is not None:
            raise error
        self.sent.append(str(reply.text))
        return len(self.sent)


@pytest.mark.parametrize(
    ("fails", "sent"),
    [
        ([None, NotSent("no connection"), None], ["first", "second"]),
        ([None, *[NotSent("no connection")] * 3], ["first"]),
        ([None, Uncertain("connection lost")], ["first"]),
    ],
)
async def test_a_failed_follow_up_never_resends_the_first_message(
    fails: list[TelegramError | None], sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "RETRY_BACKOFF_S", (0.0, 0.0))
    sender = FakeSender(fails)
    outcome = await BulkSender(sender).send(Reply("first", then=(Reply("second"),)), 1)
    assert (outcome, sender.sent) == (Sent(1), sent)


async def test_without_the_first_message_no_follow_up_is_sent() -> None:
    sender = FakeSender([NotSent("no connection")])
    outcome = await BulkSender(sender).send(Reply("first", then=(Reply("second"),)), 1)
    assert (outcome, sender.sent) == (
        Failed(DeliveryStatus.WAITING, "no connection", retry_in=RETRY_DELAY),
        [],
    )
