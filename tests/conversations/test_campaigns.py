"""Campaign weeks: the notice and the start to staff, the families' message, the list, and the copy."""

import pytest
from sqlalchemy import update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.content.message_length import TEXT_LIMIT, length
from bot.errors import Gone, NotAllowed, NotMember
from bot.handlers import campaigns
from bot.handlers.campaigns import (
    AskCampaignLanguage,
    CopyCampaignText,
    ShowCampaign,
    ShowCampaigns,
)
from bot.press import Press
from bot.turn import Button, Reply
from storage.tables import Campaign, School
from tests.support.features import FEATURES
from tests.support.people import CALENDAR, MadePerson, MadeSchool
from tests.support.talk import Talk, oslo
from tests.support.turns import press, turn

KEY = "sprak-vinter"
WHEN = "Week 2: Monday 11 January to Friday 15 January"
STAFF = f"🚩 <b>Language week</b>\n{WHEN}\n\nWe look for good words."
FAMILY = f"🚩 <b>Language week</b> at Heia skole\n{WHEN}\n\nThis week we collect good words."
ALL = [Button("All campaign weeks", ShowCampaigns())]
STAFF_ROWS = [[Button("The families' version", ShowCampaign(KEY, True))], ALL]


async def add_campaign(
    db: AsyncSession, school: MadeSchool, key: str, week: str, *, family: bool = False
) -> None:
    texts = {"en": f"Text of {key}"}
    db.add(
        Campaign(
            school_id=school.id,
            key=key,
            week=week,
            title={"en": key.capitalize()},
            staff=texts,
            family=texts if family else None,
        )
    )
    await db.flush()


# --- pushed messages


async def test_the_notice_says_which_week_and_the_start_says_what_to_do(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    talk = Talk(db, campaigns, ada)
    notice = await talk.letter(heia, "campaign_notice", KEY, now=oslo("2027-01-07"))
    assert notice == Reply(
        f"🚩 Coming up: <b>Language week</b>\n{WHEN}", [[Button("Read the text", ShowCampaign(KEY, False))]]
    )
    start = await talk.letter(heia, "campaign_start", KEY, now=oslo("2027-01-11"))
    assert start == Reply(STAFF, STAFF_ROWS)
    assert await talk.press(press(notice, "Read the text")) == start


async def test_families_get_their_own_text_and_no_buttons(
    db: AsyncSession, heia: MadeSchool, emil: MadePerson
) -> None:
    letter = await Talk(db, campaigns, emil).letter(
        heia, "campaign_family", KEY, now=oslo("2027-01-11", "16:30")
    )
    assert letter == Reply(FAMILY)


async def test_a_shorter_week_names_its_own_school_days(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    """Monday of week 47 is a planning day; with three days closed as well, Friday alone is left."""
    await add_campaign(db, heia, "kort", "2026-W47")
    talk = Talk(db, campaigns, ada)
    four = await talk.letter(heia, "campaign_notice", "kort")
    assert four is not None
    assert four.text == "🚩 Coming up: <b>Kort</b>\nWeek 47: Tuesday 17 November to Friday 20 November"
    closed = [{"first": "2026-11-17", "last": "2026-11-19", "name": {"en": "Flood"}}]
    await db.exec(
        update(School)
        .where(col(School.id) == heia.id)
        .values(calendar={**CALENDAR, "closed": closed}, version=School.version + 1)
    )
    one = await talk.letter(heia, "campaign_notice", "kort")
    assert one is not None
    assert one.text == "🚩 Coming up: <b>Kort</b>\nWeek 47: Friday 20 November"


@pytest.mark.parametrize("kind", ["campaign_notice", "campaign_start", "campaign_family"])
async def test_a_removed_campaign_composes_nothing(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, ada: MadePerson, kind: str
) -> None:
    """The other school's campaign of that name is still there."""
    await db.exec(update(Campaign).where(col(Campaign.school_id) == heia.id).values(key="other"))
    assert await Talk(db, campaigns, ada).letter(heia, kind, KEY) is None


async def test_a_campaign_without_a_family_text_composes_nothing_for_families(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    await add_campaign(db, heia, "ute", "2027-W09")
    talk = Talk(db, campaigns, ada)
    assert await talk.letter(heia, "campaign_family", "ute") is None
    start = await talk.letter(heia, "campaign_start", "ute")
    assert start is not None
    assert start.buttons == [ALL]
    for tapped in (ShowCampaign("ute", True), CopyCampaignText("ute", "en")):
        with pytest.raises(Gone):
            await talk.press(tapped)


# --- on request


async def test_the_campaign_weeks_to_come_are_listed_until_the_school_year_ends(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool, ada: MadePerson
) -> None:
    await add_campaign(db, heia, "gone", "2026-W44")
    await add_campaign(db, heia, "now", "2026-W45")
    await add_campaign(db, heia, "next-year", "2027-W35")
    await add_campaign(db, fjern, "elsewhere", "2026-W50")
    talk = Talk(db, campaigns, ada)
    listed = await talk.command("kampanje", now=oslo("2026-11-08"))
    assert listed == Reply(
        f"""<b>🚩 Campaign weeks to come</b>

<b>Now</b>
Week 45: Monday 2 November to Friday 6 November

<b>Language week</b>
{WHEN}""",
        [[Button("Now", ShowCampaign("now", False))], [Button("Language week", ShowCampaign(KEY, False))]],
    )
    assert await talk.press(press(listed, "Language week")) == Reply(STAFF, STAFF_ROWS)
    assert await talk.press(ShowCampaigns(), now=oslo("2026-11-08")) == listed


async def test_when_none_is_left_it_says_so(db: AsyncSession, ada: MadePerson) -> None:
    assert await Talk(db, campaigns, ada).command("kampanje", now=oslo("2027-01-18")) == Reply(
        "🚩 No more campaign weeks are planned this school year."
    )


async def test_staff_read_the_families_version_and_copy_it(db: AsyncSession, ada: MadePerson) -> None:
    talk = Talk(db, campaigns, ada)
    family = await talk.press(ShowCampaign(KEY, True))
    assert family == Reply(
        FAMILY,
        [
            [Button("Text for the week plan or Vigilo", AskCampaignLanguage(KEY))],
            [Button("The staff's version", ShowCampaign(KEY, False))],
        ],
    )
    asked = await talk.press(press(family, "Vigilo"))
    assert asked == Reply(
        "The families' text of <b>Language week</b>: in which language?",
        [
            [
                Button("Norsk bokmål", CopyCampaignText(KEY, "nb")),
                Button("Norsk nynorsk", CopyCampaignText(KEY, "nn")),
            ],
            [Button("English", CopyCampaignText(KEY, "en")), Button("العربية", CopyCampaignText(KEY, "ar"))],
            [Button("◀ Back", ShowCampaign(KEY, True))],
        ],
    )
    assert await talk.press(press(asked, "English")) == Reply(
        f"""Tap the text to copy it, and paste it into the week plan or Vigilo.

<pre>Language week
Heia skole
{WHEN}

This week we collect good words.</pre>""",
        [[Button("Another language", AskCampaignLanguage(KEY))], [Button("◀ Back", ShowCampaign(KEY, True))]],
    )
    with pytest.raises(Gone):
        await talk.press(CopyCampaignText(KEY, "uk"))


@pytest.mark.parametrize(
    "tapped",
    [ShowCampaigns(), ShowCampaign(KEY, True), AskCampaignLanguage(KEY), CopyCampaignText(KEY, "en")],
)
async def test_families_advisors_and_strangers_are_refused(
    db: AsyncSession, heia: MadeSchool, emil: MadePerson, dina: MadePerson, fanny: MadePerson, tapped: Press
) -> None:
    for who in (emil, dina):
        with pytest.raises(NotAllowed):
            await Talk(db, campaigns, who).press(tapped)
        with pytest.raises(NotAllowed):
            await Talk(db, campaigns, who).command("kampanje")
    with pytest.raises(NotMember):
        await FEATURES.presses[type(tapped)](await turn(db, 42, phone_language="en"), tapped)
    await add_campaign(db, heia, "ours", "2026-W50", family=True)
    for theirs in (
        ShowCampaign("ours", False),
        ShowCampaign("ours", True),
        AskCampaignLanguage("ours"),
        CopyCampaignText("ours", "en"),
    ):
        with pytest.raises(Gone):
            await Talk(db, campaigns, fanny).press(theirs)


# --- lengths and directions


async def test_the_longest_texts_fit_one_message_each(
    db: AsyncSession, heia: MadeSchool, ada: MadePerson
) -> None:
    """Emoji count twice; a school may have far more campaign weeks than the list has room for."""
    for week in range(3, 23):
        await add_campaign(db, heia, f"{'k' * 37}{week:03}", f"2027-W{week:02}", family=True)
    await db.exec(
        update(Campaign).values(title={"en": "🙂" * 80}, staff={"en": "🙂" * 1500}, family={"en": "🙂" * 900})
    )
    talk, key = Talk(db, campaigns, ada), f"{'k' * 37}003"
    said = [
        await talk.command("kampanje"),
        await talk.press(ShowCampaign(key, False)),
        await talk.press(ShowCampaign(key, True)),
        await talk.press(AskCampaignLanguage(key)),
        await talk.press(CopyCampaignText(key, "en")),
        await talk.letter(heia, "campaign_notice", key),
    ]
    assert [reply is not None and length(reply.text) <= TEXT_LIMIT for reply in said] == [True] * 6
    for reply in said:
        assert reply is not None
        for row in reply.buttons:
            for button in row:
                assert button.press is not None
                assert Press.unpack(button.press.pack()) == button.press


async def test_a_right_to_left_line_that_begins_with_latin_is_marked(
    db: AsyncSession, heia: MadeSchool, emil: MadePerson
) -> None:
    await db.exec(
        update(Campaign).values(title={"ar": "أسبوع اللغة"}, family={"ar": "PALS: نجمع كلمات جميلة."})
    )
    letter = await Talk(db, campaigns, emil).letter(heia, "campaign_family", KEY, code="ar")
    assert letter is not None
    lines = letter.text.split("\n")
    assert lines[0] == "🚩 <b>أسبوع اللغة</b> at Heia skole"
    assert lines[-1] == "\u200fPALS: نجمع كلمات جميلة."
