"""What a tap under the week's practice means. Each carries its week, so that an old letter still counts for its own.

`brief` tells that the tap was made under the short reminder, which then stays short.
"""

from dataclasses import dataclass

from bot.press import Press
from pals.behaviour import Answer


@dataclass(frozen=True)
class ShowWeek(Press, tag="ww"):
    week: str
    brief: bool


@dataclass(frozen=True)
class ReportPractice(Press, tag="wr"):
    group_id: int
    week: str
    answer: Answer
    brief: bool


@dataclass(frozen=True)
class ChangeAnswer(Press, tag="wc"):
    group_id: int
    week: str
    brief: bool


@dataclass(frozen=True)
class RemindTomorrow(Press, tag="wt"):
    week: str


@dataclass(frozen=True)
class ShowCoverage(Press, tag="wk"):
    week: str
