"""Bot profile and chats: commands by scope and language, menu button, name, descriptions, getChat, pins."""

from typing import Any

import pytest

from localchat.client import Account, Sim
from tests.localchat.conftest import Api


def commands(*names: str) -> list[dict[str, str]]:
    return [{"command": name, "description": name.upper()} for name in names]


async def test_the_narrowest_command_scope_wins_in_the_persons_language_first(
    api: Api, sim: Sim, ada: Account
) -> None:
    en = await sim.person("Eve", language_code="en-GB")
    await sim.start(en)

    async def menus() -> list[list[str]]:
        return [[c["command"] for c in (await sim.chat(who)).commands] for who in (ada, en)]

    assert await menus() == [[], []]
    await api.result("setMyCommands", commands=commands("all"))
    await api.result("setMyCommands", commands=commands("alle"), language_code="nb")
    assert await menus() == [["alle"], ["all"]]
    private = {"type": "all_private_chats"}
    await api.result("setMyCommands", commands=commands("private"), scope=private)
    assert await menus() == [["private"], ["private"]]
    await api.result("setMyCommands", commands=commands("privat"), scope=private, language_code="nb")
    assert await menus() == [["privat"], ["private"]]
    own = {"type": "chat", "chat_id": en.id}
    await api.result("setMyCommands", commands=commands("own"), scope=own)
    assert await menus() == [["privat"], ["own"]]
    assert await api.result("getMyCommands", scope=own) == commands("own")
    assert await api.result("getMyCommands", scope=own, language_code="nb") == []
    await api.result("deleteMyCommands", scope=own)
    await api.result("setMyCommands", commands=[], scope=private)
    assert await menus() == [["privat"], ["all"]]


async def test_a_new_command_menu_is_published_to_the_phone(api: Api, sim: Sim, ada: Account) -> None:
    async with sim.events(ada) as events:
        await api.result("setMyCommands", commands=commands("ros"))
        assert await anext(events) == ("commands", commands("ros"))
        assert await anext(events) == ("menu_button", {"type": "commands"})


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "expected an Array of BotCommand"),
    ({"commands": commands("x") * 101}, "BOT_COMMANDS_TOO_MUCH"),
    ({"commands": commands("Ros")}, "BOT_COMMAND_INVALID"),
    ({"commands": commands("å")}, "BOT_COMMAND_INVALID"),
    ({"commands": commands("x" * 33)}, "BOT_COMMAND_INVALID"),
    ({"commands": [{"command": "x", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
    ({"commands": [{"command": "x", "description": "x" * 257}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
    ({"commands": [1]}, "can't parse BotCommand: expected an Object"),
    ({"commands": [{"description": "x"}]}, "can't parse BotCommand: can't find field \"command\""),
    ({"commands": [], "language_code": "nob"}, "invalid language code specified"),
    ({"commands": [], "scope": {"type": "moon"}}, "can't parse BotCommandScope: unsupported type specified"),
    ({"commands": [], "scope": {"type": "chat", "chat_id": 404}}, "chat not found"),
    ({"commands": [], "scope": {"type": "chat"}}, "chat_id is empty"),
]


@pytest.mark.parametrize(("asked", "reason"), REFUSED)
async def test_invalid_commands_are_refused(api: Api, asked: dict[str, Any], reason: str) -> None:
    assert await api.refusal("setMyCommands", **asked) == f"Bad Request: {reason}"


async def test_command_scopes_of_groups(api: Api, sim: Sim, ada: Account) -> None:
    group = await sim.group("5B", [ada])
    await api.result("setMyCommands", commands=commands("here"), scope={"type": "all_group_chats"})
    assert (await sim.group_chat(group))["commands"] == commands("here")
    assert (await sim.chat(ada)).commands == []
    member = {"type": "chat_member", "chat_id": group, "user_id": ada.id}
    await api.result("setMyCommands", commands=commands("mine"), scope=member)
    assert await api.result("getMyCommands", scope=member) == commands("mine")
    wrong = {"type": "chat_member", "chat_id": ada.id, "user_id": ada.id}
    assert await api.refusal("setMyCommands", commands=[], scope=wrong) == (
        "Bad Request: can't use specified scope in private chats"
    )


async def test_the_menu_button(api: Api, sim: Sim, ada: Account) -> None:
    assert (await sim.chat(ada)).menu_button == {"type": "default"}
    await api.result("setMyCommands", commands=commands("ros"))
    assert (await sim.chat(ada)).menu_button == {"type": "commands"}
    page = {"type": "web_app", "text": "Uka", "web_app": {"url": "https://pals.no/uka"}}
    await api.result("setChatMenuButton", chat_id=ada.id, menu_button=page)
    assert (await sim.chat(ada)).menu_button == page
    assert await api.result("getChatMenuButton", chat_id=ada.id) == page
    assert await api.result("getChatMenuButton") == {"type": "commands"}
    await api.result("setChatMenuButton", chat_id=ada.id)
    assert (await sim.chat(ada)).menu_button == {"type": "commands"}
    insecure = {"type": "web_app", "text": "Uka", "web_app": {"url": "http://pals.no"}}
    assert await api.refusal("setChatMenuButton", menu_button=insecure) == (
        "Bad Request: menu button Web App URL is invalid: Only HTTPS links are allowed"
    )


@pytest.mark.parametrize(
    ("method", "field", "longest"),
    [
        ("Name", "name", 64),
        ("Description", "description", 512),
        ("ShortDescription", "short_description", 120),
    ],
)
async def test_name_and_descriptions_by_language(api: Api, method: str, field: str, longest: int) -> None:
    before = await api.result(f"getMy{method}")
    await api.result(f"setMy{method}", **{field: "Hei", "language_code": "nb"})
    assert await api.result(f"getMy{method}") == before
    await api.result(f"setMy{method}", **{field: "Hello"})
    assert await api.result(f"getMy{method}", language_code="nb") == {field: "Hei"}
    assert await api.result(f"getMy{method}", language_code="fi") == {field: "Hello"}
    await api.result(f"setMy{method}", **{"language_code": "nb"})
    assert await api.result(f"getMy{method}", language_code="nb") == {field: "Hello"}
    assert await api.refusal(f"setMy{method}", **{field: "x" * (longest + 1)}) == (
        f"Bad Request: bot {field.replace('_', ' ')} is too long"
    )


async def test_a_new_name_applies_to_the_next_message(api: Api, sim: Sim, ada: Account) -> None:
    await api.result("sendMessage", chat_id=ada.id, text="x")
    await api.result("setMyName", name="PALS Furulia")
    await api.result("sendMessage", chat_id=ada.id, text="x")
    names = [message["from"]["first_name"] for message in (await sim.chat(ada)).received]
    assert names == ["PALS", "PALS Furulia"]
    assert (await api.result("getMe"))["first_name"] == "PALS Furulia"


async def test_pins(api: Api, sim: Sim, ada: Account) -> None:
    await api.result("sendMessage", chat_id=ada.id, text="one")
    await api.result("sendMessage", chat_id=ada.id, text="two")
    async with sim.events(ada) as events:
        for number in (2, 3):
            await api.result("pinChatMessage", chat_id=ada.id, message_id=number)
        assert [await anext(events), await anext(events)] == [("pin", [2]), ("pin", [2, 3])]
    assert (await api.result("getChat", chat_id=ada.id))["pinned_message"]["text"] == "two"
    await api.result("unpinChatMessage", chat_id=ada.id)
    assert (await sim.chat(ada)).pinned == [2]
    await api.result("deleteMessage", chat_id=ada.id, message_id=2)
    assert (await sim.chat(ada)).pinned == []
    for method, reason in [
        ("pinChatMessage", "message to pin not found"),
        ("unpinChatMessage", "message to unpin not found"),
    ]:
        assert await api.refusal(method, chat_id=ada.id, message_id=9) == f"Bad Request: {reason}"
    await api.result("unpinAllChatMessages", chat_id=ada.id)


async def test_get_chat_and_leave_chat(api: Api, sim: Sim, ada: Account) -> None:
    found = await api.result("getChat", chat_id=ada.id)
    assert {k: found[k] for k in ("id", "type", "first_name", "last_name")} == {
        "id": ada.id,
        "type": "private",
        "first_name": "Ada",
        "last_name": "Vik",
    }
    stranger = await sim.person("Bo")
    assert await api.refusal("getChat", chat_id=stranger.id) == "Bad Request: chat not found"
    assert await api.refusal("leaveChat", chat_id=ada.id) == (
        "Bad Request: chat member status can't be changed in private chats"
    )
