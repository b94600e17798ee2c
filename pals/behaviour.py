"""What a record may say: codes only, each with its label and one-line definition in the catalogues.

A record describes behaviour, never a pupil, so every answer is picked from these lists and none is typed.
"""

from enum import StrEnum


class Behaviour(StrEnum):
    """What happened."""

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
"""Behaviour that the leader hears of; all other is handled by the adult who was there."""


class Measure(StrEnum):
    """What was done there and then."""

    TALK = "talk"
    PRACTISED = "practised"
    REPAIR = "repair"
    BREAK = "break"
    MOVED = "moved"
    HOME = "home"
    SUPPORT = "support"
    OTHER = "other"


class Reason(StrEnum):
    """What the behaviour may have been for: to get something, or to get away from it."""

    PEER_ATTENTION = "peer_attention"
    ADULT_ATTENTION = "adult_attention"
    GET_SOMETHING = "get_something"
    AVOID_PEERS = "avoid_peers"
    AVOID_ADULTS = "avoid_adults"
    AVOID_TASK = "avoid_task"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """What a group reports about the week's practice."""

    DONE = "done"
    PARTLY = "partly"
    NOT_YET = "not_yet"
