"""Bot profile: getMe, command menus by scope and language, menu button, name and descriptions."""

import re
from typing import Any

from localchat.errors import bad_request
from localchat.methods.call import ApiCall

MAX_COMMANDS = 100
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
LANGUAGE = re.compile(r"[a-z]{2}")
MAX_LENGTHS = {"name": 64, "description": 512, "short_description": 120}

ScopeKey = tuple[str | int, ...]


def get_me(call: ApiCall) -> dict[str, Any]:
    return {
        **call.bot.user,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def set_my_commands(call: ApiCall) -> bool:
    """Set the command menu of a scope and a language; an empty one is as good as deleted."""
    given = call.params.values.get("commands")
    if not isinstance(given, list):
        raise bad_request("expected an Array of BotCommand")
    if len(given) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    found = [_command(item) for item in given]
    call.bot.commands[_menu_key(call)] = found
    call.state.publish_commands(call.bot)
    return True


def _command(item: Any) -> dict[str, str]:
    if not isinstance(item, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    for field in ("command", "description"):
        if not isinstance(item.get(field), str):
            raise bad_request(f"can't parse BotCommand: can't find field \"{field}\"")
    name, description = item["command"].removeprefix("/"), item["description"].strip()
    if not COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def get_my_commands(call: ApiCall) -> list[dict[str, str]]:
    """The command menu of exactly this scope and language; empty when none is set."""
    return call.bot.commands.get(_menu_key(call), [])


def delete_my_commands(call: ApiCall) -> bool:
    """Delete a command menu; the next wider scope applies."""
    call.bot.commands.pop(_menu_key(call), None)
    call.state.publish_commands(call.bot)
    return True


def _menu_key(call: ApiCall) -> tuple[ScopeKey, str]:
    return _scope(call), _language(call)


def _scope(call: ApiCall) -> ScopeKey:
    """The BotCommandScope of a call, `default` when it names none."""
    given = call.params.mapping("scope", "BotCommandScope")
    if given is None:
        return ("default",)
    kind = given.get("type")
    if kind in ("default", "all_private_chats", "all_group_chats", "all_chat_administrators"):
        return (kind,)
    if kind not in ("chat", "chat_administrators", "chat_member"):
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    chat = call.find_chat(given.get("chat_id"))
    if kind != "chat" and chat.private:
        raise bad_request("can't use specified scope in private chats")
    if kind != "chat_member":
        return (kind, chat.id)
    user = given.get("user_id")
    if type(user) is not int:
        raise bad_request("can't parse BotCommandScope: invalid user_id specified")
    return (kind, chat.id, user)


def _language(call: ApiCall) -> str:
    """The two-letter language code of a call; empty is the fallback for all languages."""
    code = call.params.text("language_code")
    if code and not LANGUAGE.fullmatch(code):
        raise bad_request("invalid language code specified")
    return code


def set_chat_menu_button(call: ApiCall) -> bool:
    """Set the menu button of one chat, or the default of all chats."""
    button = call.params.mapping("menu_button", "menu button") or {"type": "default"}
    kind = button.get("type")
    if kind not in ("default", "commands", "web_app"):
        raise bad_request("can't parse menu button: unsupported type specified")
    if kind == "web_app":
        app = button.get("web_app")
        if not isinstance(button.get("text"), str) or not isinstance(app, dict):
            raise bad_request("can't parse menu button: can't find field \"web_app\"")
        if not str(app.get("url", "")).startswith("https://"):
            raise bad_request("menu button Web App URL is invalid: Only HTTPS links are allowed")
    call.bot.menu_buttons[_menu_chat(call)] = button
    call.state.publish_commands(call.bot)
    return True


def get_chat_menu_button(call: ApiCall) -> dict[str, Any]:
    """The menu button of a chat; without a chat, the default."""
    default = call.bot.menu_buttons.get(None, {"type": "commands"})
    return call.bot.menu_buttons.get(_menu_chat(call), default)


def _menu_chat(call: ApiCall) -> int | None:
    if not call.params.has("chat_id"):
        return None
    chat = call.find_chat(call.params.values["chat_id"])
    if not chat.private:
        raise bad_request("chat must be a private chat")
    return chat.id


def set_my_text(call: ApiCall, field: str) -> bool:
    """`setMyName`, `setMyDescription` or `setMyShortDescription`, by language."""
    text = call.params.text(field).strip()
    if len(text) > MAX_LENGTHS[field]:
        raise bad_request(f"bot {field.replace('_', ' ')} is too long")
    code = _language(call)
    call.bot.profile[field, code] = text
    if field == "name" and not code and text:
        call.bot.name = text
    return True


def get_my_text(call: ApiCall, field: str) -> dict[str, str]:
    """`getMyName`, `getMyDescription` or `getMyShortDescription`, with fallback to the text of all languages."""
    profile = call.bot.profile
    fallback = profile.get((field, "")) or (call.bot.name if field == "name" else "")
    return {field: profile.get((field, _language(call))) or fallback}
