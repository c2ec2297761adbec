"""Alarms survive JSON, are told apart by what they say, and come once each."""

import json

from hypothesis import given
from hypothesis import strategies as st

from headrace.alarms import Alarm, distinct

NAMES = st.text(max_size=5)
ALARMS = st.builds(
    Alarm,
    code=NAMES,
    source=st.none() | NAMES,
    label=st.none() | NAMES,
    count=st.integers(0, 3),
    share=st.floats(0, 1),
    words=NAMES,
    field=st.none() | NAMES,
    reasons=st.none() | st.dictionaries(NAMES, st.integers(1, 3), max_size=2),
)


@given(ALARMS)
def test_an_alarm_is_the_same_after_json(alarm):
    assert Alarm.from_dict(json.loads(json.dumps(alarm.to_dict()))) == alarm


def test_json_has_no_key_for_what_an_alarm_is_not_about():
    alarm = Alarm(code="COVERAGE", label="accepted", count=0, share=0.0, words="never observed")
    assert alarm.to_dict() == {
        "code": "COVERAGE",
        "label": "accepted",
        "count": 0,
        "share": 0.0,
        "words": "never observed",
    }
    assert str(alarm) == "COVERAGE: never observed"


def test_keys_of_a_later_version_are_left_out():
    alarm = Alarm(code="LATE", source="outcomes", count=1, share=0.5, words="1 of 2 is late")
    assert Alarm.from_dict({**alarm.to_dict(), "severity": "high"}) == alarm


@given(st.lists(ALARMS, max_size=4))
def test_distinct_keeps_the_first_of_each_in_order(alarms):
    oracle = [alarm for index, alarm in enumerate(alarms) if alarm not in alarms[:index]]
    assert distinct([*alarms, *alarms]) == oracle
