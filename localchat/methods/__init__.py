"""The Bot API's methods, by their lower-case names: Telegram does not mind the case.

Each takes the state, the bot and the call's parameters and returns the `result` (a Remark stands for true
with a description), or raises ApiError.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from localchat.accounts import Bot
from localchat.methods import about, editing, fetching, identity, media, places, presses, sending
from localchat.methods.fetching import Remark
from localchat.params import Params
from localchat.state import ServerState

__all__ = ["METHODS", "Method", "Remark"]

Method = Callable[[ServerState, Bot, Params], Any | Awaitable[Any]]

_ALL: dict[str, Method] = {
    "getMe": identity.get_me,
    "getUpdates": fetching.get_updates,
    "setWebhook": fetching.set_webhook,
    "deleteWebhook": fetching.delete_webhook,
    "getWebhookInfo": fetching.get_webhook_info,
    "sendMessage": sending.send_message,
    "sendChatAction": sending.send_chat_action,
    "sendPhoto": media.send_photo,
    "sendDocument": media.send_document,
    "sendMediaGroup": media.send_media_group,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageMedia": editing.edit_message_media,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "answerCallbackQuery": presses.answer_callback_query,
    "setMyCommands": about.set_my_commands,
    "getMyCommands": about.get_my_commands,
    "deleteMyCommands": about.delete_my_commands,
    "setChatMenuButton": about.set_chat_menu_button,
    "getChatMenuButton": about.get_chat_menu_button,
    "setMyName": about.profile_setter("name"),
    "getMyName": about.profile_getter("name"),
    "setMyDescription": about.profile_setter("description"),
    "getMyDescription": about.profile_getter("description"),
    "setMyShortDescription": about.profile_setter("short_description"),
    "getMyShortDescription": about.profile_getter("short_description"),
    "getChat": places.get_chat,
    "getFile": places.get_file,
    "pinChatMessage": places.pin_chat_message,
    "unpinChatMessage": places.unpin_chat_message,
    "unpinAllChatMessages": places.unpin_all_chat_messages,
    "leaveChat": places.leave_chat,
}

METHODS: dict[str, tuple[str, Method]] = {name.lower(): (name, method) for name, method in _ALL.items()}
