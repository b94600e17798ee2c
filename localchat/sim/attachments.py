"""Build message content other than text: picture, file, sticker, location, contact, voice message.

File content is optional in a request; a small placeholder is sent instead, so that a test needs no file.
"""

import zlib
from typing import Any

from localchat.chats import Chat
from localchat.errors import SimError
from localchat.files import Files, picture_size
from localchat.sim.requests import SendContent


def build_content(files: Files, chat: Chat, body: SendContent) -> dict[str, Any]:
    """Build the fields of a message, and store its file. Raises SimError for a photo that is not a picture."""
    if body.kind == "location":
        return {"location": {"latitude": body.latitude, "longitude": body.longitude}}
    if body.kind == "contact":
        person = chat.people[0]
        contact = {
            "phone_number": body.phone_number or "+4799000000",
            "first_name": body.first_name or person.first_name,
            "user_id": person.id,
        }
        return {"contact": contact}
    default_name, default_mime, placeholder = PLACEHOLDERS[body.kind]
    data = placeholder if body.content is None else body.content
    if body.kind == "photo" and picture_size(data) is None:
        raise SimError("“content” is not a picture.")
    file = files.add(
        body.kind, body.file_name or default_name, body.mime_type or default_mime, data
    ).serialize()
    if body.kind == "sticker":
        file["emoji"] = body.emoji or "🙂"
    content: dict[str, Any] = {body.kind: [file] if body.kind == "photo" else file}
    if body.kind in ("photo", "document") and body.caption:
        content["caption"] = body.caption
    return content


def _grey_picture() -> bytes:
    """A grey PNG of 90 by 60 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return len(data).to_bytes(4, "big") + checked + zlib.crc32(checked).to_bytes(4, "big")

    head = (90).to_bytes(4, "big") + (60).to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    rows = zlib.compress((b"\0" + b"\xa0" * 90) * 60)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PLACEHOLDERS = {
    "photo": ("photo.png", "image/png", _grey_picture()),
    "document": ("document.txt", "text/plain", b"An empty page.\n"),
    "sticker": ("sticker.webp", "image/webp", b"RIFF\0\0\0\0WEBP"),
    "voice": ("voice.ogg", "audio/ogg", b"OggS\0"),
}
