"""What each tap in an announcement means."""

from dataclasses import dataclass

from bot.press import Press
from bot.services.announcements.write import AudienceChoice


@dataclass(frozen=True)
class ShowAnnouncementMonth(Press, tag="am"):
    pass


@dataclass(frozen=True)
class AskReaders(Press, tag="ac"):
    """Other readers for what is written."""

    announcement_id: int


@dataclass(frozen=True)
class AskAnnouncementGrade(Press, tag="ag"):
    announcement_id: int | None


@dataclass(frozen=True)
class AskAnnouncementGroup(Press, tag="ak"):
    announcement_id: int | None


@dataclass(frozen=True)
class AddressAnnouncement(Press, tag="aw"):
    """Readers are chosen, for what is written or for what is to be written; `which` grade or group it is."""

    to: AudienceChoice
    which: int | None
    announcement_id: int | None


@dataclass(frozen=True)
class RewriteAnnouncement(Press, tag="at"):
    announcement_id: int


@dataclass(frozen=True)
class DiscardAnnouncement(Press, tag="ad"):
    announcement_id: int


@dataclass(frozen=True)
class SendAnnouncement(Press, tag="as"):
    """`seen` is the seal of what the button stands under."""

    announcement_id: int
    seen: str


@dataclass(frozen=True)
class StopAnnouncement(Press, tag="ao"):
    announcement_id: int


@dataclass(frozen=True)
class AskSeen(Press, tag="af"):
    """Whether the readers of what is written get a button to say that they saw it."""

    announcement_id: int
    asks: bool


@dataclass(frozen=True)
class MarkSeen(Press, tag="ae"):
    """A reader saw it. The school is in it because a reader may be at another one just now."""

    school_id: int
    announcement_id: int


@dataclass(frozen=True)
class CorrectAnnouncement(Press, tag="ax"):
    """Another text for what was delivered already."""

    announcement_id: int


@dataclass(frozen=True)
class ReplaceText(Press, tag="ay"):
    """The corrected text is right; `seen` is its seal."""

    announcement_id: int
    seen: str


@dataclass(frozen=True)
class KeepText(Press, tag="al"):
    """No correction after all. `seen` is the seal of the one it stands under, empty before one is written."""

    announcement_id: int
    seen: str


@dataclass(frozen=True)
class AskWithdrawAnnouncement(Press, tag="ah"):
    announcement_id: int


@dataclass(frozen=True)
class WithdrawAnnouncement(Press, tag="ai"):
    announcement_id: int


@dataclass(frozen=True)
class SendAgain(Press, tag="an"):
    announcement_id: int
