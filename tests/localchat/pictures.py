"""Picture fixtures: minimal PNG, JPEG, GIF and WebP files."""

import struct
import zlib


def png(width: int = 90, height: int = 60) -> bytes:
    """A grey PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


JPEG = b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x0b\x08\x00\x3c\x00\x5a\x01\x01\x11\x00"
GIF = b"GIF89a" + struct.pack("<HH", 90, 60)
WEBP_X = b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + (89).to_bytes(3, "little") + (59).to_bytes(3, "little")
WEBP_L = b"RIFF\0\0\0\0WEBPVP8L" + bytes(4) + b"\x2f" + (89 | 59 << 14).to_bytes(4, "little")
WEBP_Y = b"RIFF\0\0\0\0WEBPVP8 " + bytes(10) + struct.pack("<HH", 90, 60)
