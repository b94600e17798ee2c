"""Registry of Bot API methods by lower-case name: Telegram's method names are case-insensitive.

Each takes an ApiCall and returns the `result` (a Description is true with a description), or raises ApiError.
"""

from functools import partial

from localchat.methods import chats, editing, media, profile, sending, updates
from localchat.methods.call import ApiCall, Description, Method

__all__ = ["METHODS", "ApiCall", "Description", "Method"]

_ALL: dict[str, Method] = {
    "getMe": profile.get_me,
    "getUpdates": updates.get_updates,
    "setWebhook": updates.set_webhook,
    "deleteWebhook": updates.delete_webhook,
    "getWebhookInfo": updates.get_webhook_info,
    "sendMessage": sending.send_message,
    "sendChatAction": sending.send_chat_action,
    "sendPhoto": partial(media.send_file, kind="photo"),
    "sendDocument": partial(media.send_file, kind="document"),
    "sendMediaGroup": media.send_media_group,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageMedia": editing.edit_message_media,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "answerCallbackQuery": sending.answer_callback_query,
    "setMyCommands": profile.set_my_commands,
    "getMyCommands": profile.get_my_commands,
    "deleteMyCommands": profile.delete_my_commands,
    "setChatMenuButton": profile.set_chat_menu_button,
    "getChatMenuButton": profile.get_chat_menu_button,
    "setMyName": partial(profile.set_my_text, field="name"),
    "getMyName": partial(profile.get_my_text, field="name"),
    "setMyDescription": partial(profile.set_my_text, field="description"),
    "getMyDescription": partial(profile.get_my_text, field="description"),
    "setMyShortDescription": partial(profile.set_my_text, field="short_description"),
    "getMyShortDescription": partial(profile.get_my_text, field="short_description"),
    "getChat": chats.get_chat,
    "getFile": chats.get_file,
    "pinChatMessage": chats.pin_chat_message,
    "unpinChatMessage": chats.unpin_chat_message,
    "unpinAllChatMessages": chats.unpin_all_chat_messages,
    "leaveChat": chats.leave_chat,
}

METHODS: dict[str, tuple[str, Method]] = {name.lower(): (name, method) for name, method in _ALL.items()}
