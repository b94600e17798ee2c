"""A kind of pushed message, and its delivery policy: when it is due, for whom, how long it is worth sending.

    INCIDENT = MessageKind("incident", called=N_("the notice of an incident"), audience=LEADERS)

A kind with a schedule (`at`) is sent by the year wheel, any other is enqueued by a verb (`bot.services.outbox`). Its
name is stored in the occurrence; one of a kind that is not declared any more is never composed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pals.yearwheel import Moment, Schedule, YearWheel
from storage.delivery.audiences import Audience

WEEK = timedelta(days=7)
AudienceRule = Callable[[Moment, YearWheel], Audience]


@dataclass(frozen=True, slots=True)
class MessageKind:
    """The facts of a kind of message, declared once.

    called                  its name in the middle of a sentence, in the source language; "" for a problem notice
    audience                its readers, or a rule that derives them from a moment; None: given when it is enqueued
    at                      its schedule, with the default time; None: not scheduled
    valid_for               how long after its due time an unscheduled message is worth sending
    urgent                  delivered during quiet hours
    same_for_all            identical for all with the same role and language: composed once a batch
    worth_sending_late      a leader may send it after its deadline
    listed                  listed among the delivery problems when it did not arrive
    catch_up                a newcomer gets the current message, so long after joining; None: none
    """

    name: str
    called: str = ""
    audience: Audience | AudienceRule | None = None
    at: Schedule[Any] | None = None
    valid_for: timedelta = WEEK
    urgent: bool = False
    same_for_all: bool = False
    worth_sending_late: bool = True
    listed: bool = True
    catch_up: timedelta | None = None

    def __str__(self) -> str:
        return self.name

    def readers(self, moment: Moment, wheel: YearWheel) -> Audience:
        """The audience of a moment. Raises ValueError for a kind without an audience."""
        if self.audience is None:
            raise ValueError(f"The message kind {self.name} has a schedule and no audience.")
        return self.audience(moment, wheel) if callable(self.audience) else self.audience


@dataclass(frozen=True, slots=True)
class MessageKinds:
    """All declared kinds by name, and what is derived from them."""

    by_name: Mapping[str, MessageKind]

    @property
    def schedules(self) -> dict[str, Schedule[Any]]:
        """The schedules of the year wheel, by kind."""
        return {kind.name: kind.at for kind in self.by_name.values() if kind.at is not None}

    @property
    def unlisted(self) -> list[str]:
        """The kinds that are no problem of their own."""
        return sorted(kind.name for kind in self.by_name.values() if not kind.listed)

    def called(self, name: str) -> str:
        """What a kind is called, in the source language; its bare name when it is not declared any more."""
        kind = self.by_name.get(name)
        return kind.called if kind is not None and kind.called else name
