"""People's actions: send, edit, press, block, start; each enqueues the update that the bot gets for it."""

import re
from typing import Any

from localchat.accounts import Bot, Person
from localchat.chats import CallbackQuery, Chat, Message
from localchat.entities import find_entities
from localchat.errors import SimError
from localchat.state import ServerState

FIRST_GROUP = -4_100_000_001
MAX_TEXT = 4096
MEMBER: dict[str, Any] = {"status": "member"}
KICKED: dict[str, Any] = {"status": "kicked", "until_date": 0}
PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")


def send_text(state: ServerState, chat: Chat, text: str, reply_to: int | None = None) -> Message:
    """Send a text in a private chat."""
    return send_content(state, chat, _text_content(text), reply_to)


def _text_content(text: str) -> dict[str, Any]:
    text = text.strip()
    if not text or len(text) > MAX_TEXT:
        raise SimError("A message has from 1 to 4096 characters.")
    found = find_entities(text)
    return {"text": text, "entities": found} if found else {"text": text}


def send_content(
    state: ServerState, chat: Chat, content: dict[str, Any], reply_to: int | None = None
) -> Message:
    """Send any message content in a private chat. Raises SimError while the person blocks the bot."""
    if chat.blocked:
        raise SimError("The person has blocked the bot.", 409)
    target = _message(chat, reply_to) if reply_to is not None else None
    if not chat.started:
        chat.started = True
        chat.subscribers.publish("started", True)
    message = state.new_message(chat, chat.people[0].user, target) | content
    _hide_one_time_keyboard(chat, content.get("text"))
    chat.add(message)
    chat.bot.updates.add({"message": message})
    return message


def _message(chat: Chat, message_id: int) -> Message:
    if message_id not in chat.messages:
        raise SimError(f"There is no message {message_id} in this chat.", 404)
    return chat.messages[message_id]


def _hide_one_time_keyboard(chat: Chat, text: str | None) -> None:
    match chat.keyboard:
        case {"one_time_keyboard": True, "keyboard": rows}:
            if any(button["text"] == text for row in rows for button in row):
                chat.set_keyboard(None)


def start(state: ServerState, chat: Chat, parameter: str | None = None) -> Message:
    """Open a deep link and press Start; this also unblocks the bot."""
    if parameter and not PARAMETER.fullmatch(parameter):
        raise SimError("A link's parameter has at most 64 letters, digits, hyphens and underscores.")
    if chat.blocked:
        set_blocked(state, chat, False)
    return send_text(state, chat, f"/start {parameter}" if parameter else "/start")


def edit_text(state: ServerState, chat: Chat, message_id: int, text: str) -> Message:
    """Edit a text of the person's own."""
    message = _message(chat, message_id)
    if message["from"]["is_bot"] or "text" not in message:
        raise SimError("A person can edit only a text of their own.")
    changed = {k: v for k, v in message.items() if k != "entities"} | _text_content(text)
    changed["edit_date"] = state.clock.unix()
    chat.replace(changed)
    chat.bot.updates.add({"edited_message": changed})
    return changed


def press_button(
    state: ServerState,
    chat: Chat,
    label: str | None = None,
    data: str | None = None,
    message_id: int | None = None,
) -> CallbackQuery:
    """Press an inline button. Data that no button has is sent all the same: a forged callback query."""
    message, button_data = _find_button(chat, label, data, message_id)
    query = state.queries.add(chat, message["message_id"], button_data)
    update = {
        "id": query.id,
        "from": chat.people[0].user,
        "message": message,
        "chat_instance": str(hash((chat.bot.id, chat.id))),
        "data": button_data,
    }
    chat.bot.updates.add({"callback_query": update})
    return query


def _find_button(
    chat: Chat, label: str | None, data: str | None, message_id: int | None
) -> tuple[Message, str]:
    newest_first = list(reversed(chat.messages.values()))
    candidates = newest_first if message_id is None else [_message(chat, message_id)]
    for message in candidates:
        for row in message.get("reply_markup", {}).get("inline_keyboard", ()):
            for button in row:
                if button["text"] == label if data is None else button.get("callback_data") == data:
                    if "callback_data" not in button:
                        raise SimError(f"The button “{button['text']}” opens something and sends nothing.")
                    return message, button["callback_data"]
    if data is None:
        raise SimError(f"There is no button “{label}”.", 404)
    newest = next((m for m in candidates if m["from"]["is_bot"]), None)
    if newest is None:
        raise SimError("There is no message from the bot to press anything on.", 404)
    return newest, data


def set_blocked(state: ServerState, chat: Chat, blocked: bool) -> None:
    """Block or unblock the bot, which gets a `my_chat_member` update. Idempotent."""
    if chat.blocked == blocked:
        return
    chat.blocked = blocked
    chat.subscribers.publish("blocked", blocked)
    old, new = (MEMBER, KICKED) if blocked else (KICKED, MEMBER)
    _update_membership(state, chat, old, new)


def _update_membership(state: ServerState, chat: Chat, old: dict[str, Any], new: dict[str, Any]) -> None:
    change = {
        "chat": chat.api_chat,
        "from": chat.people[0].user,
        "date": state.clock.unix(),
        "old_chat_member": {"user": chat.bot.user, **old},
        "new_chat_member": {"user": chat.bot.user, **new},
    }
    chat.bot.updates.add({"my_chat_member": change})


def create_group(state: ServerState, bot: Bot, title: str, people: list[Person]) -> Chat:
    """Create a group, made by the first of the people; the bot gets its membership and a service message."""
    number = FIRST_GROUP - len(state.groups)
    chat = state.chats[bot.id, number] = Chat(bot, number, people, title=title, started=True)
    _update_membership(state, chat, {"status": "left"}, MEMBER)
    message = state.new_message(chat, people[0].user) | {"group_chat_created": True}
    chat.add(message)
    bot.updates.add({"message": message})
    return chat


def send_group_text(
    state: ServerState, chat: Chat, person: Person, text: str, reply_to: int | None = None
) -> Message:
    """Send a text in a group. The bot is in privacy mode and gets only what is addressed to it."""
    target = _message(chat, reply_to) if reply_to is not None else None
    content = _text_content(text)
    message = state.new_message(chat, person.user, target) | content
    chat.add(message)
    if not chat.left and _passes_privacy_mode(chat, message, target):
        chat.bot.updates.add({"message": message})
    return message


def _passes_privacy_mode(chat: Chat, message: Message, target: Message | None) -> bool:
    """Whether privacy mode passes a message: a reply to the bot, a mention of it, a command not for another bot."""
    if target is not None and target["from"]["is_bot"]:
        return True
    own = f"@{chat.bot.username}".lower()
    units = message["text"].encode("utf-16-le")
    for entity in message.get("entities", ()):
        start = entity["offset"] * 2
        word = units[start : start + entity["length"] * 2].decode("utf-16-le").lower()
        _, at, addressee = word.partition("@")
        if entity["type"] == "bot_command" and (not at or f"@{addressee}" == own):
            return True
        if entity["type"] == "mention" and word == own:
            return True
    return False
