"""What people do on their phones, and the updates that bots get of it."""

from typing import Any

from localchat.chats import Chat, Message
from localchat.entities import find
from localchat.errors import SimError
from localchat.exchange import Exchange
from localchat.queries import CallbackQuery

LONGEST_TEXT = 4096


def write(exchange: Exchange, chat: Chat, text: str, reply_to: int | None = None) -> Message:
    """The person of a private chat writes. Answers the message."""
    text = text.strip()
    if not text:
        raise SimError("A message needs a text.")
    if len(text) > LONGEST_TEXT:
        raise SimError("A message has at most 4096 characters.")
    content: dict[str, Any] = {"text": text}
    if found := find(text):
        content["entities"] = found
    return say(exchange, chat, content, reply_to)


def say(exchange: Exchange, chat: Chat, content: dict[str, Any], reply_to: int | None = None) -> Message:
    """The person of a private chat sends anything. Raises SimError while they block the bot."""
    if chat.blocked:
        raise SimError("The person has blocked the bot.", 409)
    target = _target(chat, reply_to)
    chat.started = True
    message = exchange.new_message(chat, chat.people[0].user)
    if target is not None:
        message["reply_to_message"] = {k: v for k, v in target.items() if k != "reply_to_message"}
    message.update(content)
    _use_keyboard(chat, content.get("text"))
    chat.add(message)
    chat.bot.updates.add({"message": message})
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


def start(exchange: Exchange, chat: Chat, parameter: str | None = None) -> Message:
    """The person opens a join link and presses Start; that also unblocks the bot."""
    if chat.blocked:
        block(exchange, chat, False)
    return write(exchange, chat, f"/start {parameter}" if parameter else "/start")


def edit(exchange: Exchange, chat: Chat, number: int, text: str) -> Message:
    """The person edits what they wrote."""
    message = _target(chat, number)
    assert message is not None  # noqa: S101 - a number was given
    if message["from"]["is_bot"] or "text" not in message:
        raise SimError("A person can edit only a text of their own.")
    text = text.strip()
    if not text or len(text) > LONGEST_TEXT:
        raise SimError("A message has from 1 to 4096 characters.")
    changed = {k: v for k, v in message.items() if k != "entities"}
    changed |= {"text": text, "edit_date": exchange.clock.unix()}
    if found := find(text):
        changed["entities"] = found
    chat.replace(changed)
    chat.bot.updates.add({"edited_message": changed})
    return changed


def press(
    exchange: Exchange,
    chat: Chat,
    label: str | None = None,
    data: str | None = None,
    message_id: int | None = None,
) -> CallbackQuery:
    """The person presses an inline button. Data that no button has is sent all the same: a forged press."""
    message, button_data = _button(chat, label, data, message_id)
    query = exchange.queries.ask(chat, message["message_id"], button_data)
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


def block(exchange: Exchange, chat: Chat, blocked: bool) -> None:
    """The person blocks or unblocks the bot, which is told; doing it twice changes nothing."""
    if chat.blocked == blocked:
        return
    chat.blocked = blocked
    chat.watchers.tell("blocked", blocked)
    bot = chat.bot.face
    was, now = ({"status": "member"}, {"status": "kicked", "until_date": 0})[:: 1 if blocked else -1]
    chat.bot.updates.add(
        {
            "my_chat_member": {
                "chat": chat.face,
                "from": chat.people[0].user,
                "date": exchange.clock.unix(),
                "old_chat_member": {"user": bot, **was},
                "new_chat_member": {"user": bot, **now},
            }
        }
    )
