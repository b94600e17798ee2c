"""The families' text of a campaign week to paste into a week plan or Vigilo, in any language of the school."""

from bot.content.templates import render
from bot.errors import Gone
from bot.handlers import copy_text
from bot.handlers.campaigns.presses import AskCampaignLanguage, CopyCampaignText, ShowCampaign
from bot.handlers.campaigns.show import chosen, days_of
from bot.i18n import language, negotiate, pick_text
from bot.turn import Button, Reply, Turn
from pals.roles import May
from pals.weeks import IsoWeek
from storage import year_wheels


async def ask_language(turn: Turn, press: AskCampaignLanguage) -> Reply:
    turn.actor.must(May.COPY_FAMILY_TEXT)
    campaign = await chosen(turn, press.key)
    return Reply(
        turn.t(
            "The families' text of <b>{title}</b>: in which language?",
            title=turn.language.pick(campaign.title),
        ),
        [
            *copy_text.languages(turn, lambda code: CopyCampaignText(campaign.key, code)),
            [Button(turn.t("◀ Back"), ShowCampaign(campaign.key, True))],
        ],
    )


async def copy_campaign(turn: Turn, press: CopyCampaignText) -> Reply:
    turn.actor.must(May.COPY_FAMILY_TEXT)
    copy_text.require_language(turn, press.language)
    campaign = await chosen(turn, press.key)
    if campaign.family is None:
        raise Gone
    frame, week = language(negotiate(press.language)), IsoWeek.parse(campaign.week)
    text = render(
        frame,
        "campaign_paste",
        school=turn.actor.school.name,
        week=week,
        days=days_of((await year_wheels.of_school(turn.db, turn.actor.school.id)).calendar, week),
        title=pick_text(campaign.title, press.language),
        family=pick_text(campaign.family, press.language),
    )
    back = [
        [Button(turn.t("Another language"), AskCampaignLanguage(campaign.key))],
        [Button(turn.t("◀ Back"), ShowCampaign(campaign.key, True))],
    ]
    return copy_text.copyable_reply(turn, text, press.language, campaign.family, campaign.key, back)
