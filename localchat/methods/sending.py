"""Sending text, and showing that something is coming."""

from typing import Any

from localchat import entities, markup
from localchat.accounts import Bot
from localchat.chats import Chat, Message
from localchat.errors import bad_request
from localchat.params import Params
from localchat.state import ServerState

LONGEST_TEXT = 4096
TYPING_SECONDS = 5.0

ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


def send_message(state: ServerState, bot: Bot, params: Params) -> Message:
    """A text with formatting and a keyboard."""
    chat = state.chat_to_send(bot, params.values.get("chat_id"))
    text, found = checked_text(params, "message is too long")
    keyboard = markup.of(params)
    state.limits.take(bot.id, chat.pace, chat.private)
    message = begin(state, chat, params)
    message["text"] = text
    if found:
        message["entities"] = found
    return finish(chat, message, params, keyboard)


def checked_text(params: Params, too_long: str) -> tuple[str, list[entities.Entity]]:
    """The `text` of a call and its entities; empty and overlong texts are refused."""
    if not params.text("text"):
        raise bad_request("message text is empty")
    text, found = entities.formatted_param(params, "text")
    if not text:
        raise bad_request("text must be non-empty")
    if len(text) > LONGEST_TEXT or entities.utf16_length(text) > LONGEST_TEXT:
        raise bad_request(too_long)
    return text, found


def begin(state: ServerState, chat: Chat, params: Params) -> Message:
    """The head of a bot's message, with what it replies to."""
    values = params.values
    target = None
    if "reply_parameters" in values or "reply_to_message_id" in values:
        target = replied(chat, params)
    message = state.new_message(chat, chat.bot.face)
    if target is not None:
        message["reply_to_message"] = {k: v for k, v in target.items() if k != "reply_to_message"}
    if params.truth("protect_content"):
        message["has_protected_content"] = True
    message |= preview(params)
    return message


def preview(params: Params) -> dict[str, Any]:
    """The field that says how links are previewed, when the call says so."""
    options = params.values.get("link_preview_options")
    if isinstance(options, dict) and options:
        return {"link_preview_options": options}
    disabled = params.truth("disable_web_page_preview")
    return {"link_preview_options": {"is_disabled": True}} if disabled else {}


def replied(chat: Chat, params: Params) -> Message | None:
    """The message that a call replies to; refused when it is gone, unless the call allows that."""
    reply = params.mapping("reply_parameters", "reply parameters") or {}
    number = reply.get("message_id", params.integer("reply_to_message_id"))
    if not number:
        return None
    target = chat.messages.get(number) if isinstance(number, int) else None
    lenient = reply.get("allow_sending_without_reply") or params.truth("allow_sending_without_reply")
    if target is None and not lenient:
        raise bad_request("message to be replied not found")
    return target


def finish(chat: Chat, message: Message, params: Params, keyboard: dict[str, Any] | None) -> Message:
    """Store a bot's message; an inline keyboard stays with it, a reply keyboard goes to the chat."""
    if keyboard is not None:
        if "inline_keyboard" in keyboard:
            if any(keyboard["inline_keyboard"]):
                message["reply_markup"] = keyboard
        elif "keyboard" in keyboard:
            chat.show_keyboard(keyboard if keyboard["keyboard"] else None)
        elif "remove_keyboard" in keyboard:
            chat.show_keyboard(None)
    chat.add(message)
    return message


def send_chat_action(state: ServerState, bot: Bot, params: Params) -> bool:
    """ "typing …" for five seconds or until the next message."""
    chat = state.chat_to_send(bot, params.values.get("chat_id"))
    if params.text("action") not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.typing_until = state.ticks() + TYPING_SECONDS
    chat.watchers.tell("typing", True)
    return True
