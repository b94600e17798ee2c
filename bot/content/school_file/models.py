"""A school as its file says it: what stands where, what may be left out and what then holds."""

from datetime import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.content.school_file.kinds import (
    ButtonTexts,
    Clock,
    Day,
    FamilyTexts,
    InMonth,
    InWeek,
    Key,
    LocalMoment,
    QuestionTexts,
    ScriptTexts,
    StaffTexts,
    StartingClock,
    TitleTexts,
    matching,
    one_of,
    text,
    whole,
    wrong,
)

Weekday = Annotated[Literal["mon", "tue", "wed", "thu", "fri"], one_of("mon", "tue", "wed", "thu", "fri")]
GroupKind = Annotated[Literal["class", "grade", "sfo"], one_of("class", "grade", "sfo")]
MeetingKind = Annotated[Literal["team", "municipal"], one_of("team", "municipal")]
OnClosed = Annotated[Literal["skip", "before", "after"], one_of("skip", "before", "after")]


def _language(value: Any) -> Any:
    if value == "no":
        raise wrong("‘no’ does not say which Norwegian.", "Write nb for bokmål or nn for nynorsk.")
    return value


Language = Annotated[str, BeforeValidator(_language), matching(r"[a-z]{2,3}", "nb")]


class Part(BaseModel):
    """A block of keys in the file. Unknown keys are refused and nothing changes once it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Part):
    """What this school calls things that other schools call something else."""

    sfo: Annotated[str, text(20)] = "SFO"


class School(Part):
    slug: Annotated[str, matching(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]", "furulia")]
    name: Annotated[str, text(80)]
    timezone: Annotated[str, text(60)] = "Europe/Oslo"
    languages: tuple[Language, ...] = Field(min_length=1)
    words: Words = Words()

    @property
    def language(self) -> str:
        """The school's own language, in which every text must be there."""
        return self.languages[0]


class Term(Part):
    """A stretch of the school year, first and last school day included."""

    first: Day
    last: Day


class Closed(Part):
    """Days without school, first and last included, and what they are called."""

    first: Day
    last: Day
    name: ButtonTexts


class Calendar(Part):
    """The school's own calendar (skolerute). Public holidays come by themselves."""

    terms: tuple[Term, ...] = Field(min_length=1)
    closed: tuple[Closed, ...] = ()
    planning_days: tuple[Day, ...] = ()


class WeeklyTime(Part):
    """A weekday and a local time."""

    day: Weekday
    at: StartingClock


class Times(Part):
    """When each kind of message goes out, in the school's local wall time."""

    prompt: WeeklyTime = WeeklyTime(day="mon", at=time(7, 30))
    reminder: WeeklyTime = WeeklyTime(day="thu", at=time(13))
    coverage: WeeklyTime = WeeklyTime(day="fri", at=time(12))
    focus_staff: StartingClock = time(7, 15)
    focus_family: StartingClock = time(16, 30)
    campaign_notice: WeeklyTime = WeeklyTime(day="thu", at=time(14))
    campaign_start: StartingClock = time(7, 45)
    campaign_family: StartingClock = time(16, 30)
    meeting_day_before: StartingClock = time(13, 30)
    meeting_minutes_before: Annotated[int, whole(5, 1440)] = 60


class QuietHours(Part):
    """From one time in the evening to another in the morning nothing is sent."""

    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")


class Group(Part):
    """A class, a grade or an SFO group. `size` is the number of pupils."""

    name: Annotated[str, text(20)]
    kind: GroupKind
    grade: Annotated[int, whole(1, 13)] | None = None
    size: Annotated[int, whole(1, 2000)]


class Value(Part):
    key: Key
    name: ButtonTexts


class Area(Part):
    key: Key
    name: ButtonTexts


class Expectation(Part):
    """One line of a matrix cell: what people do, short enough for a button."""

    key: Key
    value: Key
    area: Key
    short: ButtonTexts


class Practice(Part):
    """What an adult does with a group in two minutes."""

    expectation: Key
    script: ScriptTexts


class Focus(Part):
    """Månedens PALS. The practices are for the month's school weeks in order, and start over if needed."""

    month: InMonth
    title: TitleTexts
    expectations: tuple[Key, ...] = Field(min_length=1, max_length=8)
    staff: StaffTexts
    family: FamilyTexts
    question: QuestionTexts
    practice: tuple[Practice, ...] = Field(min_length=1)


class Campaign(Part):
    """A named ISO week. Families hear of it only when there is a text for them."""

    key: Key
    week: InWeek
    title: TitleTexts
    staff: StaffTexts
    family: FamilyTexts | None = None


class Meeting(Part):
    """A meeting that comes back. `starts` is the first one in local wall time, `rule` is RFC 5545."""

    key: Key
    kind: MeetingKind
    name: TitleTexts
    starts: LocalMoment
    minutes: Annotated[int, whole(5, 480)]
    rule: Annotated[str, text(200)]
    on_closed: OnClosed = "skip"


class SchoolFile(Part):
    """A whole school."""

    school: School
    calendar: Calendar
    times: Times = Times()
    quiet_hours: QuietHours = QuietHours.model_validate({"from": time(20, 30), "to": time(6, 30)})
    groups: tuple[Group, ...] = Field(min_length=1)
    values: tuple[Value, ...] = Field(min_length=1)
    areas: tuple[Area, ...] = Field(min_length=1)
    expectations: tuple[Expectation, ...] = Field(min_length=1)
    focuses: tuple[Focus, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    meetings: tuple[Meeting, ...] = ()
