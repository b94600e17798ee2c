"""Schedules: the recurrence rules of the year wheel's messages, each with its default time.

`moments` runs every few seconds for every school, almost always for a few seconds in which nothing is due. So each
schedule compares times of day first (cheap), and only then weeks, months and meetings. Rules work in wall time; a
moment is localised last and compared with the half-open interval exactly: adjacent intervals yield what their union
does.

    PROMPT = Weekly("prompt", WeekTime(0, time(7, 30)), until=time(16))
    moments(wheel, {"prompt": PROMPT}, after, until)
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Generic, Self, TypeVar, cast
from zoneinfo import ZoneInfo

from pals.weeks import IsoWeek
from pals.yearwheel.meetings import MeetingTime
from pals.yearwheel.parts import Moment, TimeOfDay, WeekTime
from pals.yearwheel.wheel import YearWheel, focus_of, meetings_between
from pals.zone import to_utc, to_wall

_DAY = timedelta(days=1)
_CLOCK_CHANGE = timedelta(hours=2)
"""Longer than any DST transition."""
AT_LEAST = timedelta(minutes=30)
"""The shortest time between due and deadline, whatever the schedule says."""

T = TypeVar("T", bound=TimeOfDay)
C = TypeVar("C", bound=time | WeekTime)


def moments(
    wheel: YearWheel, schedules: Mapping[str, "Schedule[Any]"], after: datetime, until: datetime
) -> list[Moment]:
    """What is due in (after, until] by these schedules (by message kind), in order of time. Pure, hence idempotent.

    No two moments share (kind, ref, slot). Raises ValueError for naive times.
    """
    interval = Interval.between(wheel.zone, after, until)
    found = (
        moment for kind, schedule in schedules.items() for moment in schedule.moments(kind, wheel, interval)
    )
    return sorted(moment for moment in found if after < moment.due <= until)


@dataclass(frozen=True, slots=True)
class Interval:
    """The interval (after, until] in UTC, and its wall times, widened around a DST transition."""

    after: datetime
    until: datetime
    wall_from: datetime
    wall_to: datetime
    first: date
    last: date

    @classmethod
    def between(cls, zone: ZoneInfo, after: datetime, until: datetime) -> Self:
        """Raises ValueError for naive times."""
        wall_from, wall_to = to_wall(after, zone), to_wall(until, zone)
        if (after - _DAY).astimezone(zone).utcoffset() != (until + _DAY).astimezone(zone).utcoffset():
            wall_from, wall_to = wall_from - _CLOCK_CHANGE, wall_to + _CLOCK_CHANGE
        return cls(
            after.astimezone(UTC), until.astimezone(UTC), wall_from, wall_to, wall_from.date(), wall_to.date()
        )

    def near(self, at: time) -> bool:
        """Whether this time of day can be inside at all: a cheap filter, false for most of the day."""
        return self.last - self.first > _DAY or any(
            self.wall_from <= _wall(day, at) <= self.wall_to for day in (self.first, self.last)
        )

    def weeks(self) -> Iterator[IsoWeek]:
        """Every ISO week with a day inside."""
        week = IsoWeek.of(self.first)
        while week.monday <= self.last:
            yield week
            week = week.next()


@dataclass(frozen=True, slots=True)
class Schedule(ABC, Generic[T]):
    """When a kind of message is due. `setting` is the key of the school's own time; `default` applies without one."""

    setting: str
    default: T

    def at(self, wheel: YearWheel) -> T:
        """The school's own time, or the default: a school loaded before this schedule existed has none."""
        return cast(T, wheel.times.get(self.setting, self.default))

    @abstractmethod
    def moments(self, kind: str, wheel: YearWheel, interval: Interval) -> Iterator[Moment]:
        """Candidates that may be due in the interval; the caller filters exactly."""


@dataclass(frozen=True, slots=True)
class _OnDay(Schedule[C]):
    """At a time of day, on days that `candidates` gives."""

    def moments(self, kind: str, wheel: YearWheel, interval: Interval) -> Iterator[Moment]:
        at: time | WeekTime = self.at(wheel)
        clock = at.at if isinstance(at, WeekTime) else at
        if interval.near(clock):
            for ref, day, too_late in self.candidates(wheel, interval):
                due = to_utc(_wall(day, clock), wheel.zone)
                yield _moment(kind, ref, day.isoformat(), due, to_utc(too_late, wheel.zone))

    @abstractmethod
    def candidates(self, wheel: YearWheel, interval: Interval) -> Iterator[tuple[str, date, datetime]]:
        """The `ref` of each, its day, and its deadline in wall time."""


def _moment(kind: str, ref: str, slot: str, due: datetime, too_late: datetime) -> Moment:
    return Moment(due, kind, ref, slot, max(too_late, due + AT_LEAST))


def _wall(day: date, at: time = time.min) -> datetime:
    return datetime.combine(day, at)


# The week: a prompt, a reminder of it, and the coverage


@dataclass(frozen=True, slots=True)
class _InWeek(_OnDay[WeekTime]):
    """At most once in an ISO week."""

    def candidates(self, wheel: YearWheel, interval: Interval) -> Iterator[tuple[str, date, datetime]]:
        for week in interval.weeks():
            due = self.due(wheel, week)
            if due is not None:
                yield str(week), due.date(), self.too_late(due.date())

    @abstractmethod
    def due(self, wheel: YearWheel, week: IsoWeek) -> datetime | None:
        """In wall time; None in a week without one."""

    @abstractmethod
    def too_late(self, day: date) -> datetime:
        """The deadline in wall time of what is due on this day."""


@dataclass(frozen=True, slots=True)
class Weekly(_InWeek):
    """Once in a school week, by default only in one with a focus; the deadline is `until` of that day.

    On the chosen day; if it is no school day, on the first school day after it in the week, else on the week's first.
    """

    until: time = time(16)
    needs_focus: bool = True

    def due(self, wheel: YearWheel, week: IsoWeek) -> datetime | None:
        days = wheel.calendar.in_week(week)
        if not days or (self.needs_focus and focus_of(wheel, days[0]) is None):
            return None
        wanted = self.at(wheel).in_week(week)
        return _wall(next((day for day in days if day >= wanted.date()), days[0]), wanted.time())

    def too_late(self, day: date) -> datetime:
        return _wall(day, self.until)


@dataclass(frozen=True, slots=True)
class WeeklyReminder(_InWeek):
    """Later in the week of a `prompt`; the deadline is `until` of that day.

    On the chosen day, if it is a school day after the prompt. Otherwise on the nearest school day before it that is
    after the prompt's day, else on the first after both, else never.
    """

    prompt: Weekly
    until: time = time(18)

    def due(self, wheel: YearWheel, week: IsoWeek) -> datetime | None:
        prompted = self.prompt.due(wheel, week)
        if prompted is None:
            return None
        days = wheel.calendar.in_week(week)
        wanted = self.at(wheel).in_week(week)
        if wanted.date() in days and wanted > prompted:
            return wanted
        later = [day for day in days if day > prompted.date()]
        earlier = [day for day in later if day < wanted.date()]
        day = earlier[-1] if earlier else next(iter(later), None)
        return None if day is None else _wall(day, wanted.time())

    def too_late(self, day: date) -> datetime:
        return _wall(day, self.until)


@dataclass(frozen=True, slots=True)
class WeeklySummary(_InWeek):
    """On the week's last school day up to the chosen one, after the `prompt`; the deadline is three days later."""

    prompt: Weekly

    def due(self, wheel: YearWheel, week: IsoWeek) -> datetime | None:
        prompted = self.prompt.due(wheel, week)
        wanted = self.at(wheel).in_week(week)
        walls = (_wall(day, wanted.time()) for day in reversed(wheel.calendar.in_week(week)))
        return prompted and next((wall for wall in walls if prompted < wall <= wanted), None)

    def too_late(self, day: date) -> datetime:
        return _wall(day + 4 * _DAY)


# The month: its focus


@dataclass(frozen=True, slots=True)
class MonthlyFocus(_OnDay[time]):
    """On the first school day of a month with a focus; the deadline is seven days later."""

    def candidates(self, wheel: YearWheel, interval: Interval) -> Iterator[tuple[str, date, datetime]]:
        for focus in wheel.focuses:
            if focus.month <= interval.last and focus.month + 31 * _DAY > interval.first:
                day = wheel.calendar.first_school_day(focus.month.year, focus.month.month)
                if day is not None:
                    yield f"{focus.month:%Y-%m}", day, _wall(day, self.at(wheel)) + 7 * _DAY


# Meetings: the day before, and shortly before


@dataclass(frozen=True, slots=True)
class MeetingSoon(Schedule[timedelta]):
    """A time span before each meeting; the deadline is its start."""

    def moments(self, kind: str, wheel: YearWheel, interval: Interval) -> Iterator[Moment]:
        ahead = self.at(wheel)
        begun = Interval.between(wheel.zone, interval.after + ahead, interval.until + ahead)
        if any(begun.near(series.starts.time()) for series in wheel.meeting_series):
            for meeting in meetings_between(wheel, begun.wall_from, begun.wall_to):
                begins = to_utc(meeting.starts, wheel.zone)
                yield _moment(kind, meeting.key, _slot(meeting), begins - ahead, begins)


@dataclass(frozen=True, slots=True)
class MeetingDayBefore(Schedule[time]):
    """On the work day before each meeting; the deadline is the reminder shortly before it (`soon`)."""

    soon: MeetingSoon

    def moments(self, kind: str, wheel: YearWheel, interval: Interval) -> Iterator[Moment]:
        at = self.at(wheel)
        if not interval.near(at):
            return
        for day, told in wheel.meetings_told_on.items():
            if interval.first <= day <= interval.last:
                due = to_utc(_wall(day, at), wheel.zone)
                for meeting in told:
                    too_late = to_utc(meeting.starts, wheel.zone) - self.soon.at(wheel)
                    yield _moment(kind, meeting.key, _slot(meeting), due, too_late)


def _slot(meeting: MeetingTime) -> str:
    return meeting.starts.isoformat(timespec="minutes")


# Campaign weeks: a notice the week before, the start, and the families


@dataclass(frozen=True, slots=True)
class CampaignNotice(_OnDay[WeekTime]):
    """In the week before a campaign, unless it has no school day; the deadline is the campaign's Monday.

    On the chosen day of the week before, or the last school day of that week before it. Without one, on the last
    school day before the campaign week in the same school year: no message is sent in June about one in August.
    """

    def candidates(self, wheel: YearWheel, interval: Interval) -> Iterator[tuple[str, date, datetime]]:
        calendar = wheel.calendar
        for campaign in wheel.campaigns:
            monday, before = campaign.week.monday, campaign.week.previous()
            if campaign.week.sunday < interval.first or not calendar.in_week(campaign.week):
                continue
            wanted = self.at(wheel).in_week(before).date()
            fitting = (day for day in reversed(calendar.in_week(before)) if day <= wanted)
            day = next(fitting, None) or calendar.previous_school_day(monday)
            if day is not None and day >= calendar.school_year(monday)[0]:
                yield campaign.key, day, _wall(monday)


@dataclass(frozen=True, slots=True)
class CampaignStart(_OnDay[time]):
    """On a campaign's first school day; the deadline is its Friday's end. `to_families`: if it has their text."""

    to_families: bool = False

    def candidates(self, wheel: YearWheel, interval: Interval) -> Iterator[tuple[str, date, datetime]]:
        for campaign in wheel.campaigns:
            days = wheel.calendar.in_week(campaign.week)
            if (
                days
                and interval.first <= days[0] <= interval.last
                and (campaign.to_families or not self.to_families)
            ):
                yield campaign.key, days[0], _wall(campaign.week.monday + 5 * _DAY)
