"""Validation rules for single values: parse what was written, check its bounds, normalize it.

A rule takes text from a file, a cell or a chat, or the finished value, and returns the finished value. It raises
ContentError with what is wrong and how to mend it; `{this}` in it stands for the name of the value.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Any, NamedTuple, Self

from pals.checked import ContentError, Violation, refused
from pals.weeks import IsoWeek
from pals.yearwheel.meetings import OnClosed
from pals.yearwheel.parts import NIGHT

Rule = Callable[[object], Any]
Texts = dict[str, str]
"""One text in several languages, by language code."""

DAYS = ("mon", "tue", "wed", "thu", "fri")


def shown(value: object) -> str:
    """A value quoted for an error message: truncated text, or what kind of thing it is."""
    if value is None or value == "":
        return "empty"
    if isinstance(value, Mapping):
        return "a block of keys"
    if isinstance(value, list | tuple):
        return "a list"
    text = " ".join(str(value).split())
    return f"‘{text[:30]}…’" if len(text) > 30 else f"‘{text}’"


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month, written 2026-09."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> Self:
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


def _misread(expected: str, value: object, mend: str) -> ContentError:
    return refused(f"{{this}} should {expected} and is {shown(value)}.", mend)


def _match(pattern: str, value: object) -> re.Match[str] | None:
    return re.fullmatch(pattern, value, re.ASCII) if isinstance(value, str) else None


def day(value: object) -> date:
    """A date, such as 2026-08-17."""
    if type(value) is date:
        return value
    if _match(r"20\d{2}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise refused(f"There is no day {value}.", "Look at the calendar again.") from None
    raise _misread("be a date", value, "Write year, month and day, as in 2026-08-17.")


def _month(value: object) -> Month:
    if isinstance(value, Month):
        return value
    if found := _match(r"(20\d{2})-(0[1-9]|1[0-2])", value):
        return Month(int(found[1]), int(found[2]))
    raise _misread("be a month", value, "Write year and month, as in 2026-09.")


def _week(value: object) -> IsoWeek:
    if isinstance(value, IsoWeek):
        return value
    found = _match(r"(20\d{2})-?W(\d{1,2})", value)
    if not found:
        raise _misread("be a week", value, "Write year and week, as in 2027-W02.")
    year, week = int(found[1]), int(found[2])
    last = date(year, 12, 28).isocalendar().week
    if not 1 <= week <= last:
        raise refused(f"{year} has no week {week}.", f"Its weeks are 1 to {last}.")
    return IsoWeek(year, week)


def clock(value: object) -> time:
    """A time of day to the minute, such as 07:30."""
    if type(value) is time:
        return value.replace(second=0, microsecond=0)
    found = _match(r"(\d{1,2}):(\d{2})", value)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise _misread("be a time of day", value, 'Write hours and minutes, as in "07:30".')
    return time(int(found[1]), int(found[2]))


def starting_clock(value: object) -> time:
    """A time of day at which something starts: outside the hours of a daylight-saving change."""
    at = clock(value)
    if NIGHT[0] <= at < NIGHT[1]:
        raise refused(f"{at:%H:%M} is between two and four at night.", "Choose a time when people are awake.")
    return at


def _wall(value: object) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is None:
        moment = value.replace(second=0, microsecond=0)
    elif found := _match(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:00)?", value):
        moment = datetime.combine(day(found[1]), clock(found[2]))
    else:
        raise _misread("be a day and a time", value, "Write it in local time, as in 2026-08-20T14:00.")
    starting_clock(moment.time())
    return moment


def weekday(value: object) -> int:
    """A day from Monday to Friday, as its number or its English abbreviation."""
    if type(value) is int and 0 <= value < len(DAYS):
        return value
    return DAYS.index(one_of(*DAYS)(value))


def whole(least: int, most: int) -> Rule:
    """A whole number between two bounds, both included."""

    def read(value: object) -> int:
        number = value if type(value) is int else int(str(value)) if _match(r"\d{1,9}", value) else None
        if number is None or not least <= number <= most:
            raise _misread("be a number", value, f"Write a number from {least} to {most}.")
        return number

    return read


def text(most: int, *, lines: bool = False) -> Rule:
    """A text of 1 to `most` characters, stripped and in Unicode normal form C."""

    def read(value: object) -> str:
        if value is None:
            mend = "Write the text after the colon, and put quotes around a text with a comma inside braces."
            raise _misread("be a text", value, mend)
        if not isinstance(value, str) or not value.strip():
            raise _misread("be a text", value, "Write the text after the colon.")
        tidy = _normalized(value)
        bad = next((sign for sign in tidy if _unprintable(sign)), None)
        if bad:
            raise refused(f"There is an invisible character in the text (U+{ord(bad):04X}).", "Take it out.")
        if not lines and "\n" in tidy:
            raise refused(f"The text {shown(tidy)} has several lines.", "Write it on one line.")
        if len(tidy) > most:
            raise refused(f"The text {shown(tidy)} has {len(tidy)} characters.", f"There is room for {most}.")
        return tidy

    return read


def _normalized(value: str) -> str:
    value = unicodedata.normalize("NFC", value).replace("\t", " ")
    return "\n".join(line.rstrip() for line in re.split(r"\r\n|[\n\r\x85\u2028\u2029]", value.strip()))


def _unprintable(sign: str) -> bool:
    # Control, surrogate and private-use characters cannot be sent; those that set the writing direction can.
    return (
        not sign.isprintable()
        and sign != "\n"
        and (unicodedata.category(sign) in {"Cc", "Cs", "Co"} or sign == "\ufeff")
    )


def texts(most: int, *, lines: bool = False) -> Rule:
    """A text per language, by language code."""
    each = text(most, lines=lines)

    def read(value: object) -> Texts:
        if not isinstance(value, Mapping):
            raise _misread("have a text per language", value, "Write it as in {nb: Gang, nn: Gang}.")
        if not value:
            raise refused("{this} is empty.", "Give at least one.")
        found: list[Violation] = []
        tidy = {}
        for language, written in value.items():
            try:
                tidy[language] = each(written)
            except ContentError as error:
                found += [violation.under((language,)) for violation in error.violations]
        if found:
            raise ContentError(found)
        return tidy

    return read


def matching(pattern: str, example: str) -> Rule:
    """A short identifier."""

    def read(value: object) -> str:
        if _match(pattern, value):
            return str(value)
        mend = f"Use a to z, 0 to 9 and hyphens, at most 40, as in {example}."
        raise _misread("be a short key", value, mend)

    return read


def one_of(*words: str) -> Rule:
    """An enumeration: one word of a few."""

    def read(value: Any) -> Any:
        if value in words:
            return value
        choices = f"{', '.join(words[:-1])} or {words[-1]}"
        raise refused(f"{{this}} is {shown(value)}, which is not one of the choices.", f"Write {choices}.")

    return read


def _language(value: object) -> str:
    if value == "no":
        raise refused("‘no’ does not say which Norwegian.", "Write nb for bokmål or nn for nynorsk.")
    return str(matching(r"[a-z]{2,3}", "nb")(value))


class Count(NamedTuple):
    """How many entries a list may have."""

    least: int = 0
    most: int = 1_000_000


Day = Annotated[date, day]
InMonth = Annotated[Month, _month]
InWeek = Annotated[IsoWeek, _week]
Wall = Annotated[datetime, _wall]
LanguageCode = Annotated[str, _language]
Closing = Annotated[OnClosed, lambda value: OnClosed(one_of(*OnClosed)(value))]
Key = Annotated[str, matching(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", "gang-gaar-rolig")]
ButtonTexts = Annotated[Texts, texts(40)]
TitleTexts = Annotated[Texts, texts(80)]
QuestionTexts = Annotated[Texts, texts(200)]
ScriptTexts = Annotated[Texts, texts(500, lines=True)]
FamilyTexts = Annotated[Texts, texts(900, lines=True)]
StaffTexts = Annotated[Texts, texts(1500, lines=True)]
