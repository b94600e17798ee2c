"""Chats and files as the bot may look at them, pins, and leaving."""

from typing import Any

from localchat.accounts import Bot
from localchat.errors import bad_request, forbidden
from localchat.params import Params
from localchat.state import ServerState

LARGEST_DOWNLOAD = 20 * 1024 * 1024


def get_chat(state: ServerState, bot: Bot, params: Params) -> dict[str, Any]:
    """All that a bot may know of a chat it has been in."""
    chat = state.chat_known(bot, params.values.get("chat_id"))
    if not chat.started:
        raise bad_request("chat not found")
    found: dict[str, Any] = {
        **chat.face,
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }
    if username := chat.face.get("username"):
        found["active_usernames"] = [username]
    if chat.pinned:
        found["pinned_message"] = chat.messages[chat.pinned[-1]]
    return found


def get_file(state: ServerState, bot: Bot, params: Params) -> dict[str, Any]:
    """Where a file of at most 20 MB can be fetched."""
    file = state.files.get(params.text("file_id"))
    if file is None:
        raise bad_request("invalid file_id")
    if file.size > LARGEST_DOWNLOAD:
        raise bad_request("file is too big")
    return {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": file.path,
    }


def pin_chat_message(state: ServerState, bot: Bot, params: Params) -> bool:
    """Put a message at the top of the chat."""
    chat = state.chat_to_send(bot, params.values.get("chat_id"))
    if not chat.private:
        raise bad_request("not enough rights to manage pinned messages in the chat")
    number = params.integer("message_id")
    if number <= 0:
        raise bad_request("message identifier is not specified")
    if number not in chat.messages:
        raise bad_request("message to pin not found")
    if number in chat.pinned:
        chat.pinned.remove(number)
    chat.pinned.append(number)
    chat.watchers.tell("pin", chat.pinned)
    return True


def unpin_chat_message(state: ServerState, bot: Bot, params: Params) -> bool:
    """Take one pin away, the newest when none is named."""
    chat = state.chat_to_send(bot, params.values.get("chat_id"))
    number = params.integer("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if number not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(number)
    chat.watchers.tell("pin", chat.pinned)
    return True


def unpin_all_chat_messages(state: ServerState, bot: Bot, params: Params) -> bool:
    """Take every pin away."""
    chat = state.chat_to_send(bot, params.values.get("chat_id"))
    chat.pinned.clear()
    chat.watchers.tell("pin", chat.pinned)
    return True


def leave_chat(state: ServerState, bot: Bot, params: Params) -> bool:
    """Leave a group."""
    chat = state.chat_known(bot, params.values.get("chat_id"))
    if chat.private:
        raise bad_request("chat member status can't be changed in private chats")
    if chat.left:
        raise forbidden("bot is not a member of the group chat")
    chat.left = True
    return True
