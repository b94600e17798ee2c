"""What a tap under the month's focus means. `key` is the month, such as 2026-11."""

from dataclasses import dataclass

from bot.press import Press


@dataclass(frozen=True)
class ShowMonth(Press, tag="fm"):
    key: str
    family: bool


@dataclass(frozen=True)
class AskFocusLanguage(Press, tag="fl"):
    key: str


@dataclass(frozen=True)
class CopyFocusText(Press, tag="fp"):
    key: str
    language: str
