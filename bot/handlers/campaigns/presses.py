"""What a tap under a campaign week means. `key` is the campaign's in the school's file."""

from dataclasses import dataclass

from bot.press import Press


@dataclass(frozen=True)
class ShowCampaigns(Press, tag="cl"):
    pass


@dataclass(frozen=True)
class ShowCampaign(Press, tag="cs"):
    key: str
    family: bool


@dataclass(frozen=True)
class AskCampaignLanguage(Press, tag="ca"):
    key: str


@dataclass(frozen=True)
class CopyCampaignText(Press, tag="cp"):
    key: str
    language: str
