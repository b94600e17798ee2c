"""Chat methods: getChat, getFile, pinned messages, and leaving a group."""

from typing import Any

from localchat.errors import bad_request, forbidden
from localchat.methods.call import ApiCall

MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024


def get_chat(call: ApiCall) -> dict[str, Any]:
    """The ChatFullInfo object of a chat that the bot has been in."""
    chat = call.find_chat(call.params.values.get("chat_id"))
    if not chat.started:
        raise bad_request("chat not found")
    found: dict[str, Any] = {
        **chat.api_chat,
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
    if username := chat.api_chat.get("username"):
        found["active_usernames"] = [username]
    if chat.pinned:
        found["pinned_message"] = chat.messages[chat.pinned[-1]]
    return found


def get_file(call: ApiCall) -> dict[str, Any]:
    """The download path of a file of at most 20 MB."""
    file = call.state.files.get(call.params.text("file_id"))
    if file is None:
        raise bad_request("invalid file_id")
    if file.size > MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": file.path,
    }


def pin_chat_message(call: ApiCall) -> bool:
    chat = call.chat()
    if not chat.private:
        raise bad_request("not enough rights to manage pinned messages in the chat")
    number = call.message_id()
    if number not in chat.messages:
        raise bad_request("message to pin not found")
    if number in chat.pinned:
        chat.pinned.remove(number)
    chat.pinned.append(number)
    chat.subscribers.publish("pin", chat.pinned)
    return True


def unpin_chat_message(call: ApiCall) -> bool:
    """Unpin a message, the newest pin by default."""
    chat = call.chat()
    number = call.params.integer("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if number not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.unpin(number)
    return True


def unpin_all_chat_messages(call: ApiCall) -> bool:
    chat = call.chat()
    chat.pinned.clear()
    chat.subscribers.publish("pin", chat.pinned)
    return True


def leave_chat(call: ApiCall) -> bool:
    chat = call.find_chat(call.params.values.get("chat_id"))
    if chat.private:
        raise bad_request("chat member status can't be changed in private chats")
    if chat.left:
        raise forbidden("bot is not a member of the group chat")
    chat.left = True
    return True
