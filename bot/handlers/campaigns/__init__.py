"""Campaign weeks: a notice to staff the week before, the start on Monday, and to families where they have a text.

    /kampanje -> show_campaigns -> show_campaign -> the families' version -> ask_language -> paste
    the notice, or the start ------------^

Families are only sent their version; everything on request is for staff.
"""

from bot.handlers.campaigns import paste, show
from bot.handlers.campaigns.presses import (
    AskCampaignLanguage,
    CopyCampaignText,
    ShowCampaign,
    ShowCampaigns,
)
from pals.yearwheel import Kind

COMMANDS = {"kampanje": show.show_campaigns}
PRESSES = {
    ShowCampaigns: show.show_campaigns,
    ShowCampaign: show.show_campaign,
    AskCampaignLanguage: paste.ask_language,
    CopyCampaignText: paste.copy_campaign,
}
LETTERS = {
    Kind.CAMPAIGN_NOTICE: show.compose_notice,
    Kind.CAMPAIGN_START: show.compose_start,
    Kind.CAMPAIGN_FAMILY: show.compose_for_family,
}
