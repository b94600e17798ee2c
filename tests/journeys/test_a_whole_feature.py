"""A whole feature declared inside this test: what a declaration derives works, no other file touched.

The feature keeps tips: /tips shows the last one, a button asks for one, typed text gives it, a tap sends it to all
staff, and on Wednesdays the year wheel reminds of it.
"""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.app import FEATURES
from bot.demo.coming import described
from bot.feature import Command, Feature, FeatureSet
from bot.handlers.command_button import RunCommand
from bot.i18n import N_, language
from bot.operations import delivery_report
from bot.press import Press
from bot.services import invitations, outbox
from bot.turn import Button, Letter, Reply, Turn
from pals.roles import May, Role
from pals.yearwheel import Weekly, WeekTime
from scheduler.message_kind import MessageKind
from storage import drafts, year_wheels
from storage.delivery.audiences import STAFF
from storage.drafts import DraftRow
from tests.journeys.conftest import Stage, oslo, rows
from tests.support.people import MadeSchool

TIP = MessageKind("tip", called=N_("a tip"), audience=STAFF, urgent=True)
TIP_OF_THE_WEEK = MessageKind(
    "tip_of_the_week",
    called=N_("the tip of the week"),
    audience=STAFF,
    at=Weekly("tip_of_the_week", WeekTime(2, time(10)), needs_focus=False),
    same_for_all=True,
    catch_up=timedelta(0),
)
TIPS: list[str] = []


@pytest.fixture
def tips() -> Feature:
    """Declared anew for each test: a press's tag is known to the program from its declaration on."""
    TIPS.clear()
    if (known := Press.known.get("t1")) is not None:
        del Press.known[known.tag], Press.known["t2"]

    class AskTip(Press, tag="t1"):
        pass

    class SendTip(Press, tag="t2"):
        number: int

    async def show_tip(turn: Turn) -> Reply:
        turn.actor.must(May.LOG)
        last = TIPS[-1] if TIPS else "none yet"
        return Reply(f"💡 The last tip: {last}", [[Button("Give a tip", AskTip())]])

    async def ask_tip(turn: Turn, _press: AskTip) -> Reply:
        await drafts.put(turn.db, turn.actor.person_id, "tip", {}, turn.now)
        return Reply("💡 Write it.")

    async def take_tip(turn: Turn, _draft: DraftRow) -> Reply:
        await drafts.drop(turn.db, turn.actor.person_id)
        TIPS.append(turn.text)
        return Reply(f"💡 {turn.text}", [[Button("Send it to all", SendTip(len(TIPS) - 1))]])

    async def send_tip(turn: Turn, press: SendTip) -> Reply:
        await outbox.enqueue(turn.db, turn.actor.school.id, TIP, str(press.number), now=turn.now)
        return Reply("💡 It goes out.", [[Button("⭐ Praise", RunCommand("ros"))]])

    async def compose_tip(letter: Letter) -> Reply:
        return Reply(f"💡 A tip: {TIPS[int(letter.ref)]}")

    async def compose_tip_of_the_week(letter: Letter) -> Reply:
        return Reply(f"💡 The tip of week {letter.ref[-2:]}: practise together")

    return Feature(
        commands=[
            Command(
                "tips",
                show_tip,
                does=N_("The last tip"),
                button=N_("💡 Tips"),
                key=True,
                home=15,
                may=May.LOG,
                reads=True,
            )
        ],
        presses={AskTip: ask_tip, SendTip: send_tip},
        drafts={"tip": take_tip},
        messages={TIP: compose_tip, TIP_OF_THE_WEEK: compose_tip_of_the_week},
    )


async def test_a_feature_works_from_the_chat_by_its_declaration_alone(
    stage: Stage, heia: MadeSchool, tips: Feature
) -> None:
    await stage.stop()
    await stage.start(features=[*FEATURES, tips])
    await stage.begin(oslo(2, 8), heia)
    ida = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    tor = await stage.join(heia, Role.STAFF, ["6A"], name="Tor")
    amir = await stage.join(heia, Role.FAMILY, ["5B"], name="Amir")

    assert "tips" in await ida.commands()
    assert "💡 Tips" in await ida.keys()
    assert ["⭐ Praise", "💡 Tips"] in rows((await ida.chat()).received[-1]), "home has it beside praise"
    assert "tips" not in await amir.commands()

    assert (await ida.write("💡 Tips"))["text"] == "💡 The last tip: none yet"
    assert (await ida.tap("Give a tip"))["text"] == "💡 Write it."
    await stage.stop()
    await stage.start(features=[*FEATURES, tips])
    assert (await ida.write("Smile first"))["text"] == "💡 Smile first"
    assert (await ida.tap("Send it to all"))["text"] == "💡 It goes out."
    assert (await ida.tap("⭐ Praise"))["text"] == "⭐ 5B: what did you see?"

    await stage.goto(oslo(2, 8, 1))
    assert (await tor.sees("A tip"))["text"] == "💡 A tip: Smile first"
    await stage.goto(oslo(4, 10))
    assert (await tor.sees("The tip of week"))["text"] == "💡 The tip of week 45: practise together"

    siv = await stage.phone(905, language="en")
    async with stage.database.reading() as db:
        report = await delivery_report.recent(db, "heia", oslo(4, 11), 14)
    assert report is not None
    assert {(what.kind, numbers["sent"]) for what, numbers in report[1] if what.kind.startswith("tip")} == {
        ("tip", 2),
        ("tip_of_the_week", 2),
    }
    assert siv.who.id == 905


async def test_a_declared_message_has_its_place_in_every_list(
    db: AsyncSession, heia: MadeSchool, tips: Feature
) -> None:
    features = FeatureSet.combine([*FEATURES, tips])
    kinds, english = features.kinds, language("en")
    assert ("tips", "The last tip") in features.menu(Role.STAFF, english)
    assert [kinds.called("tip"), kinds.called("tip_of_the_week")] == ["a tip", "the tip of the week"]
    assert "tip" not in kinds.unlisted, "listed among the problems when it does not arrive"
    assert set(kinds.schedules) >= {"prompt", "tip_of_the_week"}
    wheel = await year_wheels.of_school(db, heia.id)
    assert "tip_of_the_week" not in wheel.times, "the school was loaded before this message was declared"
    words = described(kinds, wheel, datetime.now(UTC))
    assert words["tip"] == {"en": "A tip", "nb": "A tip", "to": "staff"}


async def test_a_newcomer_catches_up_on_what_declares_it(
    stage: Stage, heia: MadeSchool, tips: Feature
) -> None:
    await stage.stop()
    await stage.start(features=[*FEATURES, tips])
    await stage.begin(oslo(2, 8), heia)
    await stage.goto(oslo(4, 11))
    async with stage.database.writing() as db:
        token = await invitations.invite_from_command_line(db, "heia", Role.STAFF, None, stage.clock.now())
    new = await stage.phone(77001, name="Nils", language="en")
    await new.write(f"/start {token}")
    await new.tap("✅ Join")
    await stage.goto(oslo(4, 11) + timedelta(seconds=1))
    assert (await new.sees("The tip of week"))["text"] == "💡 The tip of week 45: practise together"
