"""Schedules: the rules by which a message of the year wheel falls due, each with its default time.

`moments` is asked every few seconds for every school, almost always about a few seconds in which nothing happens. So
each schedule first compares times of day, and only then looks at weeks, months and meetings near them. A rule works on
the wall clock; a moment is localised last and then held against the stretch exactly, which is why adjacent stretches
together give just what the whole gives.

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
"""More than any clock is ever put forward or back."""
AT_LEAST = timedelta(minutes=30)
"""How long after it was due anything may still be sent, whatever its own limit says."""

T = TypeVar("T", bound=TimeOfDay)


def moments(
    wheel: YearWheel, schedules: Mapping[str, "Schedule[Any]"], after: datetime, until: datetime
) -> list[Moment]:
    """Everything that falls due in (after, until] by these schedules (by message kind), in order of time.

    Pure, so asking twice answers the same. Raises ValueError for naive times. "School day" is the calendar's. No two
    moments share (kind, ref, slot).
    """
    stretch = Stretch.between(wheel.zone, after, until)
    if stretch is None:
        return []
    found = [
        moment for kind, schedule in schedules.items() for moment in schedule.moments(kind, wheel, stretch)
    ]
    return sorted(moment for moment in found if stretch.after < moment.due <= stretch.until)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The stretch asked about: exact in UTC; on the wall with room for the clock to change, where it does."""

    after: datetime
    until: datetime
    first: date
    last: date
    wall_from: datetime
    wall_to: datetime

    @classmethod
    def between(cls, zone: ZoneInfo, after: datetime, until: datetime) -> "Stretch | None":
        """None when nothing lies between; raises ValueError for naive times."""
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
        """Whether something at this time of day can be inside at all; a cheap no for most of the day."""
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
        """Every week of which a day is inside."""
        week = IsoWeek.of(self.first)
        while week.monday <= self.last:
            yield week
            week = week.next()

    def days(self) -> Iterator[date]:
        for ahead in range((self.last - self.first).days + 1):
            yield self.first + ahead * _DAY


@dataclass(frozen=True, slots=True)
class Schedule(ABC, Generic[T]):
    """When a kind of message is due. `setting` names the school's own time in its file; `default` holds without one."""

    setting: str
    default: T

    def at(self, wheel: YearWheel) -> T:
        """The time the school has chosen, or the default: a school loaded before this schedule existed has none."""
        return cast(T, wheel.times.get(self.setting, self.default))

    @abstractmethod
    def moments(self, kind: str, wheel: YearWheel, stretch: Stretch) -> Iterator[Moment]:
        """What may fall due in the stretch; more is allowed, since the caller filters exactly."""


def _moment(wheel: YearWheel, kind: str, ref: str, wall: datetime, *, too_late: datetime) -> Moment:
    """A moment from two wall times; it is never too late within half an hour of being due."""
    due = to_utc(wall, wheel.zone)
    slot = wall.date().isoformat()
    return Moment(due, kind, ref, slot, max(to_utc(too_late, wheel.zone), due + AT_LEAST))


def _wall(day: date, at: time = time.min) -> datetime:
    return datetime.combine(day, at)


# The week: a prompt, a reminder of it, and the coverage


@dataclass(frozen=True, slots=True)
class Weekly(Schedule[WeekTime]):
    """Once in a school week, by default only in one that has a focus, and worth sending until `until` of that day.

    The chosen day; without school then, the first school day after it in the week, else the week's first.
    """

    until: time = time(16)
    needs_focus: bool = True

    def moments(self, kind: str, wheel: YearWheel, stretch: Stretch) -> Iterator[Moment]:
        if not stretch.near(self.at(wheel).at):
            return
        for week in stretch.weeks():
            due = self.due(wheel, week)
            if due is not None:
                yield _moment(wheel, kind, str(week), due, too_late=_wall(due.date(), self.until))

    def due(self, wheel: YearWheel, week: IsoWeek) -> datetime | None:
        """On the wall; None in a week without school, or without the focus that is needed."""
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
    """Later in the week of a `prompt`, and worth sending until `until` of that day.

    The chosen day, if it is a school day and comes after the prompt. Otherwise the nearest school day before it that is
    after the prompt's day, else the first one after both, else none: then there is no reminder.
    """

    prompt: Weekly
    until: time = time(18)

    def moments(self, kind: str, wheel: YearWheel, stretch: Stretch) -> Iterator[Moment]:
        chosen = self.at(wheel)
        if not stretch.near(chosen.at):
            return
        for week in stretch.weeks():
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
    """On the last school day of the week up to the chosen one, always after the `prompt`; worth sending for three days."""

    prompt: Weekly

    def moments(self, kind: str, wheel: YearWheel, stretch: Stretch) -> Iterator[Moment]:
        chosen = self.at(wheel)
        if not stretch.near(chosen.at):
            return
        for week in stretch.weeks():
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
    """The month's focus on its first school day, worth sending for seven days; none in a month without school."""

    def moments(self, kind: str, wheel: YearWheel, stretch: Stretch) -> Iterator[Moment]:
        at = self.at(wheel)
        if not stretch.near(at):
            return
        for focus in wheel.focuses:
            if focus.month > stretch.last or focus.month + 31 * _DAY <= stretch.first:
                continue
            day = wheel.calendar.first_school_day(focus.month.year, focus.month.month)
            if day is not None and stretch.has(day):
                wall = _wall(day, at)
                yield _moment(wheel, kind, f"{focus.month:%Y-%m}", wall, too_late=wall + 7 * _DAY)


# Meetings: the day before, and shortly before


@dataclass(frozen=True, slots=True)
class MeetingSoon(Schedule[timedelta]):
    """So long before each meeting, and worth sending until it begins."""

    def moments(self, kind: str, wheel: YearWheel, stretch: Stretch) -> Iterator[Moment]:
        ahead = self.at(wheel)
        begun = Stretch.between(wheel.zone, stretch.after + ahead, stretch.until + ahead)
        if begun is None or not any(begun.near(series.starts.time()) for series in wheel.meeting_series):
            return
        for meeting in meetings_between(wheel, begun.wall_from, begun.wall_to):
            begins = to_utc(meeting.starts, wheel.zone)
            yield _meeting_moment(kind, meeting, begins - ahead, begins)


@dataclass(frozen=True, slots=True)
class MeetingDayBefore(Schedule[time]):
    """On the work day before each meeting, and worth sending until the reminder shortly before it (`soon`)."""

    soon: MeetingSoon

    def moments(self, kind: str, wheel: YearWheel, stretch: Stretch) -> Iterator[Moment]:
        at = self.at(wheel)
        if not wheel.meeting_series or not stretch.near(at):
            return
        for day in stretch.days():
            for meeting in wheel.meetings_told_on.get(day, ()):
                begins = to_utc(meeting.starts, wheel.zone)
                due = to_utc(_wall(day, at), wheel.zone)
                yield _meeting_moment(kind, meeting, due, begins - self.soon.at(wheel))


def _meeting_moment(kind: str, meeting: MeetingTime, due: datetime, too_late: datetime) -> Moment:
    slot = meeting.starts.isoformat(timespec="minutes")
    return Moment(due, kind, meeting.key, slot, max(too_late, due + AT_LEAST))


# Campaign weeks: a notice the week before, the start, and the families


def _campaigns(wheel: YearWheel, stretch: Stretch) -> Iterator[tuple[CampaignWeek, list[date]]]:
    """The campaigns that are not over, with their school days; a week without school has no campaign."""
    for campaign in wheel.campaigns:
        if campaign.week.sunday >= stretch.first and (days := wheel.calendar.in_week(campaign.week)):
            yield campaign, days


@dataclass(frozen=True, slots=True)
class CampaignNotice(Schedule[WeekTime]):
    """In the week before a campaign, and of no use once the campaign's Monday has begun."""

    def moments(self, kind: str, wheel: YearWheel, stretch: Stretch) -> Iterator[Moment]:
        chosen = self.at(wheel)
        if not stretch.near(chosen.at):
            return
        for campaign, _ in _campaigns(wheel, stretch):
            day = notice_day(wheel, chosen, campaign.week)
            if day is not None:
                late = _wall(campaign.week.monday)
                yield _moment(wheel, kind, campaign.key, _wall(day, chosen.at), too_late=late)


@dataclass(frozen=True, slots=True)
class CampaignStart(Schedule[time]):
    """On a campaign's first school day, and good until its Friday is over; `to_families` only where it has their text."""

    to_families: bool = False

    def moments(self, kind: str, wheel: YearWheel, stretch: Stretch) -> Iterator[Moment]:
        at = self.at(wheel)
        if not stretch.near(at):
            return
        for campaign, days in _campaigns(wheel, stretch):
            if campaign.to_families or not self.to_families:
                over = _wall(campaign.week.monday + 5 * _DAY)
                yield _moment(wheel, kind, campaign.key, _wall(days[0], at), too_late=over)


def notice_day(wheel: YearWheel, chosen: WeekTime, week: IsoWeek) -> date | None:
    """The chosen day of the week before a campaign; closed, the last school day of that week before it.

    Without such a day, the last school day before the campaign week, in the same school year: no message goes out in
    June about a campaign in August. None when there is no such day either.
    """
    before = week.previous()
    wanted = before.monday + chosen.day * _DAY
    fitting = (day for day in reversed(wheel.calendar.in_week(before)) if day <= wanted)
    found = next(fitting, None) or wheel.calendar.previous_school_day(week.monday)
    return found if found is not None and found >= wheel.calendar.school_year(week.monday)[0] else None
