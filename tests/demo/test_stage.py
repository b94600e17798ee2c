"""The demo's controller without a browser: its state, fast-forward, and ticks on a running clock."""

import asyncio
from typing import Any

import pytest

import localchat
from bot import demo
from bot.i18n import language
from localchat.client import Account, Sim, buttons
from pals.rates import Coverage
from storage import practices
from tests.demo.conftest import LITEN, Playing, on_stage

FRIDAY = "2026-10-30T12:00:00+01:00"
MONDAY_SECONDS = 1792996200  # Monday 26 October 2026, 07:30 in Oslo


def line(at: str, kind: str, sent: int) -> dict[str, Any]:
    return {"at": at, "kind": kind, "sent": sent, "waiting": 0, "failed": 0}


def by_minute(log: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The log with times cut to the minute: the clock runs on while messages are sent."""
    return [{**each, "at": each["at"][:16]} for each in log]


async def test_state_of_a_demo_that_has_been_set_up(playing: Playing) -> None:
    """All of it, but for the clock and the numbers of people."""
    _, state = await playing.ask("state")
    assert state.pop("now").startswith("2026-10-26T05:50:")
    for phone in state["phones"]:
        assert phone.pop("person") > 0
    declared = state.pop("kinds")
    assert [declared[kind] for kind in ("prompt", "meeting_soon", "incident")] == [
        {"en": "This week's practice", "nb": "Ukas øving", "to": "staff"},
        {"en": "The reminder just before a meeting", "nb": "Påminnelsen rett før et møte", "to": "team"},
        {"en": "The notice of an incident", "nb": "Varselet om en hendelse", "to": "leaders"},
    ]
    assert state == {
        "ok": True,
        "school": "Furulia skole",
        "bot": "furulia_bot",
        "zone": "Europe/Oslo",
        "busy": False,
        "phones": [
            {"role": "leader", "groups": [], "language": "nb", "speaks": "Norsk bokmål"},
            {"role": "staff", "groups": ["5B"], "language": "nb", "speaks": "Norsk bokmål"},
            {"role": "family", "groups": ["5B"], "language": "ar", "speaks": "العربية"},
        ],
        "next": [
            {"at": "2026-10-26T06:30:00+00:00", "kind": "prompt", "readers": 60},
            {"at": "2026-10-28T12:30:00+00:00", "kind": "meeting_day_before", "readers": 6},
            {"at": "2026-10-29T12:00:00+00:00", "kind": "meeting_soon", "readers": 6},
            {"at": "2026-10-29T12:00:00+00:00", "kind": "reminder", "readers": 58},
        ],
        "jumps": [
            {"to": "day", "at": "2026-10-27T06:00:00+00:00"},
            {"to": "week", "at": "2026-10-26T06:30:00+00:00"},
            {"to": "month", "at": "2026-11-02T15:30:00+00:00"},
        ],
        "log": [],
    }


async def test_fast_forward_processes_everything_due_once_and_in_order(playing: Playing) -> None:
    """A week and a morning at once; the chat server has seen just as many messages, in the order of the log."""
    await playing.sim.ask("DELETE", "calls")
    said = await playing.go("2026-11-02T16:30:00+01:00")
    reminded = next(each["sent"] for each in said["happened"] if each["kind"] == "reminder")
    expected = [
        line("2026-10-26T06:30", "prompt", 60),
        line("2026-10-28T12:30", "meeting_day_before", 6),
        line("2026-10-29T12:00", "meeting_soon", 6),
        line("2026-10-29T12:00", "reminder", reminded),
        line("2026-10-30T11:00", "coverage", 6),
        line("2026-11-02T06:15", "focus_staff", 60),
        line("2026-11-02T06:30", "prompt", 60),
        line("2026-11-02T15:30", "focus_family", 25),
    ]
    assert said["happened"] == said["log"]
    assert by_minute(said["log"]) == expected
    assert 0 < reminded < 58
    calls = await playing.sim.ask("GET", "calls", method="sendMessage")
    assert len(calls) == sum(each["sent"] for each in expected)
    assert said["now"].startswith("2026-11-02T15:30:0")
    again = await playing.go("2026-11-02T16:31:00+01:00")
    assert again["happened"] == []


async def test_fast_forward_to_the_next_message_delivers_it(playing: Playing, teacher: Account) -> None:
    """The message carries the demo's time, which runs on meanwhile, and asks about the teacher's class."""
    status, said = await playing.ask("go", {"next": 1})
    assert (status, [each["kind"] for each in said["happened"]]) == (200, ["prompt"])
    newest = (await playing.sim.chat(teacher)).last
    assert MONDAY_SECONDS <= newest["date"] < MONDAY_SECONDS + 60
    assert [len(row) for row in buttons(newest)] == [3, 1]


async def test_requested_reminder_is_listed_as_upcoming(playing: Playing, teacher: Account) -> None:
    """The teacher wants to be reminded tomorrow, and going there brings the practice once more."""
    await playing.ask("go", {"next": 1})
    await playing.sim.press(teacher, str(language("nb").t("⏰ Remind me tomorrow")))
    _, state = await playing.ask("state")
    assert state["next"][0] == {"at": "2026-10-27T06:30:00+00:00", "kind": "prompt_again", "readers": 1}
    _, said = await playing.ask("go", {"next": 1})
    assert by_minute(said["happened"]) == [line("2026-10-27T06:30", "prompt_again", 1)]


async def test_simulated_staff_answer_except_for_the_class_on_the_page(playing: Playing) -> None:
    """By Friday noon most groups have answered; 5B has not, since its teacher has a phone on the page."""
    await playing.go(FRIDAY)
    async with playing.stage.opened.bot.database.reading() as db:
        unanswered = await practices.groups_without_answer(db, 1, "2026-W44")
        this_week = await practices.coverage(db, 1, "2026-W44")
        last_week = await practices.coverage(db, 1, "2026-W43")
    assert "5B" in unanswered
    assert this_week == Coverage(practised=13, partly=3, not_yet=2, asked=25)
    assert last_week.practised > this_week.practised


async def test_ticks_deliver_what_is_due_on_the_running_clock() -> None:
    """From one second before half past seven; after the greeting and the home card comes the practice."""
    async with on_stage(at="2026-10-26T07:29:59") as playing:
        leader = (await playing.ask("state"))[1]["phones"][0]["person"]
        chat = await playing.sim.until(leader, lambda chat: len(chat.received) == 3, timeout=15)
        assert max(message["date"] for message in chat.received) >= MONDAY_SECONDS
        log: list[dict[str, object]] = []
        async with asyncio.timeout(5):  # it is told a moment after the first have got it
            while not log:
                log = (await playing.ask("state"))[1]["log"]
        assert [each["kind"] for each in log] == ["prompt"]


async def test_target_slightly_in_the_past_is_accepted(small: Playing) -> None:
    """It passed between the page's poll and the click; the clock does not go back."""
    said = await small.go("2026-10-26T06:49:30+01:00")
    assert said["now"].startswith("2026-10-26T05:50:")
    assert said["happened"] == []


async def test_fast_forward_beyond_the_last_term(small: Playing) -> None:
    """The clock arrives at its target, and nothing more is planned then."""
    said = await small.go("2027-07-01T12:00:00+02:00")
    assert said["now"].startswith("2027-07-01T10:00:0")
    assert (said["next"], said["jumps"]) == ([], [])
    assert said["happened"][-1]["kind"] == "meeting_soon"
    assert said["happened"] == sorted(said["happened"], key=lambda each: str(each["at"]))


async def test_requests_during_setup_get_503() -> None:
    """The server listens before the school has been seeded."""
    stage = demo.Stage(demo.school_file(LITEN), demo.clock_of(demo.school_file(LITEN), None))
    async with localchat.serve(routes=demo.routes(stage)) as server, Sim(server.url) as sim:
        assert await Playing(stage, sim).ask("state") == (
            503,
            {"ok": False, "code": "early", "description": "The demo is being set up. Try again in a moment."},
        )


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        (
            {"until": "2026-10-26T06:00:00+01:00"},
            "backwards",
            "The demo's clock only goes forward. Choose a later moment.",
        ),
        (
            {"until": "2028-10-26T06:00:00+01:00"},
            "far",
            "That is more than 400 days ahead. Go there in smaller steps.",
        ),
        ({"next": 5000}, "nothing", None),
        ({"next": 0}, "unclear", "“next” is a place in the list of what comes next, from 1."),
        ({"until": "2026-10-27T07:00:00"}, "unclear", None),
        ({}, "unclear", None),
        ([], "unclear", "Say where to go as JSON: an “until” or a “next”."),
    ],
)
async def test_invalid_target_is_refused_with_400(
    small: Playing, asked: object, code: str, words: str | None
) -> None:
    """And the clock is not moved."""
    status, said = await small.ask("go", asked)
    assert (status, said["ok"], said["code"]) == (400, False, code)
    assert said["description"].endswith(".")
    assert words is None or said["description"] == words
    assert (await small.ask("state"))[1]["now"].startswith("2026-10-26T05:50:")


async def test_second_fast_forward_gets_409_while_one_runs(playing: Playing) -> None:
    """The second is refused while the first runs, and what is due is still sent once."""
    body = {"until": "2026-11-02T16:30:00+01:00"}
    answers = await asyncio.gather(playing.ask("go", body), playing.ask("go", body))
    assert sorted(status for status, _ in answers) == [200, 409]
    refused = next(said for status, said in answers if status == 409)
    assert refused == {
        "ok": False,
        "code": "busy",
        "description": "The demo is on its way already. Wait until it has arrived.",
    }
    _, state = await playing.ask("state")
    assert [each["kind"] for each in state["log"]].count("prompt") == 2
    assert state["busy"] is False


@pytest.mark.parametrize("headers", [{"Origin": "https://example.org"}, {"Host": "demo.example.org"}])
async def test_cross_origin_and_foreign_host_requests_get_403(
    small: Playing, headers: dict[str, str]
) -> None:
    """Another site's page in the same browser, and DNS rebinding."""
    status, said = await small.ask("go", {"next": 1}, **headers)
    assert (status, said["code"]) == (403, "elsewhere")
    assert (await small.ask("state"))[1]["log"] == []
