"""What each tap in an announcement means."""

from dataclasses import dataclass

from bot.press import Press
from bot.services.announcements import To


@dataclass(frozen=True)
class Begin(Press, tag="aa"):
    """`fresh` leaves the message that was tapped as it stands, so that its progress goes on showing there."""

    fresh: bool


@dataclass(frozen=True)
class Month(Press, tag="am"):
    pass


@dataclass(frozen=True)
class AskReaders(Press, tag="ac"):
    """Other readers for what is written."""

    announcement_id: int


@dataclass(frozen=True)
class AskGrade(Press, tag="ag"):
    announcement_id: int | None


@dataclass(frozen=True)
class AskGroup(Press, tag="ak"):
    announcement_id: int | None


@dataclass(frozen=True)
class Address(Press, tag="aw"):
    """Readers are chosen, for what is written or for what is to be written; `which` grade or group it is."""

    to: To
    which: int | None
    announcement_id: int | None


@dataclass(frozen=True)
class Rewrite(Press, tag="at"):
    announcement_id: int


@dataclass(frozen=True)
class Discard(Press, tag="ad"):
    announcement_id: int


@dataclass(frozen=True)
class Send(Press, tag="as"):
    """`seen` is the seal of what the button stands under."""

    announcement_id: int
    seen: str


@dataclass(frozen=True)
class Stop(Press, tag="ao"):
    announcement_id: int


@dataclass(frozen=True)
class Show(Press, tag="ar"):
    """What is written as it will be read, or what became of what was sent."""

    announcement_id: int
