"""Campaign weeks: a notice to staff the week before, the start on Monday, and to families where they have a text.

    /kampanje -> show_campaigns -> show_campaign -> the families' version -> ask_language -> copy_campaign
    the notice, or the start ------------^

Families are only sent their version; everything on request is for staff.
"""

from datetime import time

from markupsafe import Markup

from bot.content.templates import render
from bot.errors import Gone, existing
from bot.feature import Command, Feature
from bot.handlers import copy_text
from bot.i18n import N_, language, negotiate, pick_text
from bot.press import Press
from bot.services import year
from bot.services.year import CampaignView
from bot.turn import Button, Letter, Reply, Turn
from pals.roles import May
from pals.yearwheel import CampaignNotice, CampaignStart, WeekTime
from scheduler.message_kind import MessageKind
from storage.delivery.audiences import FAMILIES, STAFF

MOST = 12  # campaigns in one list; more exceed the length of a message


class ShowCampaigns(Press, tag="cl"):
    pass


class ShowCampaign(Press, tag="cs"):
    """`key` is the campaign's in the school's file, here and below."""

    key: str
    family: bool


class AskCampaignLanguage(Press, tag="ca"):
    key: str


class CopyCampaignText(Press, tag="cp"):
    key: str
    language: str


# --- on request


async def show_campaigns(turn: Turn, _press: ShowCampaigns | None = None) -> Reply:
    """The campaign weeks that are left of this school year, including the current one."""
    turn.actor.must(May.READ_STAFF_TEXT)
    campaigns = (await year.remaining_campaigns(turn.db, turn.school.id, turn.today))[:MOST]
    if not campaigns:
        return Reply(turn.t("🚩 No more campaign weeks are planned this school year."))
    return Reply(
        render(turn.language, "campaigns", campaigns=campaigns),
        [[Button(turn.language.pick(each.title), ShowCampaign(each.key, False))] for each in campaigns],
    )


async def show_campaign(turn: Turn, press: ShowCampaign) -> Reply:
    turn.actor.must(May.READ_STAFF_TEXT)
    campaign = await _campaign(turn, press.key)
    if not press.family:
        return _staff_reply(turn, campaign)
    if campaign.family is None:
        raise Gone
    return Reply(
        _text(turn, campaign, "campaign_family"),
        [
            [Button(turn.t("Text for the week plan or Vigilo"), AskCampaignLanguage(campaign.key))],
            [Button(turn.t("The staff's version"), ShowCampaign(campaign.key, False))],
        ],
    )


async def ask_language(turn: Turn, press: AskCampaignLanguage) -> Reply:
    turn.actor.must(May.COPY_FAMILY_TEXT)
    campaign = await _campaign(turn, press.key)
    title = turn.language.pick(campaign.title)
    return copy_text.ask_language_reply(
        turn,
        turn.t("The families' text of <b>{title}</b>: in which language?", title=title),
        lambda code: CopyCampaignText(campaign.key, code),
        ShowCampaign(campaign.key, True),
    )


async def copy_campaign(turn: Turn, press: CopyCampaignText) -> Reply:
    """The families' text as plain lines, to paste into a week plan or another channel."""
    turn.actor.must(May.COPY_FAMILY_TEXT)
    copy_text.require_language(turn, press.language)
    campaign = await _campaign(turn, press.key)
    family = existing(campaign.family)
    text = render(
        language(negotiate(press.language)),
        "campaign_paste",
        school=turn.school.name,
        campaign=campaign,
        title=pick_text(campaign.title, press.language),
        family=pick_text(family, press.language),
    )
    ask, back = AskCampaignLanguage(campaign.key), ShowCampaign(campaign.key, True)
    return copy_text.copyable_reply(turn, text, press.language, family, campaign.key, ask, back)


async def _campaign(turn: Turn, key: str) -> CampaignView:
    """The campaign that a button names. Raises Gone for one that is not the school's."""
    return existing(await year.campaign(turn.db, turn.school.id, key))


# --- sent by the year wheel


async def compose_notice(letter: Letter) -> Reply | None:
    """None, as for the messages below, when the school has removed the campaign."""
    campaign = await _of_letter(letter)
    if campaign is None:
        return None
    read = Button(letter.t("Read the text"), ShowCampaign(campaign.key, False))
    return Reply(_text(letter, campaign, "campaign_notice"), [[read]])


async def compose_start(letter: Letter) -> Reply | None:
    campaign = await _of_letter(letter)
    return _staff_reply(letter, campaign) if campaign is not None else None


async def compose_for_family(letter: Letter) -> Reply | None:
    """None also when the campaign has no text for families any more."""
    campaign = await _of_letter(letter)
    if campaign is None or campaign.family is None:
        return None
    return Reply(_text(letter, campaign, "campaign_family"))


async def _of_letter(letter: Letter) -> CampaignView | None:
    return await year.campaign(letter.db, letter.school.id, letter.ref)


# --- rendering


def _text(to: Turn | Letter, campaign: CampaignView, template: str) -> Markup:
    return render(to.language, template, campaign=campaign, school=to.school.name)


def _staff_reply(to: Turn | Letter, campaign: CampaignView) -> Reply:
    rows = [[Button(to.t("All campaign weeks"), ShowCampaigns())]]
    if campaign.family:
        rows.insert(0, [Button(to.t("The families' version"), ShowCampaign(campaign.key, True))])
    return Reply(_text(to, campaign, "campaign_staff"), rows)


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
        Command("kampanje", show_campaigns, does=N_("Campaign weeks"), may=May.READ_STAFF_TEXT, reads=True)
    ],
    reads={
        ShowCampaigns: show_campaigns,
        ShowCampaign: show_campaign,
        AskCampaignLanguage: ask_language,
        CopyCampaignText: copy_campaign,
    },
    messages={
        CAMPAIGN_NOTICE: compose_notice,
        CAMPAIGN_START: compose_start,
        CAMPAIGN_FAMILY: compose_for_family,
    },
)
