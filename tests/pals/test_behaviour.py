"""Codes are stored in rows and translated by name: to rename one is to lose what was recorded."""

from pals.behaviour import TOLD_TO_LEADER, Answer, Behaviour, Measure, Reason


def test_codes_stay_what_rows_already_say() -> None:
    assert {each.__name__: " ".join(each) for each in (Behaviour, Measure, Reason, Answer)} == {
        "Behaviour": "disruption not_following language unkind physical damage_small late digital other"
        " fight threat damage_large leaving danger",
        "Measure": "talk practised repair break moved home support other",
        "Reason": "peer_attention adult_attention get_something avoid_peers avoid_adults avoid_task unknown",
        "Answer": "done partly not_yet",
    }


def test_the_leader_is_told_of_five() -> None:
    assert " ".join(sorted(TOLD_TO_LEADER)) == "damage_large danger fight leaving threat"
