"""Edit and delete messages."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from localchat.chats import Chat, Message
from localchat.errors import ApiError, bad_request
from localchat.markup import Markup, parse_inline_markup
from localchat.methods.call import ApiCall
from localchat.methods.media import caption_content, input_media_content
from localchat.methods.sending import link_preview, text_content
from localchat.params import Params

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
MEDIA = frozenset({"photo", "document"})
CAPTION = frozenset({"caption", "caption_entities"})
DELETE_WITHIN = 48 * 3600


def edit_message_text(call: ApiCall) -> Message:
    """Replace the text and the inline keyboard."""
    content = text_content(call.params, "MESSAGE_TOO_LONG")
    chat, message, keyboard = _own_message(call)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    kept = _without(message, {"entities"})
    return _store_edit(call, chat, message, kept | content | link_preview(call.params), keyboard)


def edit_message_caption(call: ApiCall) -> Message:
    """Replace or remove the caption of a picture or file."""
    caption = caption_content(call.params)
    chat, message, keyboard = _own_message(call)
    if not MEDIA & message.keys():
        raise bad_request("there is no caption in the message to edit")
    return _store_edit(call, chat, message, _without(message, CAPTION) | caption, keyboard)


def edit_message_media(call: ApiCall) -> Message:
    """Replace the picture or file and its caption."""
    item = call.params.mapping("media", "input media")
    if item is None:
        raise bad_request("can't parse input media JSON object")
    chat, message, keyboard = _own_message(call)
    content = input_media_content(call, item)
    if not MEDIA & message.keys():
        raise bad_request("there is no media in the message to edit")
    kept = _without(message, MEDIA | CAPTION | {"has_media_spoiler"})
    return _store_edit(call, chat, message, kept | content, keyboard)


def edit_message_reply_markup(call: ApiCall) -> Message:
    """Replace or remove the inline keyboard."""
    chat, message, keyboard = _own_message(call)
    return _store_edit(call, chat, message, _without(message, set()), keyboard)


def _own_message(call: ApiCall) -> tuple[Chat, Message, Markup | None]:
    """The bot's own message that a call edits, its chat and its new keyboard."""
    keyboard = parse_inline_markup(call.params)
    if call.params.has("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    chat = call.chat()
    message = chat.messages.get(call.message_id())
    if message is None:
        raise bad_request("message to edit not found")
    if not message["from"]["is_bot"]:
        raise bad_request("message can't be edited")
    return chat, message, keyboard


def _without(message: Message, fields: AbstractSet[str]) -> Message:
    """A copy of a message without these fields and without its inline keyboard."""
    return {k: v for k, v in message.items() if k not in fields and k != "reply_markup"}


def _store_edit(call: ApiCall, chat: Chat, old: Message, new: Message, keyboard: Markup | None) -> Message:
    """Store an edit; one that changes nothing is refused."""
    if keyboard is not None:
        new["reply_markup"] = keyboard
    if new == old:
        raise bad_request(NOT_MODIFIED)
    call.state.limits.take(call.bot.id, None, chat.private)
    new["edit_date"] = call.state.clock.unix()
    chat.replace(new)
    return new


def delete_messages(call: ApiCall) -> bool:
    """Delete several messages; those that are gone or too old are skipped."""
    numbers = call.params.array("message_ids", "message identifiers")
    if not numbers:
        raise bad_request("message identifiers are not specified")
    if len(numbers) > 100:
        raise bad_request("too many message identifiers specified")
    for number in numbers:
        try:
            delete_message(replace(call, params=Params({**call.params.values, "message_id": number})))
        except ApiError as error:
            if not error.description.startswith("Bad Request: message "):
                raise
    return True


def delete_message(call: ApiCall) -> bool:
    """Delete a message of the last 48 hours; in a group only the bot's own."""
    chat = call.chat()
    number = call.message_id()
    message = chat.messages.get(number)
    if message is None:
        raise bad_request("message to delete not found")
    old = message["date"] < call.state.clock.unix() - DELETE_WITHIN
    if old or not (chat.private or message["from"]["is_bot"]):
        raise bad_request("message can't be deleted for everyone" if old else "message can't be deleted")
    chat.remove(number)
    return True
