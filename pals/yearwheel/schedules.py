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
from typing import Any, Generic, TypeVar, cast
from zoneinfo import ZoneInfo

from pals.weeks import IsoWeek
from pals.yearwheel.meetings import MeetingTime
from pals.yearwheel.parts import CampaignWeek, Moment, TimeOfDay, WeekTime
from pals.yearwheel.wheel import YearWheel, focus_of, meetings_between
from pals.zone import to_utc, to_wall

_DAY = timedelta(days=1)
_CLOCK_CHANGE = timedelta(hours=2)
"""Longer than any DST transition."""
AT_LEAST = timedelta(minutes=30)
"""The shortest time between due and deadline, whatever the schedule says."""

T = TypeVar("T", bound=TimeOfDay)


def moments(
    wheel: YearWheel, schedules: Mapping[str, "Schedule[Any]"], after: datetime, until: datetime
) -> list[Moment]:
    """What is due in (after, until] by these schedules (by message kind), in order of time. Pure, hence idempotent.

    No two moments share (kind, ref, slot). Raises ValueError for naive times.
    """
    interval = Interval.between(wheel.zone, after, until)
    if interval is None:
        return []
    found = [
        moment for kind, schedule in schedules.items() for moment in schedule.moments(kind, wheel, interval)
    ]
    return sorted(moment for moment in found if interval.after < moment.due <= interval.until)


@dataclass(frozen=True, slots=True)
class Interval:
    """The interval (after, until]: exact in UTC; in wall time widened around a DST transition."""

    after: datetime
    until: datetime
    first: date
    last: date
    wall_from: datetime
    wall_to: datetime

    @classmethod
    def between(cls, zone: ZoneInfo, after: datetime, until: datetime) -> "Interval | None":
        """None for an empty interval; raises ValueError for naive times."""
        wall_from, wall_to = to_wall(after, zone), to_wall(until, zone)
        if until <= after:
            return None
        steady = (after - _DAY).astimezone(zone).utcoffset() == (until + _DAY).astimezone(zone).utcoffset()
        room = timedelta(0) if steady else _CLOCK_CHANGE
        first, last = wall_from.date(), wall_to.date()
        return cls(
            after.astimezone(UTC), until.astimezone(UTC), first, last, wall_from - room, wall_to + room
        )

    def near(self, at: time) -> bool:
        """Whether this time of day can be inside at all: a cheap filter, false for most of the day."""
        first, last = self.wall_from.date(), self.wall_to.date()
        if last - first > _DAY:
            return True
        return (
            self.wall_from <= datetime.combine(first, at) <= self.wall_to
            or self.wall_from <= datetime.combine(last, at) <= self.wall_to
        )

    def has(self, day: date) -> bool:
        return self.first <= day <= self.last

    def weeks(self) -> Iterator[IsoWeek]:
        """Every ISO week with a day inside."""
        week = IsoWeek.of(self.first)
        while week.monday <= self.last:
            yield week
            week = week.next()

    def days(self) -> Iterator[date]:
        for ahead in range((self.last - self.first).days + 1):
            yield self.first + ahead * _DAY


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


def _moment(wheel: YearWheel, kind: str, ref: str, wall: datetime, *, too_late: datetime) -> Moment:
    """A moment from two wall times; its deadline is at least `AT_LEAST` after it is due."""
    due = to_utc(wall, wheel.zone)
    slot = wall.date().isoformat()
    return Moment(due, kind, ref, slot, max(to_utc(too_late, wheel.zone), due + AT_LEAST))


def _wall(day: date, at: time = time.min) -> datetime:
    return datetime.combine(day, at)


# The week: a prompt, a reminder of it, and the coverage


@dataclass(frozen=True, slots=True)
class Weekly(Schedule[WeekTime]):
    """Once in a school week, by default only in one with a focus; the deadline is `until` of that day.

    On the chosen day; if it is no school day, on the first school day after it in the week, else on the week's first.
    """

    until: time = time(16)
    needs_focus: bool = True

    def moments(self, kind: str, wheel: YearWheel, interval: Interval) -> Iterator[Moment]:
        if not interval.near(self.at(wheel).at):
            return
        for week in interval.weeks():
            due = self.due(wheel, week)
            if due is not None:
                yield _moment(wheel, kind, str(week), due, too_late=_wall(due.date(), self.until))

    def due(self, wheel: YearWheel, week: IsoWeek) -> datetime | None:
        """In wall time; None in a week without school days, or without the focus that is needed."""
        days = wheel.calendar.in_week(week)
        if not days or (self.needs_focus and focus_of(wheel, days[0]) is None):
            return None
        chosen = self.at(wheel)
        return _wall(weekly_day(chosen, week, days), chosen.at)


def weekly_day(chosen: WeekTime, week: IsoWeek, days: list[date]) -> date:
    """The day of a `Weekly`. `days` are the week's school days, at least one."""
    wanted = week.monday + chosen.day * _DAY
    return next((day for day in days if day >= wanted), days[0])


@dataclass(frozen=True, slots=True)
class WeeklyReminder(Schedule[WeekTime]):
    """Later in the week of a `prompt`; the deadline is `until` of that day.

    On the chosen day, if it is a school day after the prompt. Otherwise on the nearest school day before it that is
    after the prompt's day, else on the first after both, else never.
    """

    prompt: Weekly
    until: time = time(18)

    def moments(self, kind: str, wheel: YearWheel, interval: Interval) -> Iterator[Moment]:
        chosen = self.at(wheel)
        if not interval.near(chosen.at):
            return
        for week in interval.weeks():
            prompted = self.prompt.due(wheel, week)
            day = prompted and reminder_day(chosen, week, wheel.calendar.in_week(week), prompted)
            if day is not None:
                yield _moment(wheel, kind, str(week), _wall(day, chosen.at), too_late=_wall(day, self.until))


def reminder_day(chosen: WeekTime, week: IsoWeek, days: list[date], prompted: datetime) -> date | None:
    """The day of a `WeeklyReminder`, from the week's school days."""
    wanted = week.monday + chosen.day * _DAY
    if wanted in days and _wall(wanted, chosen.at) > prompted:
        return wanted
    later = [day for day in days if day > prompted.date()]
    earlier = [day for day in later if day < wanted]
    return earlier[-1] if earlier else next(iter(later), None)


@dataclass(frozen=True, slots=True)
class WeeklySummary(Schedule[WeekTime]):
    """On the week's last school day up to the chosen one, after the `prompt`; the deadline is three days later."""

    prompt: Weekly

    def moments(self, kind: str, wheel: YearWheel, interval: Interval) -> Iterator[Moment]:
        chosen = self.at(wheel)
        if not interval.near(chosen.at):
            return
        for week in interval.weeks():
            prompted = self.prompt.due(wheel, week)
            day = prompted and summary_day(chosen, week, wheel.calendar.in_week(week), prompted)
            if day is not None:
                yield _moment(wheel, kind, str(week), _wall(day, chosen.at), too_late=_wall(day + 4 * _DAY))


def summary_day(chosen: WeekTime, week: IsoWeek, days: list[date], prompted: datetime) -> date | None:
    """The day of a `WeeklySummary`, from the week's school days."""
    wanted = week.monday + chosen.day * _DAY
    fitting = (day for day in reversed(days) if day <= wanted and _wall(day, chosen.at) > prompted)
    return next(fitting, None)


# The month: its focus


@dataclass(frozen=True, slots=True)
class MonthlyFocus(Schedule[time]):
    """On the first school day of a month with a focus; the deadline is seven days later."""

    def moments(self, kind: str, wheel: YearWheel, interval: Interval) -> Iterator[Moment]:
        at = self.at(wheel)
        if not interval.near(at):
            return
        for focus in wheel.focuses:
            if focus.month > interval.last or focus.month + 31 * _DAY <= interval.first:
                continue
            day = wheel.calendar.first_school_day(focus.month.year, focus.month.month)
            if day is not None and interval.has(day):
                wall = _wall(day, at)
                yield _moment(wheel, kind, f"{focus.month:%Y-%m}", wall, too_late=wall + 7 * _DAY)


# Meetings: the day before, and shortly before


@dataclass(frozen=True, slots=True)
class MeetingSoon(Schedule[timedelta]):
    """A time span before each meeting; the deadline is its start."""

    def moments(self, kind: str, wheel: YearWheel, interval: Interval) -> Iterator[Moment]:
        ahead = self.at(wheel)
        begun = Interval.between(wheel.zone, interval.after + ahead, interval.until + ahead)
        if begun is None or not any(begun.near(series.starts.time()) for series in wheel.meeting_series):
            return
        for meeting in meetings_between(wheel, begun.wall_from, begun.wall_to):
            begins = to_utc(meeting.starts, wheel.zone)
            yield _meeting_moment(kind, meeting, begins - ahead, begins)


@dataclass(frozen=True, slots=True)
class MeetingDayBefore(Schedule[time]):
    """On the work day before each meeting; the deadline is the reminder shortly before it (`soon`)."""

    soon: MeetingSoon

    def moments(self, kind: str, wheel: YearWheel, interval: Interval) -> Iterator[Moment]:
        at = self.at(wheel)
        if not wheel.meeting_series or not interval.near(at):
            return
        for day in interval.days():
            for meeting in wheel.meetings_told_on.get(day, ()):
                begins = to_utc(meeting.starts, wheel.zone)
                due = to_utc(_wall(day, at), wheel.zone)
                yield _meeting_moment(kind, meeting, due, begins - self.soon.at(wheel))


def _meeting_moment(kind: str, meeting: MeetingTime, due: datetime, too_late: datetime) -> Moment:
    slot = meeting.starts.isoformat(timespec="minutes")
    return Moment(due, kind, meeting.key, slot, max(too_late, due + AT_LEAST))


# Campaign weeks: a notice the week before, the start, and the families


def _campaigns(wheel: YearWheel, interval: Interval) -> Iterator[tuple[CampaignWeek, list[date]]]:
    """The campaigns that are not over, with their school days; one in a week without school days is left out."""
    for campaign in wheel.campaigns:
        if campaign.week.sunday >= interval.first and (days := wheel.calendar.in_week(campaign.week)):
            yield campaign, days


@dataclass(frozen=True, slots=True)
class CampaignNotice(Schedule[WeekTime]):
    """In the week before a campaign; the deadline is the campaign's Monday."""

    def moments(self, kind: str, wheel: YearWheel, interval: Interval) -> Iterator[Moment]:
        chosen = self.at(wheel)
        if not interval.near(chosen.at):
            return
        for campaign, _ in _campaigns(wheel, interval):
            day = notice_day(wheel, chosen, campaign.week)
            if day is not None:
                late = _wall(campaign.week.monday)
                yield _moment(wheel, kind, campaign.key, _wall(day, chosen.at), too_late=late)


@dataclass(frozen=True, slots=True)
class CampaignStart(Schedule[time]):
    """On a campaign's first school day; the deadline is its Friday's end. `to_families`: if it has their text."""

    to_families: bool = False

    def moments(self, kind: str, wheel: YearWheel, interval: Interval) -> Iterator[Moment]:
        at = self.at(wheel)
        if not interval.near(at):
            return
        for campaign, days in _campaigns(wheel, interval):
            if campaign.to_families or not self.to_families:
                over = _wall(campaign.week.monday + 5 * _DAY)
                yield _moment(wheel, kind, campaign.key, _wall(days[0], at), too_late=over)


def notice_day(wheel: YearWheel, chosen: WeekTime, week: IsoWeek) -> date | None:
    """The chosen day of the week before a campaign, or the last school day of that week before it.

    Without one, the last school day before the campaign week, in the same school year: no message is sent in June
    about a campaign in August. None when there is no such day either.
    """
    before = week.previous()
    wanted = before.monday + chosen.day * _DAY
    fitting = (day for day in reversed(wheel.calendar.in_week(before)) if day <= wanted)
    day = next(fitting, None) or wheel.calendar.previous_school_day(week.monday)
    return day if day is not None and day >= wheel.calendar.school_year(week.monday)[0] else None
