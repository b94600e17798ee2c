"""Codes of incidents and practice answers; their labels and definitions are in the catalogues.

A record describes behaviour, never a pupil: every answer is one of these codes, and there is no free text.
"""

from enum import StrEnum


class Behaviour(StrEnum):
    """The kind of behaviour in an incident."""

    DISRUPTION = "disruption"
    NOT_FOLLOWING = "not_following"
    LANGUAGE = "language"
    UNKIND = "unkind"
    PHYSICAL = "physical"
    DAMAGE_SMALL = "damage_small"
    LATE = "late"
    DIGITAL = "digital"
    OTHER = "other"
    FIGHT = "fight"
    THREAT = "threat"
    DAMAGE_LARGE = "damage_large"
    LEAVING = "leaving"
    DANGER = "danger"


TOLD_TO_LEADER: frozenset[Behaviour] = frozenset(
    {Behaviour.FIGHT, Behaviour.THREAT, Behaviour.DAMAGE_LARGE, Behaviour.LEAVING, Behaviour.DANGER}
)
"""Major behaviour: the leaders are notified. Minor behaviour is handled by the adult who was there."""


class Measure(StrEnum):
    """The immediate response to an incident."""

    TALK = "talk"
    PRACTISED = "practised"
    REPAIR = "repair"
    BREAK = "break"
    MOVED = "moved"
    HOME = "home"
    SUPPORT = "support"
    OTHER = "other"


class Reason(StrEnum):
    """The possible function of the behaviour: to get something, or to avoid it."""

    PEER_ATTENTION = "peer_attention"
    ADULT_ATTENTION = "adult_attention"
    GET_SOMETHING = "get_something"
    AVOID_PEERS = "avoid_peers"
    AVOID_ADULTS = "avoid_adults"
    AVOID_TASK = "avoid_task"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """A group's report on the week's practice."""

    DONE = "done"
    PARTLY = "partly"
    NOT_YET = "not_yet"
