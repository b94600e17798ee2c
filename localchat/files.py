"""File storage in memory: uploads by id and path, with size-bounded eviction and picture dimensions."""

import io
import secrets
from dataclasses import dataclass
from itertools import count
from typing import Any

import imagesize

MAX_STORED_BYTES = 256 * 1024 * 1024
"""Total size of stored files; beyond that the oldest are evicted."""


@dataclass(slots=True, frozen=True)
class StoredFile:
    """A stored file. `kind` is photo, document, voice or sticker; `path` is the `file_path` of getFile."""

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
        return len(self.content)

    def serialize(self) -> dict[str, Any]:
        """The Bot API's object: PhotoSize, Document, Voice or Sticker."""
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
    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._bytes = 0
        self._numbers = count()

    def add(self, kind: str, name: str, mime: str, content: bytes) -> StoredFile:
        """Store a file under a new id."""
        unique = secrets.token_urlsafe(11)
        suffix = name.rpartition(".")[2][:8].lower() if "." in name else "bin"
        size = picture_size(content) if kind in ("photo", "sticker") else None
        width, height = size or (512, 512)
        file = StoredFile(
            id=f"Ag{unique}{secrets.token_urlsafe(24)}",
            unique_id=unique,
            kind=kind,
            name=name,
            mime=picture_mime(content) or mime if kind == "photo" else mime,
            content=content,
            path=f"{kind}s/file_{next(self._numbers)}.{suffix if suffix.isalnum() else 'bin'}",
            width=width,
            height=height,
        )
        self._by_id[file.id] = file
        self._bytes += file.size
        while self._bytes > MAX_STORED_BYTES and len(self._by_id) > 1:
            self._bytes -= self._by_id.pop(next(iter(self._by_id))).size
        return file

    def get(self, file_id: str) -> StoredFile | None:
        return self._by_id.get(file_id)

    def by_path(self, path: str) -> StoredFile | None:
        """Look up a file by the `file_path` of getFile."""
        return next((file for file in self._by_id.values() if file.path == path), None)


SIGNATURES = {b"\x89PNG": "image/png", b"GIF8": "image/gif", b"\xff\xd8": "image/jpeg", b"RIFF": "image/webp"}


def picture_mime(content: bytes) -> str | None:
    """The MIME type of a PNG, GIF, JPEG or WebP picture by its signature; None for other files."""
    return next((mime for signature, mime in SIGNATURES.items() if content.startswith(signature)), None)


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF, JPEG or WebP picture; None for other and broken files."""
    if picture_mime(content) is None:  # imagesize parses formats that Telegram does not take, such as SVG
        return None
    width, height = imagesize.get(io.BytesIO(content), exif_rotation=False)
    return (width, height) if width >= 0 and height >= 0 else None
