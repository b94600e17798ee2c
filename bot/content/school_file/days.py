"""Which days are school days: inside a term, Monday to Friday, not closed and no public holiday."""

from datetime import date, timedelta
from functools import cache

import holidays

from bot.content.school_file.models import Calendar
from bot.i18n import pick_text


def public_holidays(first: date, last: date) -> dict[date, str]:
    """Norway's public holidays from `first` to `last`, both included, with their Norwegian names.

    Two that fall on one day share its entry. Sundays are not in it unless they are a holiday of their own.
    """
    return {
        day: name
        for year in range(first.year, last.year + 1)
        for day, name in _in_year(year)
        if first <= day <= last
    }


@cache
def _in_year(year: int) -> tuple[tuple[date, str], ...]:
    return tuple(sorted(holidays.country_holidays("NO", years=year, language="no").items()))


def days_from(first: date, last: date) -> tuple[date, ...]:
    """Every day from `first` to `last`, both included; none when they stand the wrong way round."""
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def days_off(calendar: Calendar, language: str) -> dict[date, str]:
    """The days inside the calendar that are closed, planning days or public holidays, and why."""
    first, last = calendar.terms[0].first, calendar.terms[-1].last
    off = {
        day: pick_text(span.name, language)
        for span in calendar.closed
        for day in days_from(span.first, span.last)
    }
    off |= dict.fromkeys(calendar.planning_days, "planning days")
    return off | public_holidays(first, last)


def school_days(calendar: Calendar) -> tuple[date, ...]:
    """The days on which pupils are at school, in order."""
    off = days_off(calendar, "")
    return tuple(
        day
        for term in calendar.terms
        for day in days_from(term.first, term.last)
        if day.isoweekday() <= 5 and day not in off
    )
