"""The program calls no method and sends no field that Bot API 10.0 does not have.

Every test on the stage ends with this check of all calls that were made in it. Here it is shown that the check finds
what it is for, and that a walk through the program makes the calls that it is to look at.
"""

import pytest
from telegram.constants import BOT_API_VERSION

from pals.roles import Role
from tests.journeys.conftest import Stage, eventually, oslo
from tests.support.bot_api import unknown_to_telegram
from tests.support.people import MadeSchool


def test_the_yardstick_is_bot_api_10_0() -> None:
    assert BOT_API_VERSION == "10.0"


def test_what_telegram_does_not_have_is_found() -> None:
    calls = [
        {"method": "sendMessage", "params": {"chat_id": 1, "text": "x", "read_timeout": 3, "mood": "good"}},
        {"method": "sendThought", "params": {}},
        {
            "method": "editMessageText",
            "params": {
                "reply_markup": {"inline_keyboard": [[{"text": "x", "color": 1, "copy_text": {"txt": "y"}}]]},
                "link_preview_options": {"is_disabled": True, "show": False},
            },
        },
        {"method": "sendPhoto", "params": {"reply_markup": {"keyboard": [[{"text": "x", "url": "y"}]]}}},
        {
            "method": "setMyCommands",
            "params": {"scope": {"type": "chat", "chat": 1}, "commands": [{"command": "x", "help": "y"}]},
        },
    ]
    assert unknown_to_telegram(calls) == {
        "sendMessage.read_timeout",
        "sendMessage.mood",
        "sendThought",
        "editMessageText.reply_markup.inline_keyboard.color",
        "editMessageText.reply_markup.inline_keyboard.copy_text.txt",
        "editMessageText.link_preview_options.show",
        "sendPhoto.reply_markup.keyboard.url",
        "setMyCommands.scope.chat",
        "setMyCommands.commands.help",
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_walk_through_the_program_makes_every_kind_of_call(stage: Stage, heia: MadeSchool) -> None:
    await stage.begin(oslo(1, 18), heia)
    leader = await stage.join(heia, Role.LEADER, ["5B"], name="Lise")
    await stage.join(heia, Role.FAMILY, ["5B"], name="Mona")
    await stage.goto(oslo(2, 17))
    for command in ("ros", "hendelse", "uke", "maaned", "moter", "kampanje", "kunngjoring", "mer", "venter"):
        await leader.write(f"/{command}")
    await leader.write("/inviter")
    await leader.tap("🧑‍🏫 All who work here")
    await leader.sees("The same link, to scan with a camera.")
    await leader.tap("🖨 To print")
    await leader.sees("Open the file and print it.")
    group = await stage.sim.group("Lærerne", [leader.who])

    async def left() -> bool:
        return bool((await stage.sim.group_chat(group))["left"])

    await eventually(left, True)
    await stage.restart()
    assert {call["method"] for call in await stage.sim.calls()} >= {
        "getMe",
        "deleteWebhook",
        "getUpdates",
        "sendMessage",
        "sendPhoto",
        "sendDocument",
        "editMessageText",
        "answerCallbackQuery",
        "setMyCommands",
        "leaveChat",
    }
