"""Typed text: normalised, and validated before it is sent to many.

Normalising removes control and invisible characters, save those that Arabic and emoji need. Markup is kept as typed
and escaped where it is shown.
"""

import re
import unicodedata
from calendar import monthrange

from markupsafe import escape

from bot.content.message_length import length
from bot.i18n import N_

LIMIT = 3000
"""The longest text in UTF-16 units; with the lines around it, it fits Telegram's 4096."""

_GAP = r"[ \t\u00a0\u202f.\-–/]{0,3}"
_ELEVEN_DIGITS = re.compile(rf"(?<!\d)(?=(\d(?:{_GAP}\d){{10}})(?!\d))")  # also overlapping ones
_FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_MONTHS_ADDED = (0, 40, 65, 80)  # in H numbers, and in the synthetic ones of test registers
LEAP_YEAR = 2000
_PHONE = re.compile(r"(?<![\d+])(?:(?:\+|00)\d{2}[ \u00a0]?)?[2-9]\d(?:[ \u00a0]?\d){6}(?!\d)")
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]{2,}")
_OVERRIDES = "\u202d\u202e"  # bidi overrides display text in another order than it is stored
_UNSEEN = {"Cc", "Cs", "Co", "Cn"}


def plain(text: str) -> str:
    """The text without control characters and without whitespace at its ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (
        sign
        for sign in lines
        if sign in "\n\t" or (sign not in _OVERRIDES and unicodedata.category(sign) not in _UNSEEN)
    )
    return "".join(kept).strip()


def size(text: str) -> int:
    """The length of a plain text in UTF-16 units; most emoji are two."""
    return length(escape(text))


def problem(text: str) -> str | None:
    """Validates a plain text: the reason to refuse it, a sentence of the catalogues; None when it is valid.

    The sentence may contain `{limit}` and `{size}`.
    """
    if not any(sign.isprintable() and not sign.isspace() for sign in text):
        return N_("There is nothing in that message yet. Write what you want to tell, as text.")
    if size(text) > LIMIT:
        return N_(
            "That is {size} characters, and the most I can send is {limit}. Nothing was saved. "
            "Make it shorter and send it to me again."
        )
    if any(is_identity_number(re.sub(r"\D", "", found)) for found in _ELEVEN_DIGITS.findall(text)):
        return N_(
            "There is a number in it that looks like a national identity number. Those must never be sent here, "
            "so I have not saved the text. Delete your message from this chat too, and write it again without "
            "the number."
        )
    return None


def contact_in(text: str) -> bool:
    """Whether the text contains a phone number or an e-mail address, which may be intended."""
    return _EMAIL.search(text) is not None or _PHONE.search(text) is not None


def is_identity_number(digits: str) -> bool:
    """Whether eleven digits are a Norwegian national identity number, a D number, or a synthetic test number.

    Day and month must be possible and both control digits right (Skatteetaten's description of fødselsnummer:
    weights 3 7 6 1 8 9 4 5 2 and 5 4 3 2 7 6 5 4 3 2, modulo 11). The date spares all but one in forty of the
    account numbers, whose last digit follows the second rule too.
    """
    if len(digits) != 11:
        return False
    numbers = [int(sign) for sign in digits]
    first = sum(w * n for w, n in zip(_FIRST_WEIGHTS, numbers, strict=False)) + numbers[9]
    second = sum(w * n for w, n in zip(_SECOND_WEIGHTS, numbers, strict=False)) + numbers[10]
    return first % 11 == 0 and second % 11 == 0 and _is_day(int(digits[:2]), int(digits[2:4]))


def _is_day(day: int, month: int) -> bool:
    day -= 40 if day > 40 else 0
    months = (month - added for added in _MONTHS_ADDED)
    return any(1 <= each <= 12 and 1 <= day <= monthrange(LEAP_YEAR, each)[1] for each in months)
