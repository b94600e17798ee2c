"""A bot's command menu in one chat: as at Telegram the closest scope wins, in the person's language first."""

from typing import Any

from localchat.chats import Chat

ScopeKey = tuple[str | int, ...]


def menu(chat: Chat) -> list[dict[str, str]]:
    """The commands that the phone offers in this chat."""
    if not chat.bot.commands:
        return []
    language = (chat.people[0].language_code or "")[:2].lower()
    scopes: list[ScopeKey] = [("chat", chat.id)]
    scopes.append(("all_private_chats",) if chat.private else ("all_group_chats",))
    scopes.append(("default",))
    for scope in scopes:
        for code in (language, "") if language else ("",):
            if found := chat.bot.commands.get((scope, code)):
                return found
    return []


def menu_button(chat: Chat) -> dict[str, Any]:
    """What the button beside the text field does."""
    own = chat.bot.menu_buttons.get(chat.id)
    if own is None or own["type"] == "default":
        own = chat.bot.menu_buttons.get(None)
    if own is None or own["type"] == "default":
        return {"type": "commands" if menu(chat) else "default"}
    return own
