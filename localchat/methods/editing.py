"""Changing and removing what was sent."""

from localchat import markup
from localchat.accounts import Bot
from localchat.chats import Chat, Message
from localchat.errors import ApiError, bad_request
from localchat.methods.media import checked_caption, input_media
from localchat.methods.sending import checked_text, preview
from localchat.params import Params
from localchat.state import ServerState

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
MEDIA = frozenset({"photo", "document"})
DELETE_WITHIN = 48 * 3600


def edit_message_text(state: ServerState, bot: Bot, params: Params) -> Message:
    """A new text, and the keyboard given with it or none."""
    text, found = checked_text(params, "MESSAGE_TOO_LONG")
    keyboard = markup.inline(params)
    chat, message = own_message(state, bot, params)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    changed = {k: v for k, v in message.items() if k not in ("entities", "reply_markup")}
    changed |= {"text": text, **preview(params)}
    if found:
        changed["entities"] = found
    return store(state, chat, message, changed, keyboard)


def edit_message_caption(state: ServerState, bot: Bot, params: Params) -> Message:
    """A new caption, or none, under a picture or file."""
    keyboard = markup.inline(params)
    caption = checked_caption(params.text("caption"), params.text("parse_mode"), params, "caption_entities")
    chat, message = own_message(state, bot, params)
    if not MEDIA & message.keys():
        raise bad_request("there is no caption in the message to edit")
    dropped = ("caption", "caption_entities", "reply_markup")
    changed = {k: v for k, v in message.items() if k not in dropped} | caption
    return store(state, chat, message, changed, keyboard)


def edit_message_media(state: ServerState, bot: Bot, params: Params) -> Message:
    """Another picture or file, with its own caption."""
    item = params.mapping("media", "input media")
    if item is None:
        raise bad_request("can't parse input media JSON object")
    keyboard = markup.inline(params)
    chat, message = own_message(state, bot, params)
    made = input_media(state, params, item)
    if not MEDIA & message.keys():
        raise bad_request("there is no media in the message to edit")
    dropped = MEDIA | {"caption", "caption_entities", "has_media_spoiler", "reply_markup"}
    changed = {k: v for k, v in message.items() if k not in dropped} | made
    return store(state, chat, message, changed, keyboard)


def edit_message_reply_markup(state: ServerState, bot: Bot, params: Params) -> Message:
    """Another inline keyboard, or none, under the same message."""
    keyboard = markup.inline(params)
    chat, message = own_message(state, bot, params)
    changed = {k: v for k, v in message.items() if k != "reply_markup"}
    return store(state, chat, message, changed, keyboard)


def own_message(state: ServerState, bot: Bot, params: Params) -> tuple[Chat, Message]:
    """The bot's own message that a call means to edit."""
    if params.given("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    chat = state.chat_to_send(bot, params.values.get("chat_id"))
    number = params.integer("message_id")
    if number <= 0:
        raise bad_request("message identifier is not specified")
    message = chat.messages.get(number)
    if message is None:
        raise bad_request("message to edit not found")
    if not message["from"]["is_bot"]:
        raise bad_request("message can't be edited")
    return chat, message


def store(
    state: ServerState, chat: Chat, was: Message, changed: Message, keyboard: dict[str, object] | None
) -> Message:
    """Store an edit; one that changes nothing is refused."""
    if keyboard is not None:
        changed["reply_markup"] = keyboard
    if changed == was:
        raise bad_request(NOT_MODIFIED)
    state.limits.take(chat.bot.id, None, chat.private)
    changed["edit_date"] = state.clock.unix()
    chat.replace(changed)
    return changed


def delete_messages(state: ServerState, bot: Bot, params: Params) -> bool:
    """Remove several messages; those that are gone or too old are passed over."""
    numbers = params.array("message_ids", "message identifiers")
    if not numbers:
        raise bad_request("message identifiers are not specified")
    if len(numbers) > 100:
        raise bad_request("too many message identifiers specified")
    for number in numbers:
        try:
            delete_message(state, bot, Params({**params.values, "message_id": number}))
        except ApiError as error:
            if not error.description.startswith("Bad Request: message "):
                raise
    return True


def delete_message(state: ServerState, bot: Bot, params: Params) -> bool:
    """Remove a message of the last 48 hours; in a group only the bot's own."""
    chat = state.chat_to_send(bot, params.values.get("chat_id"))
    number = params.integer("message_id")
    if number <= 0:
        raise bad_request("message identifier is not specified")
    message = chat.messages.get(number)
    if message is None:
        raise bad_request("message to delete not found")
    old = message["date"] < state.clock.unix() - DELETE_WITHIN
    if old or not (chat.private or message["from"]["is_bot"]):
        raise bad_request("message can't be deleted for everyone" if old else "message can't be deleted")
    chat.remove(number)
    return True
