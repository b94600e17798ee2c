"""The `times` of a school file are the settings of the declared message kinds: one default, the same readers."""

from datetime import timedelta

from pals.content.times import DEFAULT_TIMES, READERS
from storage.delivery.audiences import Audience
from tests.support.features import KINDS

SCHEDULED = {kind.at.setting: kind for kind in KINDS.by_name.values() if kind.at is not None}


def test_each_setting_of_a_schedule_can_be_written_in_the_file_and_has_one_default() -> None:
    written = {
        name: timedelta(minutes=default) if isinstance(default, int) else default
        for name, default in DEFAULT_TIMES.items()
    }
    assert written == {setting: kind.at.default for setting, kind in SCHEDULED.items() if kind.at is not None}


def test_a_change_of_a_time_affects_the_audience_of_its_message() -> None:
    fixed = {
        name: kind.audience.roles for name, kind in SCHEDULED.items() if isinstance(kind.audience, Audience)
    }
    assert {name: READERS[name] for name in fixed} == fixed
