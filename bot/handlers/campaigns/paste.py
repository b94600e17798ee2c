"""The families' text of a campaign week to paste into a week plan or Vigilo, in any language of the school."""

from bot.content.templates import render
from bot.errors import Gone
from bot.handlers import pasting
from bot.handlers.campaigns.presses import AskLanguage, Paste, ShowCampaign
from bot.handlers.campaigns.show import chosen, days_of
from bot.language import in_language, known, language
from bot.turn import Button, Reply, Turn
from pals.roles import May
from pals.weeks import IsoWeek
from storage import wheels


async def ask_language(turn: Turn, press: AskLanguage) -> Reply:
    turn.actor.must(May.COPY_FAMILY_TEXT)
    campaign = await chosen(turn, press.key)
    return Reply(
        turn.t(
            "The families' text of <b>{title}</b>: in which language?",
            title=turn.language.pick(campaign.title),
        ),
        [
            *pasting.languages(turn, lambda code: Paste(campaign.key, code)),
            [Button(turn.t("◀ Back"), ShowCampaign(campaign.key, True))],
        ],
    )


async def paste(turn: Turn, press: Paste) -> Reply:
    turn.actor.must(May.COPY_FAMILY_TEXT)
    pasting.must_be_spoken(turn, press.language)
    campaign = await chosen(turn, press.key)
    if campaign.family is None:
        raise Gone
    frame, week = language(known(press.language)), IsoWeek.parse(campaign.week)
    text = render(
        frame,
        "campaign_paste",
        school=turn.actor.school.name,
        week=week,
        days=days_of((await wheels.of(turn.db, turn.actor.school.id)).calendar, week),
        title=in_language(campaign.title, press.language),
        family=in_language(campaign.family, press.language),
    )
    back = [
        [Button(turn.t("Another language"), AskLanguage(campaign.key))],
        [Button(turn.t("◀ Back"), ShowCampaign(campaign.key, True))],
    ]
    return pasting.pasted(turn, text, press.language, campaign.family, campaign.key, back)
