"""Codes are stored in rows and keys of translations: renaming one would break records."""

from pals.behaviour import TOLD_TO_LEADER, Answer, Behaviour, Measure, Reason


def test_codes_are_stable() -> None:
    assert {each.__name__: " ".join(each) for each in (Behaviour, Measure, Reason, Answer)} == {
        "Behaviour": "disruption not_following language unkind physical damage_small late digital other"
        " fight threat damage_large leaving danger",
        "Measure": "talk practised repair break moved home support other",
        "Reason": "peer_attention adult_attention get_something avoid_peers avoid_adults avoid_task unknown",
        "Answer": "done partly not_yet",
    }


def test_five_behaviours_notify_the_leader() -> None:
    assert " ".join(sorted(TOLD_TO_LEADER)) == "damage_large danger fight leaving threat"
