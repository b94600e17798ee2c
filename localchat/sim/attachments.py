"""What people send besides text: a picture, a file, a sticker, a place, a contact, a voice message.

Content may be given as base64; without it a small stand-in is sent, so that a test need not bring a picture.
"""

import base64
import binascii
import zlib
from typing import Any

from localchat.chats import Chat
from localchat.errors import SimError
from localchat.files import Files, picture_size
from localchat.params import MIME
from localchat.sim.requests import Asked

KINDS = ("photo", "document", "sticker", "location", "contact", "voice")


def content(files: Files, chat: Chat, kind: str, body: Asked) -> dict[str, Any]:
    """The fields of a message of this kind. Raises SimError when it cannot be made of what is given."""
    if kind not in KINDS:
        raise SimError(f"“kind” is one of {', '.join(KINDS)}.")
    if kind == "location":
        return {
            "location": {
                "latitude": body.amount("latitude", 62.57),
                "longitude": body.amount("longitude", 7.69),
            }
        }
    if kind == "contact":
        person = chat.people[0]
        contact = {
            "phone_number": body.text("phone_number") or "+4799000000",
            "first_name": body.text("first_name") or person.first_name,
            "user_id": person.id,
        }
        return {"contact": contact}
    made = _file(files, kind, body)
    if kind in ("photo", "document") and (caption := body.text("caption")):
        made["caption"] = caption
    return made


def _file(files: Files, kind: str, body: Asked) -> dict[str, Any]:
    given = body.text("content")
    try:
        data = base64.b64decode(given, validate=True) if given is not None else STAND_IN[kind]
    except binascii.Error:
        raise SimError("“content” must be base64.") from None
    if not data:
        raise SimError("“content” is empty.")
    if kind == "photo" and picture_size(data) is None:
        raise SimError("“content” is not a picture.")
    name, mime = NAMES[kind]
    mime = body.text("mime_type") or mime
    if not MIME.fullmatch(mime):
        raise SimError("“mime_type” is not one.")
    file = files.add(kind, body.text("file_name") or name, mime, data)
    described = file.described()
    if kind == "sticker":
        described["emoji"] = body.text("emoji") or "🙂"
    return {kind: [described] if kind == "photo" else described}


def _grey_picture() -> bytes:
    """A grey PNG of 90 by 60 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return len(data).to_bytes(4, "big") + checked + zlib.crc32(checked).to_bytes(4, "big")

    head = (90).to_bytes(4, "big") + (60).to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    rows = zlib.compress((b"\0" + b"\xa0" * 90) * 60)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


NAMES = {
    "photo": ("photo.png", "image/png"),
    "document": ("document.txt", "text/plain"),
    "sticker": ("sticker.webp", "image/webp"),
    "voice": ("voice.ogg", "audio/ogg"),
}
STAND_IN = {
    "photo": _grey_picture(),
    "document": b"An empty page.\n",
    "sticker": b"RIFF\0\0\0\0WEBP",
    "voice": b"OggS\0",
}
