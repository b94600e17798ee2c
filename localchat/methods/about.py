"""What a bot tells people about itself: commands, menu button, name and descriptions."""

import re
from collections.abc import Callable
from typing import Any

from localchat.accounts import Bot
from localchat.commands import ScopeKey
from localchat.errors import bad_request
from localchat.params import Params
from localchat.state import ServerState

MOST_COMMANDS = 100
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
LANGUAGE = re.compile(r"[a-z]{2}")
LONGEST = {"name": 64, "description": 512, "short_description": 120}

Verb = Callable[[ServerState, Bot, Params], Any]


def set_my_commands(state: ServerState, bot: Bot, params: Params) -> bool:
    """The command menu for a scope and a language."""
    given = params.values.get("commands")
    if not isinstance(given, list):
        raise bad_request("expected an Array of BotCommand")
    if len(given) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    found = [_command(item) for item in given]
    key = scope(state, bot, params), language(params)
    if found:
        bot.commands[key] = found
    else:
        bot.commands.pop(key, None)
    state.show_commands(bot)
    return True


def _command(item: Any) -> dict[str, str]:
    if not isinstance(item, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name, description = item.get("command"), item.get("description")
    if not isinstance(name, str):
        raise bad_request("can't parse BotCommand: can't find field \"command\"")
    if not isinstance(description, str):
        raise bad_request("can't parse BotCommand: can't find field \"description\"")
    name = name.removeprefix("/")
    if not COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description.strip()) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description.strip()}


def get_my_commands(state: ServerState, bot: Bot, params: Params) -> list[dict[str, str]]:
    """The menu of exactly this scope and language; empty when none is set."""
    return bot.commands.get((scope(state, bot, params), language(params)), [])


def delete_my_commands(state: ServerState, bot: Bot, params: Params) -> bool:
    """Take a menu away, so that the next wider one shows."""
    bot.commands.pop((scope(state, bot, params), language(params)), None)
    state.show_commands(bot)
    return True


def scope(state: ServerState, bot: Bot, params: Params) -> ScopeKey:
    """The scope a call names, the default one when it names none."""
    given = params.mapping("scope", "BotCommandScope")
    if given is None:
        return ("default",)
    kind = given.get("type")
    if kind in ("default", "all_private_chats", "all_group_chats", "all_chat_administrators"):
        return (kind,)
    if kind not in ("chat", "chat_administrators", "chat_member"):
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    chat = state.chat_known(bot, given.get("chat_id"))
    if kind == "chat":
        return (kind, chat.id)
    if chat.private:
        raise bad_request("can't use specified scope in private chats")
    if kind == "chat_administrators":
        return (kind, chat.id)
    user = given.get("user_id")
    if type(user) is not int:
        raise bad_request("can't parse BotCommandScope: invalid user_id specified")
    return (kind, chat.id, user)


def language(params: Params) -> str:
    """The two-letter language of a call; empty for everybody."""
    code = params.text("language_code")
    if code and not LANGUAGE.fullmatch(code):
        raise bad_request("invalid language code specified")
    return code


def set_chat_menu_button(state: ServerState, bot: Bot, params: Params) -> bool:
    """The button beside the text field, in one chat or in all that have no own."""
    button = params.mapping("menu_button", "menu button") or {"type": "default"}
    kind = button.get("type")
    if kind not in ("default", "commands", "web_app"):
        raise bad_request("can't parse menu button: unsupported type specified")
    if kind == "web_app":
        app = button.get("web_app")
        if not isinstance(button.get("text"), str) or not isinstance(app, dict):
            raise bad_request("can't parse menu button: can't find field \"web_app\"")
        if not str(app.get("url", "")).startswith("https://"):
            raise bad_request("menu button Web App URL is invalid: Only HTTPS links are allowed")
    bot.menu_buttons[_menu_chat(state, bot, params)] = button
    state.show_commands(bot)
    return True


def get_chat_menu_button(state: ServerState, bot: Bot, params: Params) -> dict[str, Any]:
    """What `setChatMenuButton` set; without a chat, the one for all."""
    default = bot.menu_buttons.get(None, {"type": "commands"})
    return bot.menu_buttons.get(_menu_chat(state, bot, params), default)


def _menu_chat(state: ServerState, bot: Bot, params: Params) -> int | None:
    if not params.given("chat_id"):
        return None
    chat = state.chat_known(bot, params.values["chat_id"])
    if not chat.private:
        raise bad_request("chat must be a private chat")
    return chat.id


def profile_setter(field: str) -> Verb:
    """`setMyName` and its like, for one field and each language."""

    def set_it(state: ServerState, bot: Bot, params: Params) -> bool:
        text = params.text(field).strip()
        if len(text) > LONGEST[field]:
            raise bad_request(f"bot {field.replace('_', ' ')} is too long")
        code = language(params)
        if text:
            bot.profile[field, code] = text
        else:
            bot.profile.pop((field, code), None)
        if field == "name" and not code and text:
            bot.rename(text)
        return True

    return set_it


def profile_getter(field: str) -> Verb:
    """`getMyName` and its like; the text for everybody where the language has none."""

    def get_it(state: ServerState, bot: Bot, params: Params) -> dict[str, str]:
        otherwise = bot.profile.get((field, ""), bot.name if field == "name" else "")
        return {field: bot.profile.get((field, language(params)), otherwise)}

    return get_it
