"""The demo school: its year adds up, and everybody can read what is meant for them."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import groupby, pairwise

import pytest
from dateutil.rrule import rrulestr

from bot.content.school import read
from bot.content.schools import FURULIA
from pals.content import SchoolContent, Texts
from pals.weeks import IsoWeek

FOR_STAFF = ("nb", "nn", "en")
FOR_ALL = ("nb", "nn", "en", "ar", "uk")


@cache
def furulia() -> SchoolContent:
    return read(FURULIA)


def names() -> Iterator[tuple[str, Texts]]:
    school = furulia()
    for value in school.values:
        yield value.key, value.name
    for area in school.areas:
        yield area.key, area.name
    for expectation in school.expectations:
        yield expectation.key, expectation.short
    for closed in school.calendar.closed:
        yield f"closed {closed.first}", closed.name


def for_families() -> Iterator[tuple[str, Texts]]:
    yield from names()
    for focus in furulia().focuses:
        yield f"{focus.month} title", focus.title
        yield f"{focus.month} family", focus.family
        yield f"{focus.month} question", focus.question
    for campaign in furulia().campaigns:
        yield f"{campaign.key} title", campaign.title
        if campaign.family is not None:
            yield f"{campaign.key} family", campaign.family


def for_staff() -> Iterator[tuple[str, Texts]]:
    for focus in furulia().focuses:
        yield f"{focus.month} staff", focus.staff
        for n, practice in enumerate(focus.practice):
            yield f"{focus.month} practice {n}", practice.script
    for campaign in furulia().campaigns:
        yield f"{campaign.key} staff", campaign.staff
    for meeting in furulia().meetings:
        yield meeting.key, meeting.name


def test_it_has_490_pupils_in_21_classes_and_sfo_for_the_four_youngest_grades() -> None:
    classes = [group for group in furulia().groups if group.kind == "class"]
    assert [group.name for group in classes] == [
        f"{grade}{letter}" for grade in range(1, 8) for letter in "ABC"
    ]
    assert sum(group.size for group in classes) == 490
    in_grade = Counter[int]()
    for group in classes:
        in_grade[group.grade or 0] += group.size
    sfo = {group.grade: group.size for group in furulia().groups if group.kind == "sfo"}
    assert list(sfo) == [1, 2, 3, 4]
    assert all(size <= in_grade[grade or 0] for grade, size in sfo.items())


def test_its_year_has_190_school_days_in_38_weeks_or_more() -> None:
    days = furulia().calendar.school_days()
    assert len(days) == 190
    assert len({day.isocalendar()[:2] for day in days}) >= 38
    assert (days[0], days[-1]) == (date(2026, 8, 17), date(2027, 6, 18))


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 9, 30),  # autumn holiday, week 40
        date(2026, 11, 16),  # planning day
        date(2026, 12, 24),
        date(2027, 1, 1),
        date(2027, 2, 24),  # winter holiday, week 8
        date(2027, 3, 25),  # Maundy Thursday
        date(2027, 3, 29),  # Easter Monday
        date(2027, 5, 6),  # Ascension Day
        date(2027, 5, 17),
        date(2027, 5, 8),  # a Saturday
    ],
)
def test_nobody_is_at_school_on(day: date) -> None:
    assert day not in furulia().calendar.school_days()


def test_language_campaigns_are_in_weeks_2_9_14_and_20_and_families_hear_of_three() -> None:
    assert [(campaign.week, campaign.family is not None) for campaign in furulia().campaigns] == [
        (IsoWeek(2027, 2), True),
        (IsoWeek(2027, 9), False),
        (IsoWeek(2027, 14), True),
        (IsoWeek(2027, 20), True),
    ]


def test_every_month_has_a_focus_and_every_school_week_a_practice_of_its_own() -> None:
    weeks: dict[str, int] = {}
    for _, days in groupby(furulia().calendar.school_days(), key=lambda day: day.isocalendar()[:2]):
        month = f"{next(days):%Y-%m}"
        weeks[month] = weeks.get(month, 0) + 1
    assert {str(focus.month): len(focus.practice) for focus in furulia().focuses} == weeks
    assert sum(weeks.values()) == 39
    scripts = Counter(practice.script["nb"] for focus in furulia().focuses for practice in focus.practice)
    assert set(scripts.values()) == {1}


def test_every_expectation_of_a_month_is_practised_or_was_before() -> None:
    practised: set[str] = set()
    for focus in furulia().focuses:
        practised |= {practice.expectation for practice in focus.practice}
        assert set(focus.expectations) <= practised, focus.month
    assert practised == {expectation.key for expectation in furulia().expectations}


def test_the_team_meets_every_second_week_for_an_hour_and_the_municipality_every_fourth() -> None:
    kick_off, team, municipal = furulia().meetings
    end = datetime.combine(furulia().calendar.terms[-1].last, time.max)
    assert (team.kind, team.minutes, municipal.kind) == ("team", 60, "municipal")
    for meeting, weeks in ((team, 2), (municipal, 4)):
        held = rrulestr(meeting.rule, dtstart=meeting.starts).between(meeting.starts, end, inc=True)
        assert {later - earlier for earlier, later in pairwise(held)} == {timedelta(weeks=weeks)}
        assert not any(2 <= moment.hour < 4 for moment in held)
    assert list(rrulestr(kick_off.rule, dtstart=kick_off.starts)) == [kick_off.starts]
    assert kick_off.starts.date() in furulia().calendar.planning_days
    assert kick_off.starts.date() < furulia().calendar.school_days()[0]


def test_everything_families_read_is_in_every_language_of_the_school() -> None:
    assert furulia().school.languages == FOR_ALL
    assert {name: tuple(texts) for name, texts in for_families() if tuple(texts) != FOR_ALL} == {}


def test_everything_staff_read_is_in_bokmaal_nynorsk_and_english() -> None:
    assert {name: tuple(texts) for name, texts in for_staff() if tuple(texts) != FOR_STAFF} == {}


def test_each_language_is_in_its_own_letters() -> None:
    letters = {"ar": re.compile("[؀-ۿ]"), "uk": re.compile("[\u0400-\u04ff]")}
    for name, texts in for_families():
        assert all(found.search(texts[language]) for language, found in letters.items()), name
        assert not any(
            found.search(texts[language]) for language in FOR_STAFF for found in letters.values()
        ), name


def test_nynorsk_is_nynorsk() -> None:
    # Not “de” and “et”, which are nynorsk too: you (many), and eats.
    bokmaal = re.compile(
        r"\b(ikke|jeg|hva|hvem|hvor|hvordan|hvilke[nt]?|elevene|barna|noen|noe|en|hjem|hjemme|uke|uka|sammen|selv"
        r"|bare|fra|skolen?|gjør|gjøre|sier|være|voksne?|da|nå|dere|mye|begynner|måneden"
        r"|forteller|velger|hilser|lytter|snakker)\b",
        re.IGNORECASE,
    )
    found = {
        (name, word.group())
        for name, texts in (*for_families(), *for_staff())
        for word in bokmaal.finditer(texts["nn"])
    }
    assert found == set()


def test_nothing_is_shouted_and_no_child_is_labelled() -> None:
    words = re.compile(
        r"!|problembarn|problemelev|utagerende|urokråke|bråkmaker|vanskelige? (barn|elev)|bad kid", re.I
    )
    texts = [text for _, texts in (*for_families(), *for_staff()) for text in texts.values()]
    assert [text for text in texts if words.search(text)] == []


def test_a_family_text_says_what_is_practised_what_may_be_seen_and_one_thing_to_do() -> None:
    last = {
        "nb": "En ting å gjøre hjemme:",
        "nn": "Éin ting å gjere heime:",
        "en": "One thing to do at home:",
        "ar": "شيء واحد يمكنكم فعله في البيت:",
        "uk": "Що можна зробити вдома:",
    }
    for focus in furulia().focuses:
        for language, text in focus.family.items():
            practised, seen, at_home = text.split("\n\n")
            assert practised and seen and at_home.startswith(last[language]), (focus.month, language)


def test_texts_fit_a_phone() -> None:
    """Well inside what the file allows: a prompt that fills the screen is not read in a doorway."""
    longest = {
        "script": max(
            len(text) for focus in furulia().focuses for p in focus.practice for text in p.script.values()
        ),
        "staff": max(len(text) for focus in furulia().focuses for text in focus.staff.values()),
        "family": max(len(text) for focus in furulia().focuses for text in focus.family.values()),
        "name": max(len(text) for _, texts in names() for text in texts.values()),
    }
    room = {"script": 450, "staff": 800, "family": 600, "name": 40}
    assert {kind: size for kind, size in longest.items() if size > room[kind]} == {}
