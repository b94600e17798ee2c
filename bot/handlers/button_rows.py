"""How buttons are laid out, and what stands on them."""

from collections.abc import Sequence

from bot.turn import Button


def in_rows(buttons: Sequence[Button], width: int) -> list[list[Button]]:
    """The buttons in rows of `width`, Telegram allows 8."""
    return [list(buttons[i : i + width]) for i in range(0, len(buttons), width)]


def capital(text: str) -> str:
    """With a capital first, and the others as they are: PALS team."""
    return text[:1].upper() + text[1:]
