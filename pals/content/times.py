"""The `times` of a school's content: when each kind of message goes out, with a default for each.

Also who gets each kind, for the preview of a change.
"""

from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, Final

from pals.content.rules import starting_clock, whole
from pals.content.schema import Block, Field, leaf, part
from pals.roles import STAFF_ROLES, Role
from pals.yearwheel.parts import WeekTime

TEAM_ROLES: Final = frozenset({Role.LEADER, Role.TEAM})
MEETING_ROLES: Final = TEAM_ROLES | {Role.ADVISOR}
FAMILY_ROLES: Final = frozenset({Role.FAMILY})
MINUTES_BEFORE: Final = "meeting_minutes_before"

_TIMES: Final[Mapping[str, tuple[WeekTime | time | int, frozenset[Role]]]] = {
    "prompt": (WeekTime(0, time(7, 30)), STAFF_ROLES),
    "reminder": (WeekTime(3, time(13)), STAFF_ROLES),
    "coverage": (WeekTime(4, time(12)), TEAM_ROLES),
    "focus_staff": (time(7, 15), STAFF_ROLES),
    "focus_family": (time(16, 30), FAMILY_ROLES),
    "campaign_notice": (WeekTime(3, time(14)), STAFF_ROLES),
    "campaign_start": (time(7, 45), STAFF_ROLES),
    "campaign_family": (time(16, 30), FAMILY_ROLES),
    "meeting_day_before": (time(13, 30), MEETING_ROLES),
    MINUTES_BEFORE: (60, MEETING_ROLES),
}
DEFAULT_TIMES: Final[Mapping[str, Any]] = {name: default for name, (default, _) in _TIMES.items()}
READERS: Final[Mapping[str, frozenset[Role]]] = {name: roles for name, (_, roles) in _TIMES.items()}


def _field(name: str, default: WeekTime | time | int) -> Field:
    if isinstance(default, WeekTime):
        return Field(name, name, part(WeekTime), required=False)
    rule = starting_clock if isinstance(default, time) else whole(5, 1440)
    return Field(name, name, leaf(rule), required=False)


MessageTimes = Annotated[
    Mapping[str, Any], Block(tuple(_field(*each) for each in DEFAULT_TIMES.items()), DEFAULT_TIMES)
]
