"""Robustness: any update gets a sentence that says what to do, stores nothing and does not stop the bot."""

import asyncio
from typing import Any

import pytest
import structlog
from sqlmodel import select

from pals.roles import Role
from storage import people
from storage.tables import Announcement, Membership, Praise
from tests.journeys.conftest import Phone, Stage, eventually, oslo, rows
from tests.support.people import MadeSchool

NO_PICTURES = (
    "I cannot take pictures, voice messages, stickers or files, and kept nothing. Please use the buttons."
)
NOT_AWAITED = "I was not waiting for a text, and kept nothing of it. Here is what you can do."


@pytest.fixture
async def teacher(stage: Stage, heia: MadeSchool) -> Phone:
    return await stage.join(heia, Role.STAFF, ["5B"], name="Ida")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_message_without_text_gets_a_fallback(stage: Stage, teacher: Phone) -> None:
    for kind in ("photo", "document", "sticker", "voice", "location", "contact"):
        answer = await teacher.answer_to(stage.sim.send(teacher.who, kind))
        assert answer["text"].startswith(NO_PICTURES), kind
        assert rows(answer) == [["⭐ Praise", "📝 Incident"], ["🎯 This week", "📅 This month"], ["☰ More"]]


TEXTS = (
    "x" * 4096,
    "😀" * 2048,
    "<b>bold</b> & <script>alert(1)</script> </blockquote>",
    "*_[x](y)`~>#+-=|{}.!",
    "{name} {0} %s %(x)s {{ 7 * 7 }} {% raw %}",
    "\u202eright to left\u202c مرحبا بالعالم",
    "\u200b\u200d\ufeff\u2060",
    "a\0b\x01\x1f\x7f",
    "'; DROP TABLE person; --",
    "👩‍👩‍👧‍👦🏳️‍🌈🇳🇴",
    "0",
    "null",
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_text_that_is_not_awaited_is_not_stored(stage: Stage, teacher: Phone) -> None:
    for text in TEXTS:
        answer = await teacher.write(text)
        assert answer["text"].startswith(NOT_AWAITED), text


async def test_markup_placeholders_and_mixed_scripts_reach_readers_escaped(
    stage: Stage, heia: MadeSchool
) -> None:
    """Markup, placeholders and right-to-left text are kept; invisible characters such as NUL are removed."""
    leader = await stage.join(heia, Role.LEADER, name="Lise")
    family = await stage.join(heia, Role.FAMILY, ["5B"], name="Mona")
    await leader.write("/kunngjoring")
    await leader.tap("All families: 1")
    text = "Hei <b>alle</b> & {name} %s {{ 7 }} מחר مرحبا 👩‍👩‍👧‍👦"
    preview = await leader.write(text.replace("{name}", "\u202e{na\0me}"))
    assert text in preview["text"]
    await leader.tap("📤 Send")
    stage.clock.set(oslo(2, 9, 1))
    await stage.bot.deliver()
    assert (await family.sees("From the school's leadership"))["text"].endswith(f"\n\n{text}")
    async with stage.database.reading() as db:
        assert [row.text for row in await db.exec(select(Announcement))] == [text]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_edited_messages_and_unknown_commands_get_a_fallback(stage: Stage, teacher: Phone) -> None:
    asked = await stage.sim.text(teacher.who, "/ros")
    await teacher.sees("what did you see?")
    await stage.sim.edit(teacher.who, asked["message_id"], "/hendelse")
    await teacher.sees("I only read new messages, so your change was not read.")
    for unknown in ("/praise", "/", "/ros@another_bot x", "/HJEM2"):
        answer = await teacher.write(unknown)
        if not unknown.startswith("/ros"):
            assert answer["text"].startswith("I do not know that command.")
    assert (await teacher.write("/ROS"))["text"] == "⭐ 5B: what did you see?"


UNREADABLE = (
    "zz:1",
    "p1",
    "p1:1",
    "p1:x:y",
    "p1:99999999999:1",
    ":",
    "::",
    "🎈",
    "p1:1:1:1",
    "og",
    "jj:%00:",
)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_invalid_callback_data_gets_a_fallback(stage: Stage, teacher: Phone) -> None:
    for data in UNREADABLE:
        answer = await teacher.answer_to(teacher.forge(data))
        assert answer["text"].startswith(
            "That button is from an earlier time. Here is what you can do now."
        ), data
        assert rows(answer)[0] == ["⭐ Praise", "📝 Incident"]


async def test_forged_buttons_over_the_wire(
    stage: Stage, heia: MadeSchool, fjern: MadeSchool, teacher: Phone
) -> None:
    stranger = await stage.join(fjern, Role.STAFF, ["5B"], name="Siv")
    await stranger.write("/ros")
    await stranger.tap("We say hello")
    async with stage.database.reading() as db:
        (theirs,) = await db.exec(select(Praise))
    with structlog.testing.capture_logs() as told:
        gone = "That is no longer here. Nothing was changed. Tap /hjem to go on."
        here, there = heia.groups, fjern.groups
        says_hello = fjern.expectations["gang-hilser"]
        for data, shown in (
            (f"p1:{there['5B']}:{says_hello}", gone),
            (f"p1:{here['5B']}:{says_hello}", gone),
            (f"wr:{there['5B']}:2026-W45:done:0", gone),
            ("rs:1234", gone),
            ("og:nothing", gone),
            ("vj", "That is not for your role here. Tap /hjem to see what you can do."),
            (
                f"pu:{theirs.id}",
                "It is more than a day ago, so it can no longer be undone here. Tell your PALS leader.",
            ),
        ):
            assert await teacher.forge(data) == shown, data
    assert "failed" not in {line.get("outcome") for line in told}
    async with stage.database.reading() as db:
        assert list(await db.exec(select(Praise))) == [theirs]


async def test_concurrent_taps_write_once_for_each_message(
    stage: Stage, heia: MadeSchool, teacher: Phone
) -> None:
    other = await stage.join(heia, Role.STAFF, ["6A"], name="Tor")
    pressed = []
    for phone in (teacher, other):
        asked = await phone.write("/ros")
        pressed.append((phone, asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"], asked))
    await asyncio.gather(
        *(
            phone.forge(data, message_id=asked["message_id"])
            for phone, data, asked in pressed
            for _ in range(5)
        )
    )
    async with stage.database.reading() as db:
        found = list(await db.exec(select(Praise)))
    assert {row.idempotency_key for row in found} == {
        f"{phone.who.id}:{asked['message_id']}:{asked['date']}" for phone, _, asked in pressed
    }
    assert len(found) == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_unknown_visitor_gets_the_introduction_for_any_update(
    stage: Stage, heia: MadeSchool
) -> None:
    visitor = await stage.phone(901, language="en")
    for text in ("hello", "/ros", "/hjem", "/mer", "/start nonsense", "/start " + "x" * 64, "/kunngjoring"):
        answer = await visitor.write(text)
        assert answer["text"]
    assert await visitor.forge("p1:1:1") == (
        "I do not know you yet. Ask your school for a link to join, and open it on this phone. Then I can help you."
    )
    await stage.sim.send(visitor.who, "photo")
    await visitor.sees(NO_PICTURES)
    async with stage.database.reading() as db:
        assert await people.by_telegram(db, 901) is None
        assert list(await db.exec(select(Membership))) == []


async def reachable(stage: Stage, phone: Phone) -> bool:
    async with stage.database.reading() as db:
        found = await people.by_telegram(db, phone.who.id)
    assert found is not None
    return found.reachable


async def test_a_reader_who_blocks_the_bot_is_unreachable_until_they_unblock(
    stage: Stage, heia: MadeSchool, teacher: Phone
) -> None:
    await stage.begin(oslo(1, 18), heia)
    await stage.sim.block(teacher.who)
    await eventually(lambda: reachable(stage, teacher), False)
    await stage.goto(oslo(2, 8))
    await stage.restart()
    await stage.sim.unblock(teacher.who)
    await eventually(lambda: reachable(stage, teacher), True)
    assert not [text for text in (await teacher.chat()).texts if "This week's practice, week 45" in text]
    assert (await teacher.write("/uke"))["text"].startswith("🎯 This week's practice, week 45")


async def test_a_delivery_refused_by_a_block_marks_the_reader_unreachable(
    stage: Stage, heia: MadeSchool, teacher: Phone
) -> None:
    """Race of the block update and the delivery: the 403 itself tells of the block."""
    await stage.begin(oslo(1, 18), heia)
    await stage.sim.fault(
        "sendMessage", "status", status=403, description="Forbidden: bot was blocked by the user"
    )
    with structlog.testing.capture_logs() as told:
        await stage.goto(oslo(2, 7, 15))
    assert next(line for line in told if line.get("action") == "deliver")["blocked"] == 1
    assert await reachable(stage, teacher) is False
    await teacher.write("/hjem")  # an update from them proves that they can be reached
    assert await reachable(stage, teacher) is True


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_bot_leaves_a_group_after_a_line(stage: Stage, heia: MadeSchool, teacher: Phone) -> None:
    group = await stage.sim.group("Lærerne", [teacher.who])

    async def shown() -> tuple[list[Any], bool]:
        chat = await stage.sim.group_chat(group)
        return [m["text"] for m in chat["messages"] if m["from"]["is_bot"]], chat["left"]

    await eventually(lambda: left(shown), True)
    said, _ = await shown()
    assert said[0].startswith("I only talk with one person at a time")
    await stage.sim.group_text(group, teacher.who, "/ros")
    assert (await teacher.write("/ros"))["text"] == "⭐ 5B: what did you see?"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_commands_in_a_group_it_has_stayed_in_and_channels(stage: Stage, teacher: Phone) -> None:
    """Without the update of being added, the first command is declined. Channel posts are not requested."""
    await stage.sim.fault("leaveChat", "status", times=2, status=500)
    group = await stage.sim.group("Lærerne", [teacher.who])
    await eventually(lambda: said_in(stage, group), 2)
    await stage.sim.group_text(group, teacher.who, "/hjem@pals_bot")
    await eventually(lambda: said_in(stage, group), 3)
    post = {
        "message_id": 1,
        "date": 1,
        "chat": {"id": -1009, "type": "channel", "title": "Nytt"},
        "text": "/ros",
    }
    assert await stage.sim.update({"channel_post": post}) is None
    await stage.sim.update({"message": {**post, "sender_chat": post["chat"]}})
    assert (await teacher.write("/ros"))["text"] == "⭐ 5B: what did you see?"


async def left(shown: Any) -> bool:
    _, gone = await shown()
    return bool(gone)


async def said_in(stage: Stage, group: int) -> int:
    chat = await stage.sim.group_chat(group)
    return len([m for m in chat["messages"] if m["from"]["is_bot"]])
