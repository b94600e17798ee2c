"""QR codes of join links: PNG for the chat, SVG for paper."""

import io

import segno

SCALE = 10  # pixels a module: some 400 across, sharp on a phone that is held up to another


def picture(link: str) -> bytes:
    """The QR code as a PNG."""
    image = io.BytesIO()
    segno.make(link, micro=False, error="m").save(image, kind="png", scale=SCALE, border=4)
    return image.getvalue()


def drawing(link: str) -> str:
    """The QR code as inline SVG without a size of its own."""
    drawn: str = segno.make(link, micro=False, error="m").svg_inline(scale=SCALE, border=4, omitsize=True)
    return drawn
