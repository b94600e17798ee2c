"""Pictures and files: sent, in albums, and by the id of what was sent before."""

from typing import Any

from localchat import entities, markup
from localchat.accounts import Bot
from localchat.chats import Message
from localchat.errors import bad_request
from localchat.files import StoredFile, picture_size
from localchat.methods.sending import begin, finish
from localchat.params import LARGEST_FILE, Params, Upload
from localchat.state import ServerState

LONGEST_CAPTION = 1024
LARGEST_PHOTO = 10 * 1024 * 1024
LARGEST_PHOTO_SIDES = 10_000
MOST_IN_ALBUM = 10


def send_photo(state: ServerState, bot: Bot, params: Params) -> Message:
    """A picture with a caption."""
    return _send(state, bot, params, "photo")


def send_document(state: ServerState, bot: Bot, params: Params) -> Message:
    """A file with a caption."""
    return _send(state, bot, params, "document")


def _send(state: ServerState, bot: Bot, params: Params, kind: str) -> Message:
    chat = state.chat_to_send(bot, params.values.get("chat_id"))
    file = file_given(state, params, kind, kind)
    caption = checked_caption(params.text("caption"), params.text("parse_mode"), params, "caption_entities")
    keyboard = markup.of(params)
    state.limits.take(bot.id, chat.pace, chat.private)
    message = begin(state, chat, params)
    message |= content(file, kind)
    message |= caption
    if params.truth("has_spoiler") and kind == "photo":
        message["has_media_spoiler"] = True
    if params.truth("show_caption_above_media") and kind == "photo":
        message["show_caption_above_media"] = True
    return finish(chat, message, params, keyboard)


def send_media_group(state: ServerState, bot: Bot, params: Params) -> list[Message]:
    """An album of two to ten pictures or files; all of it or nothing."""
    chat = state.chat_to_send(bot, params.values.get("chat_id"))
    if not params.given("media"):
        raise bad_request('parameter "media" is required')
    items = params.values["media"]
    if not isinstance(items, list):
        raise bad_request("expected an Array of InputMedia")
    if not items:
        raise bad_request("there are no messages to send")
    if len(items) > MOST_IN_ALBUM:
        raise bad_request("too many messages to send as an album")
    contents = [input_media(state, params, item) for item in items]
    if len({"photo" in made for made in contents}) > 1:
        raise bad_request("document can't be mixed with other media types")
    state.limits.take(bot.id, chat.pace, chat.private, len(contents))
    album = str(state.next_album())
    messages = []
    for made in contents:
        message = begin(state, chat, params)
        message |= {"media_group_id": album, **made}
        messages.append(finish(chat, message, params, None))
    return messages


def input_media(state: ServerState, params: Params, item: Any) -> dict[str, Any]:
    """The content of a message from an InputMedia object."""
    if not isinstance(item, dict):
        raise _wrong_media("expected an Object")
    kind = item.get("type")
    if not isinstance(kind, str):
        raise _wrong_media('can\'t find field "type"')
    if kind not in ("photo", "document"):
        raise _wrong_media(f'type "{kind}" is unsupported')
    if not isinstance(item.get("media"), str) or not item["media"]:
        raise _wrong_media("media not found")
    file = file_named(state, params, item["media"], kind)
    if file is None:
        raise _wrong_media("media not found")
    text, mode = item.get("caption") or "", item.get("parse_mode") or ""
    if not isinstance(text, str) or not isinstance(mode, str):
        raise _wrong_media('field "caption" must be of type String')
    made = content(file, kind)
    made |= checked_caption(text, mode, Params(item), "caption_entities")
    if kind == "photo" and item.get("has_spoiler") is True:
        made["has_media_spoiler"] = True
    return made


def _wrong_media(reason: str) -> Exception:
    return bad_request(f"can't parse InputMedia: {reason}")


def checked_caption(text: str, mode: str, params: Params, given: str) -> dict[str, Any]:
    """The caption fields of a message; an overlong caption is refused."""
    if not text:
        return {}
    plain, found = entities.formatted(text, mode, params.values.get(given))
    if entities.utf16_length(plain) > LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    made: dict[str, Any] = {"caption": plain} if plain else {}
    if found:
        made["caption_entities"] = found
    return made


def content(file: StoredFile, kind: str) -> dict[str, Any]:
    """The field of a message that holds the file."""
    return {kind: [file.described()] if kind == "photo" else file.described()}


def file_given(state: ServerState, params: Params, name: str, kind: str) -> StoredFile:
    """The file a call sends in one of its parameters: uploaded, attached, or by id."""
    upload = params.files.get(name)
    if upload is not None:
        return stored(state, upload, kind)
    file = file_named(state, params, params.text(name), kind)
    if file is None:
        raise bad_request(f"there is no {kind} in the request")
    return file


def file_named(state: ServerState, params: Params, named: str, kind: str) -> StoredFile | None:
    """The file of `attach://name` or of an id; None when there is none. Addresses are not fetched."""
    if named.startswith("attach://"):
        upload = params.files.get(named.removeprefix("attach://"))
        return stored(state, upload, kind) if upload is not None else None
    if not named:
        return None
    if "://" in named:
        raise bad_request("failed to get HTTP URL content")
    file = state.files.get(named)
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if file.kind != kind:
        was, now = file.kind.capitalize(), kind.capitalize()
        raise bad_request(f"can't use file of type {was} as {now}")
    return file


def stored(state: ServerState, upload: Upload, kind: str) -> StoredFile:
    """Keep an uploaded file. Refused when it is empty, too big, or no picture where one is sent."""
    size = len(upload.content)
    if not size:
        raise bad_request("file must be non-empty")
    if size > (LARGEST_PHOTO if kind == "photo" else LARGEST_FILE):
        raise bad_request(f"file of size {size} bytes is too big for a {kind}")
    if kind == "photo":
        sides = picture_size(upload.content)
        if sides is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        if sum(sides) > LARGEST_PHOTO_SIDES or max(sides) > 20 * min(sides):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return state.files.add(kind, upload.name, upload.mime, upload.content)
