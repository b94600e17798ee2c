"""The small values a school file is made of: days, weeks, clock times, texts that fit on a button.

Each reads what a person writes in the file, takes the finished value as it is, and says what is wrong
and how to write it otherwise.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError


def wrong(what: str, mend: str) -> PydanticCustomError:
    """A value that cannot be used. Both sentences go to the writer of the file as they are."""
    return PydanticCustomError("wrong", "{what} {mend}", {"what": what, "mend": mend})


def shown(value: object) -> str:
    """How a value is named in a sentence about it: its beginning, or what kind of thing it is."""
    if value is None or value == "":
        return "empty"
    if isinstance(value, dict):
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

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


@dataclass(frozen=True, order=True, slots=True)
class Week:
    """An ISO 8601 week, written 2027-W02. 2026-W53 holds both 31 December 2026 and 1 January 2027."""

    year: int
    week: int

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.week, 1)

    @property
    def days(self) -> tuple[date, ...]:
        """Monday to Sunday."""
        return tuple(self.monday + timedelta(days=n) for n in range(7))

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.week:02}"


def _day(value: object) -> date:
    if type(value) is date:
        return value
    if isinstance(value, str) and re.fullmatch(r"20\d{2}-\d{2}-\d{2}", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise wrong(f"There is no day {value}.", "Look at the calendar again.") from None
    raise wrong(
        f"This should be a date and is {shown(value)}.", "Write year, month and day, as in 2026-08-17."
    )


def _month(value: object) -> Month:
    if isinstance(value, Month):
        return value
    found = re.fullmatch(r"(20\d{2})-(0[1-9]|1[0-2])", value, re.ASCII) if isinstance(value, str) else None
    if found:
        return Month(int(found[1]), int(found[2]))
    raise wrong(f"This should be a month and is {shown(value)}.", "Write year and month, as in 2026-09.")


def _week(value: object) -> Week:
    if isinstance(value, Week):
        return value
    found = re.fullmatch(r"(20\d{2})-?W(\d{1,2})", value, re.ASCII) if isinstance(value, str) else None
    if not found:
        raise wrong(f"This should be a week and is {shown(value)}.", "Write year and week, as in 2027-W02.")
    year, week = int(found[1]), int(found[2])
    last = date(year, 12, 28).isocalendar().week
    if not 1 <= week <= last:
        raise wrong(f"{year} has no week {week}.", f"Its weeks are 1 to {last}.")
    return Week(year, week)


def _clock(value: object) -> time:
    if type(value) is time:
        at = value.replace(second=0, microsecond=0)
    else:
        found = re.fullmatch(r"(\d{1,2}):(\d{2})", value, re.ASCII) if isinstance(value, str) else None
        if not found or int(found[1]) > 23 or int(found[2]) > 59:
            raise wrong(
                f"This should be a time of day and is {shown(value)}.",
                'Write hours and minutes, as in "07:30".',
            )
        at = time(int(found[1]), int(found[2]))
    return at


def _awake(at: time) -> bool:
    """Clocks are changed between two and three at night: such a time comes twice or not at all."""
    return not time(2) <= at < time(4)


def _starting_clock(value: object) -> time:
    at = _clock(value)
    if not _awake(at):
        raise wrong(f"{at:%H:%M} is between two and four at night.", "Choose a time when people are awake.")
    return at


def _moment(value: object) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is None:
        moment = value.replace(second=0, microsecond=0)
    else:
        found = (
            re.fullmatch(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:00)?", value, re.ASCII)
            if isinstance(value, str)
            else None
        )
        if not found:
            raise wrong(
                f"This should be a day and a time and is {shown(value)}.",
                "Write it in local time, as in 2026-08-20T14:00.",
            )
        moment = datetime.combine(_day(found[1]), _clock(found[2]))
    if not _awake(moment.time()):
        raise wrong(
            f"{moment:%H:%M} is between two and four at night.", "Choose a time when people are awake."
        )
    return moment


def whole(least: int, most: int) -> PlainValidator:
    """A whole number between two others, both included."""

    def read(value: object) -> int:
        number = value if type(value) is int else None
        if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value, re.ASCII):
            number = int(value)
        if number is None or not least <= number <= most:
            raise wrong(
                f"This should be a number and is {shown(value)}.", f"Write a number from {least} to {most}."
            )
        return number

    return PlainValidator(read)


def text(most: int, *, lines: bool = False) -> BeforeValidator:
    """A text of 1 to `most` characters, tidied: no spaces at the ends, one form of each letter."""

    def read(value: object) -> str:
        if value is None:
            mend = "Write the text after the colon, and put quotes around a text with a comma inside braces."
            raise wrong("This should be a text and is empty.", mend)
        if not isinstance(value, str) or not value.strip():
            raise wrong(f"This should be a text and is {shown(value)}.", "Write the text after the colon.")
        tidy = _tidy(value)
        bad = next((sign for sign in tidy if _unprintable(sign)), None)
        if bad:
            raise wrong(f"There is an invisible character in the text (U+{ord(bad):04X}).", "Take it out.")
        if not lines and "\n" in tidy:
            raise wrong(f"The text {shown(tidy)} has several lines.", "Write it on one line.")
        if len(tidy) > most:
            raise wrong(f"The text {shown(tidy)} has {len(tidy)} characters.", f"There is room for {most}.")
        return tidy

    return BeforeValidator(read)


def _tidy(value: str) -> str:
    value = unicodedata.normalize("NFC", value).replace("\t", " ")
    return "\n".join(line.rstrip() for line in re.split(r"\r\n|[\n\r\x85\u2028\u2029]", value.strip()))


def _unprintable(sign: str) -> bool:
    # Control, half and private signs cannot be sent; those that turn the writing direction can.
    return sign != "\n" and (unicodedata.category(sign) in {"Cc", "Cs", "Co"} or sign == "\ufeff")


def matching(pattern: str, example: str) -> BeforeValidator:
    """A short word for the program to know a thing by."""

    def read(value: object) -> str:
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        raise wrong(
            f"This should be a short key and is {shown(value)}.",
            f"Use a to z, 0 to 9 and hyphens, at most 40, as in {example}.",
        )

    return BeforeValidator(read)


def one_of(*words: str) -> BeforeValidator:
    """One word of a few."""

    def read(value: Any) -> Any:
        if value in words:
            return value
        raise wrong(f"This is {shown(value)}, which is not one of the choices.", f"Write {_or(words)}.")

    return BeforeValidator(read)


def _or(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _reading(read: Callable[[object], object]) -> PlainValidator:
    return PlainValidator(read)


Day = Annotated[date, _reading(_day)]
InMonth = Annotated[Month, _reading(_month)]
InWeek = Annotated[Week, _reading(_week)]
Clock = Annotated[time, _reading(_clock)]
StartingClock = Annotated[time, _reading(_starting_clock)]
LocalMoment = Annotated[datetime, _reading(_moment)]
Key = Annotated[str, matching(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", "gang-gaar-rolig")]
ButtonTexts = Annotated[dict[str, Annotated[str, text(40)]], Field(min_length=1)]
TitleTexts = Annotated[dict[str, Annotated[str, text(80)]], Field(min_length=1)]
QuestionTexts = Annotated[dict[str, Annotated[str, text(200)]], Field(min_length=1)]
ScriptTexts = Annotated[dict[str, Annotated[str, text(500, lines=True)]], Field(min_length=1)]
FamilyTexts = Annotated[dict[str, Annotated[str, text(900, lines=True)]], Field(min_length=1)]
StaffTexts = Annotated[dict[str, Annotated[str, text(1500, lines=True)]], Field(min_length=1)]
