"""Send pictures, files and albums: uploaded, attached, or by the file id of an earlier message."""

from typing import Any

from localchat import entities
from localchat.chats import Message
from localchat.errors import ApiError, bad_request
from localchat.files import StoredFile, picture_size
from localchat.markup import parse_markup
from localchat.methods.call import ApiCall
from localchat.methods.sending import store_messages
from localchat.params import MAX_FILE_BYTES, Params, Upload

MAX_CAPTION = 1024
MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_PHOTO_SIDES = 10_000
MAX_ALBUM = 10


def send_file(call: ApiCall, kind: str) -> Message:
    """`sendPhoto` or `sendDocument`: send a picture or a file with a caption."""
    chat, params = call.chat(), call.params
    upload = params.files.get(kind)
    file = _store_upload(call, upload, kind) if upload else _find_file(call, params.text(kind), kind)
    if file is None:
        raise bad_request(f"there is no {kind} in the request")
    content = _file_content(file, kind) | caption_content(params)
    if kind == "photo" and params.boolean("has_spoiler"):
        content["has_media_spoiler"] = True
    if kind == "photo" and params.boolean("show_caption_above_media"):
        content["show_caption_above_media"] = True
    [message] = store_messages(call, chat, [content], parse_markup(params))
    return message


def send_media_group(call: ApiCall) -> list[Message]:
    """Send an album of two to ten pictures or files, all or nothing."""
    chat = call.chat()
    if not call.params.has("media"):
        raise bad_request('parameter "media" is required')
    items = call.params.values["media"]
    if not isinstance(items, list):
        raise bad_request("expected an Array of InputMedia")
    if not items:
        raise bad_request("there are no messages to send")
    if len(items) > MAX_ALBUM:
        raise bad_request("too many messages to send as an album")
    contents = [input_media_content(call, item) for item in items]
    if len({"photo" in content for content in contents}) > 1:
        raise bad_request("document can't be mixed with other media types")
    album = str(next(call.state.album_ids))
    return store_messages(call, chat, [{"media_group_id": album, **content} for content in contents])


def input_media_content(call: ApiCall, item: Any) -> dict[str, Any]:
    """Parse an InputMedia object into the fields of a message."""
    if not isinstance(item, dict):
        raise _wrong_media("expected an Object")
    kind = item.get("type")
    if not isinstance(kind, str):
        raise _wrong_media('can\'t find field "type"')
    if kind not in ("photo", "document"):
        raise _wrong_media(f'type "{kind}" is unsupported')
    reference = item.get("media")
    file = _find_file(call, reference, kind) if isinstance(reference, str) else None
    if file is None:
        raise _wrong_media("media not found")
    if not all(isinstance(item.get(field), str | None) for field in ("caption", "parse_mode")):
        raise _wrong_media('field "caption" must be of type String')
    content = _file_content(file, kind) | caption_content(Params(item))
    if kind == "photo" and item.get("has_spoiler") is True:
        content["has_media_spoiler"] = True
    return content


def _wrong_media(reason: str) -> ApiError:
    return bad_request(f"can't parse InputMedia: {reason}")


def caption_content(params: Params) -> dict[str, Any]:
    """The caption and its entities as fields of a message; an overlong caption is refused."""
    if not params.text("caption"):
        return {}
    text, found = entities.parse_text(
        params.text("caption"), params.text("parse_mode"), params.values.get("caption_entities")
    )
    if entities.utf16_length(text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    content: dict[str, Any] = {"caption": text} if text else {}
    if found:
        content["caption_entities"] = found
    return content


def _file_content(file: StoredFile, kind: str) -> dict[str, Any]:
    return {kind: [file.serialize()] if kind == "photo" else file.serialize()}


def _find_file(call: ApiCall, reference: str, kind: str) -> StoredFile | None:
    """The file of `attach://name` or of a file id; None when there is none. URLs are not fetched."""
    if reference.startswith("attach://"):
        upload = call.params.files.get(reference.removeprefix("attach://"))
        return _store_upload(call, upload, kind) if upload is not None else None
    if not reference:
        return None
    if "://" in reference:
        raise bad_request("failed to get HTTP URL content")
    file = call.state.files.get(reference)
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if file.kind != kind:
        raise bad_request(f"can't use file of type {file.kind.capitalize()} as {kind.capitalize()}")
    return file


def _store_upload(call: ApiCall, upload: Upload, kind: str) -> StoredFile:
    """Validate and store an upload: not empty, not too big, and a picture where one is sent."""
    size = len(upload.content)
    if not size:
        raise bad_request("file must be non-empty")
    if size > (MAX_PHOTO_BYTES if kind == "photo" else MAX_FILE_BYTES):
        raise bad_request(f"file of size {size} bytes is too big for a {kind}")
    if kind == "photo":
        sides = picture_size(upload.content)
        if sides is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        if sum(sides) > MAX_PHOTO_SIDES or max(sides) > 20 * min(sides):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return call.state.files.add(kind, upload.name, upload.mime, upload.content)
