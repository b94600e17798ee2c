"""Files that bots and people have sent: their bytes, their numbers and what they are."""

import secrets
import struct
from dataclasses import dataclass
from typing import Any

KEPT_BYTES = 256 * 1024 * 1024
"""Bytes remembered; beyond that the oldest files are forgotten."""


@dataclass(slots=True, frozen=True)
class StoredFile:
    """One file. `kind` is photo, document, voice or sticker; `path` is what getFile names."""

    id: str
    unique_id: str
    kind: str
    name: str
    mime: str
    content: bytes
    path: str
    width: int = 0
    height: int = 0

    @property
    def size(self) -> int:
        """The length in bytes."""
        return len(self.content)

    def described(self) -> dict[str, Any]:
        """The Bot API's object for it: PhotoSize, Document, Voice or Sticker."""
        found: dict[str, Any] = {"file_id": self.id, "file_unique_id": self.unique_id, "file_size": self.size}
        if self.kind in ("photo", "sticker"):
            found |= {"width": self.width, "height": self.height}
        if self.kind == "sticker":
            found |= {"type": "regular", "is_animated": False, "is_video": False}
        if self.kind == "document":
            found |= {"file_name": self.name, "mime_type": self.mime}
        if self.kind == "voice":
            found |= {"duration": 1, "mime_type": self.mime}
        return found


class Files:
    """All files, by id and by path."""

    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._bytes = 0
        self._added = 0

    def add(self, kind: str, name: str, mime: str, content: bytes) -> StoredFile:
        """Store a file under a new id."""
        number = self._added
        self._added += 1
        unique = secrets.token_urlsafe(11)
        suffix = name.rpartition(".")[2][:8].lower() if "." in name else "bin"
        width, height = picture_size(content) or (512, 512)
        folder = f"{kind}s"
        file = StoredFile(
            id=f"Ag{unique}{secrets.token_urlsafe(24)}",
            unique_id=unique,
            kind=kind,
            name=name,
            mime=picture_mime(content) or mime if kind == "photo" else mime,
            content=content,
            path=f"{folder}/file_{number}.{suffix if suffix.isalnum() else 'bin'}",
            width=width,
            height=height,
        )
        self._by_id[file.id] = file
        self._bytes += file.size
        while self._bytes > KEPT_BYTES and len(self._by_id) > 1:
            self._bytes -= self._by_id.pop(next(iter(self._by_id))).size
        return file

    def get(self, file_id: str) -> StoredFile | None:
        """The file of an id."""
        return self._by_id.get(file_id)

    def at(self, path: str) -> StoredFile | None:
        """The file of a path that getFile gave."""
        return next((file for file in self._by_id.values() if file.path == path), None)


PICTURES = {b"\x89PNG": "image/png", b"GIF8": "image/gif", b"\xff\xd8": "image/jpeg", b"RIFF": "image/webp"}


def picture_mime(content: bytes) -> str | None:
    """What kind of picture it is by its first bytes; None when it is none."""
    return next((mime for mark, mime in PICTURES.items() if content.startswith(mark)), None)


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF, JPEG or WebP picture; None when it is none of them."""
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            width, height = struct.unpack(">II", content[16:24])
            return width, height
        if content.startswith((b"GIF87a", b"GIF89a")):
            width, height = struct.unpack("<HH", content[6:10])
            return width, height
        if content.startswith(b"\xff\xd8"):
            return _jpeg_size(content)
        if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            return _webp_size(content)
    except (struct.error, IndexError):
        pass
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at < len(content) - 9:
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        if marker == 0xFF:
            at += 1
            continue
        at += 2 + int(struct.unpack(">H", content[at + 2 : at + 4])[0])
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
