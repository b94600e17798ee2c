"""What the courier makes of Telegram's words, and a reply of several messages of which the first arrived."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram import replies as speaking
from bot.channels.telegram.bulk import RETRY_DELAY, BulkSender, outcome_of_error
from bot.channels.telegram.replies import ReplySender
from bot.channels.telegram.transport import NotSent, NotSentInTime, Uncertain
from bot.turn import Reply
from scheduler.delivery.types import Failed, Sent
from storage.tables import DeliveryStatus

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("error", "became"),
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
        (Uncertain("the line broke"), Failed(DeliveryStatus.UNCERTAIN, "the line broke")),
        (InvalidToken("Unauthorized"), Failed(DeliveryStatus.WAITING, "Unauthorized", retry_in=RETRY_DELAY)),
        (TelegramError("what now"), Failed(DeliveryStatus.REFUSED, "what now")),
    ],
)
def test_every_error_says_one_thing_about_the_message(error: TelegramError, became: Failed) -> None:
    assert outcome_of_error(error) == became


class Mouth(ReplySender):
    """Speaks into the air; `fails` are the errors of the next messages, None for one that arrives."""

    def __init__(self, fails: Sequence[TelegramError | None]) -> None:
        self.fails = list(fails)
        self.said: list[str] = []

    async def _new(self, reply: Reply, chat: int, priority: object) -> int:
        error = self.fails.pop(0) if self.fails else None
        if error is not None:
            raise error
        self.said.append(str(reply.text))
        return len(self.said)


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ([None, NotSent("no connection"), None], ["first", "second"]),
        ([None, *[NotSent("no connection")] * 3], ["first"]),
        ([None, Uncertain("the line broke")], ["first"]),
    ],
)
async def test_what_follows_never_makes_the_first_go_out_again(
    fails: list[TelegramError | None], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaking, "RETRY_BACKOFF_S", (0.0, 0.0))
    mouth = Mouth(fails)
    became = await BulkSender(mouth).send(Reply("first", then=(Reply("second"),)), 1)
    assert (became, mouth.said) == (Sent(1), said)


async def test_a_first_that_did_not_arrive_is_followed_by_nothing() -> None:
    mouth = Mouth([NotSent("no connection")])
    became = await BulkSender(mouth).send(Reply("first", then=(Reply("second"),)), 1)
    assert (became, mouth.said) == (
        Failed(DeliveryStatus.WAITING, "no connection", retry_in=RETRY_DELAY),
        [],
    )
