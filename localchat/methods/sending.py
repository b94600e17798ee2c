"""Send messages: text with reply markup, chat actions, and answers to callback queries."""

import re
from typing import Any

from localchat import entities
from localchat.chats import Chat, Message
from localchat.errors import bad_request
from localchat.markup import Markup, parse_markup
from localchat.methods.call import ApiCall
from localchat.params import Params

MAX_TEXT = 4096
MAX_ANSWER = 200
TYPING_SECONDS = 5.0

ACTION = re.compile(
    "typing|choose_sticker|find_location|upload_(photo|document)|(record|upload)_(video|voice|video_note)"
)


def send_message(call: ApiCall) -> Message:
    chat = call.chat()
    content = text_content(call.params, "message is too long")
    [message] = store_messages(call, chat, [content], parse_markup(call.params))
    return message


def text_content(params: Params, too_long: str) -> dict[str, Any]:
    """The text and entities of a call as fields of a message; empty and overlong texts are refused."""
    if not params.text("text"):
        raise bad_request("message text is empty")
    text, found = entities.parse_text(
        params.text("text"), params.text("parse_mode"), params.values.get("entities")
    )
    if not text:
        raise bad_request("text must be non-empty")
    if len(text) > MAX_TEXT or entities.utf16_length(text) > MAX_TEXT:
        raise bad_request(too_long)
    return {"text": text, "entities": found} if found else {"text": text}


def link_preview(params: Params) -> dict[str, Any]:
    """The link preview options of a call as a field of a message; empty when the call sets none."""
    options = params.values.get("link_preview_options")
    if isinstance(options, dict) and options:
        return {"link_preview_options": options}
    disabled = params.boolean("disable_web_page_preview")
    return {"link_preview_options": {"is_disabled": True}} if disabled else {}


def store_messages(
    call: ApiCall, chat: Chat, contents: list[dict[str, Any]], keyboard: Markup | None = None
) -> list[Message]:
    """Store new messages from the bot, one per content, and count them against the rate limits.

    An inline keyboard is stored on the message; a reply keyboard replaces the chat's.
    """
    state, params = call.state, call.params
    state.limits.take(call.bot.id, chat.rate_limit, chat.private, len(contents))
    messages = []
    for content in contents:
        message = state.new_message(chat, call.bot.user, _reply_target(chat, params))
        if params.boolean("protect_content"):
            message["has_protected_content"] = True
        message |= link_preview(params) | content
        match keyboard:
            case {"inline_keyboard": rows} if rows:
                message["reply_markup"] = keyboard
            case {"keyboard": rows}:
                chat.set_keyboard(keyboard if rows else None)
            case {"remove_keyboard": _}:
                chat.set_keyboard(None)
        chat.add(message)
        messages.append(message)
    return messages


def _reply_target(chat: Chat, params: Params) -> Message | None:
    """The message that a call replies to; refused when it is deleted, unless the call allows that."""
    reply = params.mapping("reply_parameters", "reply parameters") or {}
    number = reply.get("message_id", params.integer("reply_to_message_id"))
    if not number:
        return None
    target = chat.messages.get(number) if isinstance(number, int) else None
    lenient = reply.get("allow_sending_without_reply") or params.boolean("allow_sending_without_reply")
    if target is None and not lenient:
        raise bad_request("message to be replied not found")
    return target


def send_chat_action(call: ApiCall) -> bool:
    """Show the typing indicator for five seconds or until the next message."""
    chat = call.chat()
    if not ACTION.fullmatch(call.params.text("action")):
        raise bad_request("wrong parameter action in request")
    chat.typing_until = call.state.ticks() + TYPING_SECONDS
    chat.subscribers.publish("typing", True)
    return True


def answer_callback_query(call: ApiCall) -> bool:
    """Answer a callback query with a toast, an alert, or nothing."""
    params = call.params
    text = params.text("text")
    if entities.utf16_length(text) > MAX_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    query = call.state.queries.take(params.text("callback_query_id"), call.bot.id)
    if query is None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    answer = {
        "text": text or None,
        "show_alert": params.boolean("show_alert"),
        "url": params.text("url") or None,
    }
    if not query.answered.done():
        query.answered.set_result(answer)
    query.chat.subscribers.publish("answer", {"message_id": query.message_id, "data": query.data, **answer})
    return True
