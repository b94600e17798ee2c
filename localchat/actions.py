"""What people do on their phones, and the updates that bots get of it."""

import re
from typing import Any

from localchat.accounts import Bot, Person
from localchat.chats import Chat, Message
from localchat.entities import find
from localchat.errors import SimError
from localchat.queries import CallbackQuery
from localchat.state import ServerState

LONGEST_TEXT = 4096
PARAMETER = re.compile(r"[A-Za-z0-9_-]{1,64}")


def write(state: ServerState, chat: Chat, text: str, reply_to: int | None = None) -> Message:
    """The person of a private chat writes. Answers the message."""
    return say(state, chat, _words(text), reply_to)


def _words(text: str) -> dict[str, Any]:
    """The fields of a text message, with the entities found in it."""
    text = text.strip()
    if not text or len(text) > LONGEST_TEXT:
        raise SimError("A message has from 1 to 4096 characters.")
    found = find(text)
    return {"text": text, "entities": found} if found else {"text": text}


def say(state: ServerState, chat: Chat, content: dict[str, Any], reply_to: int | None = None) -> Message:
    """The person of a private chat sends anything. Raises SimError while they block the bot."""
    if chat.blocked:
        raise SimError("The person has blocked the bot.", 409)
    target = _target(chat, reply_to)
    if not chat.started:
        chat.started = True
        chat.watchers.tell("started", True)
    message = _new(state, chat, chat.people[0], content, target)
    _use_keyboard(chat, content.get("text"))
    chat.add(message)
    chat.bot.updates.add({"message": message})
    return message


def _new(
    state: ServerState, chat: Chat, person: Person, content: dict[str, Any], target: Message | None
) -> Message:
    message = state.new_message(chat, person.user)
    if target is not None:
        message["reply_to_message"] = {k: v for k, v in target.items() if k != "reply_to_message"}
    message.update(content)
    return message


def _target(chat: Chat, number: int | None) -> Message | None:
    if number is None:
        return None
    if number not in chat.messages:
        raise SimError(f"There is no message {number} in this chat.", 404)
    return chat.messages[number]


def _use_keyboard(chat: Chat, text: str | None) -> None:
    keyboard = chat.keyboard
    if keyboard is None or not keyboard.get("one_time_keyboard"):
        return
    if any(button["text"] == text for row in keyboard["keyboard"] for button in row):
        chat.show_keyboard(None)


def start(state: ServerState, chat: Chat, parameter: str | None = None) -> Message:
    """The person opens a join link and presses Start; that also unblocks the bot."""
    if parameter and not PARAMETER.fullmatch(parameter):
        raise SimError("A link's parameter has at most 64 letters, digits, hyphens and underscores.")
    if chat.blocked:
        block(state, chat, False)
    return write(state, chat, f"/start {parameter}" if parameter else "/start")


def edit(state: ServerState, chat: Chat, number: int, text: str) -> Message:
    """The person edits what they wrote."""
    message = _target(chat, number)
    assert message is not None  # noqa: S101 - a number was given
    if message["from"]["is_bot"] or "text" not in message:
        raise SimError("A person can edit only a text of their own.")
    changed = {k: v for k, v in message.items() if k != "entities"} | _words(text)
    changed["edit_date"] = state.clock.unix()
    chat.replace(changed)
    chat.bot.updates.add({"edited_message": changed})
    return changed


def press(
    state: ServerState,
    chat: Chat,
    label: str | None = None,
    data: str | None = None,
    message_id: int | None = None,
) -> CallbackQuery:
    """The person presses an inline button. Data that no button has is sent all the same: a forged press."""
    message, button_data = _button(chat, label, data, message_id)
    query = state.queries.ask(chat, message["message_id"], button_data)
    chat.bot.updates.add(
        {
            "callback_query": {
                "id": query.id,
                "from": chat.people[0].user,
                "message": message,
                "chat_instance": str(hash((chat.bot.id, chat.id))),
                "data": button_data,
            }
        }
    )
    return query


def _button(chat: Chat, label: str | None, data: str | None, message_id: int | None) -> tuple[Message, str]:
    if message_id is not None and message_id not in chat.messages:
        raise SimError(f"There is no message {message_id} in this chat.", 404)
    among = [chat.messages[message_id]] if message_id is not None else list(reversed(chat.messages.values()))
    for message in among:
        for row in message.get("reply_markup", {}).get("inline_keyboard", ()):
            for button in row:
                if button["text"] == label if data is None else button.get("callback_data") == data:
                    if "callback_data" not in button:
                        raise SimError(f"The button “{button['text']}” opens something and sends nothing.")
                    return message, button["callback_data"]
    if data is None:
        raise SimError(f"There is no button “{label}”.", 404)
    newest = next((m for m in among if m["from"]["is_bot"]), None)
    if newest is None:
        raise SimError("There is no message from the bot to press anything on.", 404)
    return newest, data


def block(state: ServerState, chat: Chat, blocked: bool) -> None:
    """The person blocks or unblocks the bot, which is told; doing it twice changes nothing."""
    if chat.blocked == blocked:
        return
    chat.blocked = blocked
    chat.watchers.tell("blocked", blocked)
    member: dict[str, Any] = {"status": "member"}
    kicked: dict[str, Any] = {"status": "kicked", "until_date": 0}
    was, now = (member, kicked) if blocked else (kicked, member)
    _tell_membership(state, chat, chat.people[0], was, now)


def _tell_membership(
    state: ServerState, chat: Chat, person: Person, was: dict[str, Any], now: dict[str, Any]
) -> None:
    bot = chat.bot.face
    change = {
        "chat": chat.face,
        "from": person.user,
        "date": state.clock.unix(),
        "old_chat_member": {"user": bot, **was},
        "new_chat_member": {"user": bot, **now},
    }
    chat.bot.updates.add({"my_chat_member": change})


def gather(state: ServerState, bot: Bot, title: str, people: list[Person]) -> Chat:
    """The first of the people makes a group; the bot is told of its membership and of the group."""
    chat = state.add_group(bot, title, people)
    _tell_membership(state, chat, people[0], {"status": "left"}, {"status": "member"})
    message = _new(state, chat, people[0], {"group_chat_created": True}, None)
    chat.add(message)
    bot.updates.add({"message": message})
    return chat


def write_in_group(
    state: ServerState, chat: Chat, person: Person, text: str, reply_to: int | None = None
) -> Message:
    """A person writes in a group. The bot, in privacy mode, is told only of what is meant for it."""
    target = _target(chat, reply_to)
    message = _new(state, chat, person, _words(text), target)
    chat.add(message)
    if not chat.left and _meant_for_bot(chat, message, target):
        chat.bot.updates.add({"message": message})
    return message


def _meant_for_bot(chat: Chat, message: Message, target: Message | None) -> bool:
    """Whether privacy mode lets it through: a reply to the bot, a mention of it, a command not for others."""
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
