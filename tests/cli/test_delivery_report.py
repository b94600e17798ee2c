"""`palsbot deliveries`: what went out lately and what became of it, for a person and for a program."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.operations import delivery_report
from bot.services import outbox
from bot.services.announcements.correct import WITHDRAWAL
from bot.services.announcements.write import ANNOUNCEMENT
from pals.roles import Role
from storage import memberships
from storage.database import Database
from storage.delivery import claims, deliveries, occurrences, outcomes
from storage.delivery.audiences import Audience
from storage.delivery.outcomes import Outcome
from storage.tables import DeliveryStatus, OccurrenceStatus
from tests.support.people import MadeSchool, make_person
from tests.support.sent import seen_by_two
from tests.support.turns import MONDAY

OSLO = ZoneInfo("Europe/Oslo")
STAFF = Audience(frozenset({Role.STAFF}))
ENDS = (DeliveryStatus.SENT, DeliveryStatus.BLOCKED, DeliveryStatus.UNCERTAIN)
HOUR = timedelta(hours=1)


async def some(database: Database, heia: MadeSchool, fjern: MadeSchool) -> None:
    """Four teachers were sent a message, one still waits; a fifth has muted the school.

    A prompt was missed; the other school sent a message as well.
    """
    async with database.writing() as db:
        for school in (heia, heia, heia, heia, fjern):
            await make_person(db, school, Role.STAFF)
        muted = await make_person(db, heia, Role.STAFF)
        await memberships.mute(db, heia.id, muted.membership_id, True)
        await outbox.enqueue(db, heia.id, ANNOUNCEMENT, "1", STAFF, now=MONDAY)
        claimed = await claims.claim(db, "w", MONDAY, MONDAY + HOUR, 3)
        await claims.mark_sending(db, "w", [each.id for each in claimed])
        ended = [Outcome(each.id, end) for each, end in zip(claimed, ENDS, strict=True)]
        await outcomes.record(db, "w", ended)
        for days, week in ((1, "2026-W44"), (20, "2026-W42")):
            await occurrences.insert_once(
                db,
                heia.id,
                kind="prompt",
                ref=week,
                slot="",
                due_at=MONDAY - timedelta(days=days),
                too_late_at=MONDAY - timedelta(days=days),
                status=OccurrenceStatus.MISSED,
                now=MONDAY,
            )
        await outbox.enqueue(db, fjern.id, ANNOUNCEMENT, "2", STAFF, now=MONDAY)


async def test_each_occurrence_is_one_line_of_numbers(
    database: Database, heia: MadeSchool, fjern: MadeSchool
) -> None:
    await some(database, heia, fjern)
    async with database.reading() as db:
        found = await delivery_report.recent(db, "heia", MONDAY + HOUR, 14)
    assert found is not None
    zone, lines = found
    nothing = {**dict.fromkeys(delivery_report.NUMBERS, 0), "seen": None}
    assert (zone, [line.to_json() for line in lines]) == (
        OSLO,
        [
            {
                "kind": "announcement",
                "ref": "1",
                "slot": "",
                "due": "2026-11-02T08:00:00+00:00",
                "status": "closed",
                **nothing,
                "planned": 4,
                "sent": 1,
                "waiting": 1,
                "blocked": 1,
                "uncertain": 1,
                "unreachable": 1,
                "words": None,
            },
            {
                "kind": "prompt",
                "ref": "2026-W44",
                "slot": "",
                "due": "2026-11-01T08:00:00+00:00",
                "status": "missed",
                **nothing,
                "words": None,
            },
        ],
    )
    rows = [row.split() for row in delivery_report.format_table(lines, zone, 14).splitlines()]
    assert [rows[0], *rows[2:]] == [
        [
            "due",
            "what",
            "about",
            "state",
            "planned",
            "sent",
            "waiting",
            "blocked",
            "uncertain",
            "unreachable",
        ],
        ["2026-11-02", "09:00", "announcement", "1", "closed", "4", "1", "1", "1", "1", "1"],
        ["2026-11-01", "09:00", "prompt", "2026-W44", "missed"],
    ]


async def test_seen_is_counted_where_it_was_asked_for_and_enough_have_got_it(
    database: Database, heia: MadeSchool, fjern: MadeSchool
) -> None:
    """Five adults are enough for a number about them, four are too few. The other school's are its own."""
    async with database.writing() as db:
        for school, readers, asks in ((heia, 5, True), (heia, 5, False), (fjern, 4, True)):
            await seen_by_two(db, school, readers, asks=asks)
    async with database.reading() as db:
        ours, theirs = [
            await delivery_report.recent(db, slug, MONDAY + HOUR, 14) for slug in ("heia", "fjern")
        ]
    assert ours is not None
    assert theirs is not None
    assert [(line.numbers["sent"], line.numbers["seen"]) for line in ours[1]] == [(5, None), (5, 2)]
    assert [(line.numbers["sent"], line.numbers["seen"]) for line in theirs[1]] == [(4, None)]


async def test_a_school_without_anything_says_so_and_one_that_is_not_there_is_none(
    database: Database, heia: MadeSchool
) -> None:
    async with database.reading() as db:
        assert await delivery_report.recent(db, "heia", MONDAY, 14) == (OSLO, [])
        assert await delivery_report.recent(db, "nowhere", MONDAY, 14) is None
    assert delivery_report.format_table([], OSLO, 14) == "Nothing was due in the last 14 days."


async def test_what_telegram_refused_stands_below_in_its_own_words_and_nothing_is_cut(
    database: Database, heia: MadeSchool
) -> None:
    async with database.writing() as db:
        await make_person(db, heia, Role.STAFF)
        this, _ = await outbox.enqueue(db, heia.id, WITHDRAWAL, "12", STAFF, now=MONDAY)
        await deliveries.mark_refused(db, heia.id, this, "Bad Request: no")
        await occurrences.set_status(db, heia.id, this, OccurrenceStatus.REFUSED, refusal="Bad Request: no")
    async with database.reading() as db:
        found = await delivery_report.recent(db, "heia", MONDAY + HOUR, 14)
    assert found is not None
    zone, (line,) = found
    assert line.to_json()["words"] == "Bad Request: no"
    shown = delivery_report.format_table([line], zone, 14).splitlines()
    assert [row.split() for row in (shown[0], *shown[2:])] == [
        ["due", "what", "about", "state", "planned", "sent", "refused"],
        ["2026-11-02", "09:00", "announcement_withdrawal", "12", "refused", "1", "1"],
        [],
        ["Refused", "by", "Telegram:"],
        ["2026-11-02", "09:00", "announcement_withdrawal", "12:", "Bad", "Request:", "no"],
    ]
