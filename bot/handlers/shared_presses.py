"""Presses that one conversation puts on a button and another answers, so that neither imports the other."""

from bot.press import Press


class BeginAnnouncement(Press, tag="aa"):
    """`fresh` leaves the message that was tapped as it stands, so that its progress goes on showing there."""

    fresh: bool


class ShowAnnouncement(Press, tag="ar"):
    """What is written as it will be read, or the delivery report of what was sent."""

    announcement_id: int


class AskSendAgain(Press, tag="aj"):
    """Shall an announcement be resent to those for whom its delivery is uncertain?"""

    announcement_id: int


class ShowProblems(Press, tag="kl"):
    """All deliveries that may have failed."""


class SwitchRole(Press, tag="rs"):
    membership_id: int


class ShowJoined(Press, tag="vj"):
    """How many have joined, by role and by class."""
