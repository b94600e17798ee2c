"""Campaign weeks as they are read, and the letters about them."""

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from bot.content.templates import render
from bot.errors import Gone
from bot.handlers.campaigns.presses import AskCampaignLanguage, ShowCampaign, ShowCampaigns
from bot.turn import Button, Letter, Reply, Turn
from pals.calendar import Calendar
from pals.roles import May
from pals.weeks import IsoWeek
from storage import campaigns, year_wheels
from storage.campaigns import CampaignRow

MOST = 12  # a list of more does not fit one message

# --- on request


async def show_campaigns(turn: Turn, _press: ShowCampaigns | None = None) -> Reply:
    """The campaign weeks that are left of this school year, the current one among them."""
    turn.actor.must(May.READ_STAFF_TEXT)
    school = turn.actor.school.id
    calendar = (await year_wheels.of_school(turn.db, school)).calendar
    _, ends = calendar.school_year(turn.today)
    listed = []
    for campaign in await campaigns.all_of(turn.db, school):
        week = IsoWeek.parse(campaign.week)
        if week.sunday >= turn.today and week.monday <= ends:
            listed.append((campaign, week, days_of(calendar, week)))
    if not listed:
        return Reply(turn.t("🚩 No more campaign weeks are planned this school year."))
    said = render(turn.language, "campaigns", campaigns=listed[:MOST])
    return Reply(
        said,
        [
            [Button(turn.language.pick(campaign.title), ShowCampaign(campaign.key, False))]
            for campaign, _, _ in listed[:MOST]
        ],
    )


async def show_campaign(turn: Turn, press: ShowCampaign) -> Reply:
    turn.actor.must(May.READ_STAFF_TEXT)
    campaign = await chosen(turn, press.key)
    if not press.family:
        return Reply(await _said(turn, campaign, "campaign_staff"), _below(turn, campaign))
    if campaign.family is None:
        raise Gone
    return Reply(
        await _said(turn, campaign, "campaign_family"),
        [
            [Button(turn.t("Text for the week plan or Vigilo"), AskCampaignLanguage(campaign.key))],
            [Button(turn.t("The staff's version"), ShowCampaign(campaign.key, False))],
        ],
    )


# --- sent


async def compose_notice(letter: Letter) -> Reply | None:
    """None, as in the letters below, when the school has taken the campaign away."""
    campaign = await _of_letter(letter)
    if campaign is None:
        return None
    read = [Button(letter.t("Read the text"), ShowCampaign(campaign.key, False))]
    return Reply(await _said(letter, campaign, "campaign_notice"), [read])


async def compose_start(letter: Letter) -> Reply | None:
    campaign = await _of_letter(letter)
    if campaign is None:
        return None
    return Reply(await _said(letter, campaign, "campaign_staff"), _below(letter, campaign))


async def compose_for_family(letter: Letter) -> Reply | None:
    """None too when there is no text for families any more."""
    campaign = await _of_letter(letter)
    if campaign is None or campaign.family is None:
        return None
    return Reply(await _said(letter, campaign, "campaign_family"))


async def _of_letter(letter: Letter) -> CampaignRow | None:
    return await campaigns.by_key(letter.db, letter.reader.school.id, letter.ref)


# --- what is found, and how it is said


async def chosen(turn: Turn, key: str) -> CampaignRow:
    """The campaign that a button speaks of. Raises Gone for one that is not the school's."""
    found = await campaigns.by_key(turn.db, turn.actor.school.id, key)
    if found is None:
        raise Gone
    return found


async def _said(asked: Turn | Letter, campaign: CampaignRow, template: str) -> Markup:
    school = asked.reader.school if isinstance(asked, Letter) else asked.actor.school
    week = IsoWeek.parse(campaign.week)
    days = days_of((await year_wheels.of_school(asked.db, school.id)).calendar, week)
    return render(asked.language, template, campaign=campaign, school=school.name, week=week, days=days)


def days_of(calendar: Calendar, week: IsoWeek) -> Sequence[date]:
    """The week's school days; all of Monday to Friday where the calendar knows of none."""
    return calendar.in_week(week) or week.days()[:5]


def _below(asked: Turn | Letter, campaign: CampaignRow) -> list[list[Button]]:
    rows = (
        [[Button(asked.t("The families' version"), ShowCampaign(campaign.key, True))]]
        if campaign.family
        else []
    )
    return [*rows, [Button(asked.t("All campaign weeks"), ShowCampaigns())]]
