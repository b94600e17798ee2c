"""What a school's year is made of: months, weeks, campaigns, meetings."""

from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import campaigns, focuses, meeting_series, schools
from storage.campaigns import CampaignRow
from storage.focuses import FocusRow, MonthRow, PromptRow
from storage.meeting_series import MeetingSeriesRow
from storage.schools import SchoolRow
from storage.tables import Focus
from tests.support.people import CALENDAR, EXPECTATIONS, FOCUS_KEY, PROMPTS, START, TIMES, MadeSchool

SHORT = {key: {"nb": nb, "en": en} for key, _, _, nb, en in EXPECTATIONS}


def november(school: MadeSchool) -> FocusRow:
    return FocusRow(
        id=school.focus_id,
        key="2026-11",
        month=date(2026, 11, 1),
        title={
            "nb": "Rolig i gangen",
            "nn": "Roleg i gangen",
            "en": "Calm in the corridor",
            "ar": "الهدوء في الممر",
        },
        staff={"nb": "Denne måneden øver vi i gangen.", "en": "This month we practise in the corridor."},
        family={
            "nb": "På skolen øver vi på å gå rolig.",
            "en": "At school we practise walking calmly.",
            "ar": "نتدرب في المدرسة على المشي بهدوء.",
        },
        question={
            "nb": "Hvem hilste du på i dag?",
            "en": "Whom did you say hello to today?",
            "ar": "على من سلّمت اليوم؟",
        },
    )


def practices_of_november(school: MadeSchool) -> list[PromptRow]:
    return [
        PromptRow(
            id=school.prompts[position],
            focus_id=school.focus_id,
            position=position,
            expectation_id=school.expectations[key],
            short=SHORT[key],
            script={"nb": nb, "en": en},
        )
        for position, (key, nb, en) in enumerate(PROMPTS)
    ]


async def test_a_month_has_the_schools_own_focus(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    assert await focuses.by_key(db, heia.id, FOCUS_KEY) == november(heia)
    assert await focuses.by_key(db, heia.id, "2026-12") is None


async def test_focuses_come_in_the_order_of_the_year(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    db.add(
        Focus(
            school_id=heia.id,
            key="2026-09",
            month=date(2026, 9, 1),
            title={"nb": "Velkommen"},
            staff={"nb": "."},
            family={"nb": "."},
            question={"nb": "?"},
        )
    )
    await db.flush()

    september, november = MonthRow("2026-09", date(2026, 9, 1)), MonthRow("2026-11", date(2026, 11, 1))
    for first, last, months in (
        (date(2026, 9, 1), date(2026, 11, 1), [september, november]),
        (date(2026, 9, 2), date(2026, 12, 31), [november]),
        (date(2026, 8, 1), date(2026, 10, 31), [september]),
    ):
        assert await focuses.months(db, heia.id, first, last) == months


async def test_a_focus_has_a_practice_a_week_and_begins_again(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    ours = practices_of_november(heia)

    assert await focuses.prompts(db, heia.id, heia.focus_id) == ours
    assert await focuses.prompts(db, heia.id, fjern.focus_id) == []
    assert [await focuses.prompt(db, heia.id, FOCUS_KEY, index) for index in range(4)] == [*ours, ours[0]]
    assert await focuses.prompt(db, heia.id, "2026-12", 0) is None


async def test_campaigns_are_the_schools_own(db: AsyncSession, heia: MadeSchool, fjern: MadeSchool) -> None:
    winter = CampaignRow(
        id=heia.campaign_id,
        key="sprak-vinter",
        week="2027-W02",
        title={"nb": "Språkuke", "en": "Language week"},
        staff={"nb": "Vi leter etter gode ord.", "en": "We look for good words."},
        family={"nb": "Denne uka samler vi gode ord.", "en": "This week we collect good words."},
    )

    assert await campaigns.all_of(db, heia.id) == [winter]
    assert await campaigns.by_key(db, heia.id, "sprak-vinter") == winter
    assert await campaigns.by_key(db, heia.id, "sprak-vår") is None


async def test_meetings_are_the_schools_own(db: AsyncSession, heia: MadeSchool, fjern: MadeSchool) -> None:
    team = MeetingSeriesRow(
        id=heia.rhythm_id,
        key="pals-team",
        kind="team",
        name={"nb": "PALS-teammøte", "en": "PALS team meeting"},
        starts="2026-08-20T14:00",
        minutes=60,
        rule="FREQ=WEEKLY;INTERVAL=2",
        on_closed="skip",
    )

    assert await meeting_series.all_of(db, heia.id) == [team]
    assert await meeting_series.by_key(db, heia.id, "pals-team") == team
    assert await meeting_series.by_key(db, heia.id, "kommune") is None


async def test_a_school_is_found_by_slug_and_by_number(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    ours = SchoolRow(
        id=heia.id,
        slug="heia",
        name="Heia skole",
        timezone="Europe/Oslo",
        languages=["nb", "nn", "en", "ar"],
        words={"sfo": "SFO"},
        calendar=CALENDAR,
        times=TIMES,
        quiet_hours={"from": "20:30", "to": "06:30"},
        version=1,
        planned_until=START,
        created_at=START,
    )

    assert await schools.by_slug(db, "heia") == ours
    assert await schools.by_id(db, heia.id) == ours
    assert [school.slug for school in await schools.all_of(db)] == ["fjern", "heia"]
    assert await schools.by_slug(db, "ingen") is None
    assert await schools.by_id(db, fjern.id + heia.id + 1) is None
