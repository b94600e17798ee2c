"""Campaign weeks: a notice to staff the week before, the start on Monday, and to families where they have a text.

    /kampanje -> show_campaigns -> show_campaign -> the families' version -> ask_language -> paste
    the notice, or the start ------------^

Families are only sent their version; everything on request is for staff.
"""

from datetime import time

from bot.feature import Command, Feature
from bot.handlers.campaigns import paste, show
from bot.handlers.campaigns.presses import (
    AskCampaignLanguage,
    CopyCampaignText,
    ShowCampaign,
    ShowCampaigns,
)
from bot.i18n import N_
from pals.roles import May
from pals.yearwheel import CampaignNotice, CampaignStart, WeekTime
from scheduler.message_kind import MessageKind
from storage.delivery.audiences import FAMILIES, STAFF

CAMPAIGN_NOTICE = MessageKind(
    "campaign_notice",
    called=N_("the notice of a campaign week"),
    audience=STAFF,
    at=CampaignNotice("campaign_notice", WeekTime(3, time(14))),
)
CAMPAIGN_START = MessageKind(
    "campaign_start",
    called=N_("the start of a campaign week"),
    audience=STAFF,
    at=CampaignStart("campaign_start", time(7, 45)),
)
CAMPAIGN_FAMILY = MessageKind(
    "campaign_family",
    called=N_("the campaign week, to families"),
    audience=FAMILIES,
    at=CampaignStart("campaign_family", time(16, 30), to_families=True),
    same_for_all=True,
)
FEATURE = Feature(
    commands=[
        Command(
            "kampanje", show.show_campaigns, does=N_("Campaign weeks"), may=May.READ_STAFF_TEXT, reads=True
        )
    ],
    reads={
        ShowCampaigns: show.show_campaigns,
        ShowCampaign: show.show_campaign,
        AskCampaignLanguage: paste.ask_language,
        CopyCampaignText: paste.copy_campaign,
    },
    messages={
        CAMPAIGN_NOTICE: show.compose_notice,
        CAMPAIGN_START: show.compose_start,
        CAMPAIGN_FAMILY: show.compose_for_family,
    },
)
