"""What falls due in a stretch of time.

`moments` is asked every few seconds for every school, almost always about a few seconds in which nothing
happens. So it first compares times of day, and only then looks at weeks, months and meetings near them. Each
rule works on the wall clock; a moment is localised last and then held against the stretch exactly, which is
why adjacent stretches together give just what the whole gives.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pals.weeks import IsoWeek
from pals.yearwheel.meetings import MeetingTime
from pals.yearwheel.parts import CampaignWeek, Kind, Moment, WeekTime
from pals.yearwheel.wheel import YearWheel, focus_of, meetings_between
from pals.zone import to_utc, to_wall

_DAY = timedelta(days=1)
_CLOCK_CHANGE = timedelta(hours=2)
"""More than any clock is ever put forward or back."""
AT_LEAST = timedelta(minutes=30)
"""How long after it was due anything may still be sent, whatever its own limit says."""


def moments(wheel: YearWheel, after: datetime, until: datetime) -> list[Moment]:
    """Everything that falls due in (after, until], in order of time; pure, so asking twice answers the same.

    Raises ValueError for naive times. The rules are those of the school's year wheel, described at each part
    below; "school day" is the calendar's. No two moments share (kind, ref, slot).
    """
    stretch = _Stretch.of(wheel.zone, after, until)
    if stretch is None:
        return []
    found = [
        *_of_weeks(wheel, stretch),
        *_of_months(wheel, stretch),
        *_of_meetings(wheel, stretch),
        *_of_campaigns(wheel, stretch),
    ]
    return sorted(moment for moment in found if stretch.after < moment.due <= stretch.until)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The stretch asked about: exact in UTC; on the wall with room for the clock to change, where it does."""

    after: datetime
    until: datetime
    first: date
    last: date
    wall_from: datetime
    wall_to: datetime

    @classmethod
    def of(cls, zone: ZoneInfo, after: datetime, until: datetime) -> "_Stretch | None":
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


def _moment(wheel: YearWheel, kind: Kind, ref: str, wall: datetime, *, too_late: datetime) -> Moment:
    """A moment from two wall times; it is never too late within half an hour of being due."""
    due = to_utc(wall, wheel.zone)
    slot = wall.date().isoformat()
    return Moment(due, kind, ref, slot, max(to_utc(too_late, wheel.zone), due + AT_LEAST))


def _at(day: date, at: time = time.min) -> datetime:
    return datetime.combine(day, at)


# The week: a prompt, a reminder of it, and the coverage


def _of_weeks(wheel: YearWheel, stretch: _Stretch) -> Iterator[Moment]:
    times = wheel.times
    if not any(stretch.near(each.at) for each in (times.prompt, times.reminder, times.coverage)):
        return
    week = IsoWeek.of(stretch.first)
    while week.monday <= stretch.last:
        yield from _of_week(wheel, week)
        week = week.next()


def _of_week(wheel: YearWheel, week: IsoWeek) -> Iterator[Moment]:
    """The week's prompt, and what depends on it; nothing in a week without school or without a focus.

    The prompt may be answered until 16:00, the end of the working day; the reminder until 18:00; coverage is
    of interest until the end of the third day after.
    """
    days = wheel.calendar.in_week(week)
    if not days or focus_of(wheel, days[0]) is None:
        return
    ref = str(week)
    prompt = prompt_day(wheel.times.prompt, week, days)
    asked = _at(prompt, wheel.times.prompt.at)
    yield _moment(wheel, Kind.PROMPT, ref, asked, too_late=_at(prompt, time(16)))
    reminder = reminder_day(wheel.times.reminder, week, days, asked)
    if reminder is not None:
        wall = _at(reminder, wheel.times.reminder.at)
        yield _moment(wheel, Kind.REMINDER, ref, wall, too_late=_at(reminder, time(18)))
    coverage = coverage_day(wheel.times.coverage, week, days, asked)
    if coverage is not None:
        wall = _at(coverage, wheel.times.coverage.at)
        yield _moment(wheel, Kind.COVERAGE, ref, wall, too_late=_at(coverage + 4 * _DAY))


def prompt_day(chosen: WeekTime, week: IsoWeek, days: list[date]) -> date:
    """The chosen day; without school then, the first school day after it in the week, else the week's first.

    `days` are the week's school days, at least one.
    """
    wanted = week.monday + chosen.day * _DAY
    return next((day for day in days if day >= wanted), days[0])


def reminder_day(chosen: WeekTime, week: IsoWeek, days: list[date], asked: datetime) -> date | None:
    """The chosen day, if it is a school day and comes after the prompt at `asked`.

    Otherwise the nearest school day before it that is after the prompt's day, else the first one after both,
    else none: then there is no reminder.
    """
    wanted = week.monday + chosen.day * _DAY
    if wanted in days and _at(wanted, chosen.at) > asked:
        return wanted
    later = [day for day in days if day > asked.date()]
    earlier = [day for day in later if day < wanted]
    return earlier[-1] if earlier else next(iter(later), None)


def coverage_day(chosen: WeekTime, week: IsoWeek, days: list[date], asked: datetime) -> date | None:
    """The last school day of the week up to the chosen one, always after the prompt at `asked`; else none."""
    wanted = week.monday + chosen.day * _DAY
    fitting = (day for day in reversed(days) if day <= wanted and _at(day, chosen.at) > asked)
    return next(fitting, None)


# The month: its focus, to staff in the morning and to families in the afternoon


def _of_months(wheel: YearWheel, stretch: _Stretch) -> Iterator[Moment]:
    """The month's focus on its first school day, good for seven days; none in a month without school."""
    sent = ((Kind.FOCUS_STAFF, wheel.times.focus_staff), (Kind.FOCUS_FAMILY, wheel.times.focus_family))
    if not any(stretch.near(at) for _, at in sent):
        return
    for focus in wheel.focuses:
        if focus.month > stretch.last or focus.month + 31 * _DAY <= stretch.first:
            continue
        day = wheel.calendar.first_school_day(focus.month.year, focus.month.month)
        if day is not None and stretch.has(day):
            for kind, at in sent:
                wall = _at(day, at)
                yield _moment(wheel, kind, f"{focus.month:%Y-%m}", wall, too_late=wall + 7 * _DAY)


# Meetings: the day before, and shortly before


def _of_meetings(wheel: YearWheel, stretch: _Stretch) -> Iterator[Moment]:
    """Both reminders of a meeting: the first may wait until the second, that until the meeting begins."""
    at, ahead = wheel.times.meeting_day_before, wheel.times.meeting_before
    if not wheel.rhythms:
        return
    if stretch.near(at):
        for day in _days(stretch):
            for meeting in wheel.meetings_told_on.get(day, ()):
                begins = to_utc(meeting.starts, wheel.zone)
                due = to_utc(_at(day, at), wheel.zone)
                yield _meeting_moment(Kind.MEETING_DAY_BEFORE, meeting, due, begins - ahead)
    begun = _Stretch.of(wheel.zone, stretch.after + ahead, stretch.until + ahead)
    if begun is not None and any(begun.near(rhythm.starts.time()) for rhythm in wheel.rhythms):
        for meeting in meetings_between(wheel, begun.wall_from, begun.wall_to):
            begins = to_utc(meeting.starts, wheel.zone)
            yield _meeting_moment(Kind.MEETING_SOON, meeting, begins - ahead, begins)


def _meeting_moment(kind: Kind, meeting: MeetingTime, due: datetime, too_late: datetime) -> Moment:
    slot = meeting.starts.isoformat(timespec="minutes")
    return Moment(due, kind, meeting.key, slot, max(too_late, due + AT_LEAST))


def _days(stretch: _Stretch) -> Iterator[date]:
    for ahead in range((stretch.last - stretch.first).days + 1):
        yield stretch.first + ahead * _DAY


# Campaign weeks: a notice the week before, the start, and the families


def _of_campaigns(wheel: YearWheel, stretch: _Stretch) -> Iterator[Moment]:
    times = wheel.times
    if not any(
        stretch.near(at) for at in (times.campaign_notice.at, times.campaign_start, times.campaign_family)
    ):
        return
    for campaign in wheel.campaigns:
        if campaign.week.sunday >= stretch.first:
            yield from _of_campaign(wheel, campaign)


def _of_campaign(wheel: YearWheel, campaign: CampaignWeek) -> Iterator[Moment]:
    """A campaign's notice and start; nothing for a week without school.

    The notice is of no use once the campaign's Monday has begun; the start is good until its Friday is over.
    """
    days = wheel.calendar.in_week(campaign.week)
    if not days:
        return
    times, monday = wheel.times, campaign.week.monday
    notice = notice_day(wheel, campaign.week)
    if notice is not None:
        wall = _at(notice, times.campaign_notice.at)
        yield _moment(wheel, Kind.CAMPAIGN_NOTICE, campaign.key, wall, too_late=_at(monday))
    over = _at(monday + 5 * _DAY)
    start = _at(days[0], times.campaign_start)
    yield _moment(wheel, Kind.CAMPAIGN_START, campaign.key, start, too_late=over)
    if campaign.to_families:
        family = _at(days[0], times.campaign_family)
        yield _moment(wheel, Kind.CAMPAIGN_FAMILY, campaign.key, family, too_late=over)


def notice_day(wheel: YearWheel, week: IsoWeek) -> date | None:
    """The chosen day of the week before a campaign; closed, the last school day of that week before it.

    Without such a day, the last school day before the campaign week, in the same school year: nobody is told
    in June of a campaign in August. None when there is no such day either.
    """
    before = week.previous()
    wanted = before.monday + wheel.times.campaign_notice.day * _DAY
    fitting = (day for day in reversed(wheel.calendar.in_week(before)) if day <= wanted)
    found = next(fitting, None) or wheel.calendar.previous_school_day(week.monday)
    return found if found is not None and found >= wheel.calendar.school_year(week.monday)[0] else None
