"""What each tap about a message that did not arrive means."""

from dataclasses import dataclass

from bot.press import Press


@dataclass(frozen=True)
class AskSendLate(Press, tag="ka"):
    """Shall this be sent after all?"""

    occurrence_id: int


@dataclass(frozen=True)
class SendLate(Press, tag="ks"):
    """Yes, to those who were named."""

    occurrence_id: int
