"""Colour contrast: WCAG 2.2, criterion 1.4.3, level AA, in the light and the dark scheme."""

import re
from pathlib import Path

import pytest

import localchat

PALETTE = (Path(localchat.__file__).parent / "static" / "palette.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part)) for part in PALETTE.split("@media", maxsplit=1)
)
PAIRS = [
    *[("ink", ground) for ground in ("page", "chat", "surface", "sunken", "out", "mark")],
    *[("soft", ground) for ground in ("page", "chat", "surface", "sunken")],
    *[("accent", ground) for ground in ("page", "surface", "sunken", "out")],
    *[("link", ground) for ground in ("page", "surface", "out")],
    ("danger", "surface"),
    ("danger", "page"),
    ("out-soft", "out"),
    ("on-accent", "accent"),
    ("on-toast", "toast"),
]


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, by WCAG's formula."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio from 1 (the same colour) to 21 (black on white)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_has_sufficient_contrast(scheme: dict[str, str]) -> None:
    """4.5:1 for every text on every background it is used on; the avatar's letters are white in both schemes."""
    faint = {pair: contrast(scheme[pair[0]], scheme[pair[1]]) for pair in PAIRS}
    faint["white", "avatar"] = contrast("#ffffff", scheme["avatar"])
    assert {pair: round(ratio, 2) for pair, ratio in faint.items() if ratio < 4.5} == {}
