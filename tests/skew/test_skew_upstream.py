"""Alarms of what made the data are findings of the check of the data, each once."""

from headrace.alarms import Alarm
from headrace.skew import Verdict
from headrace.skew.verdict.upstream import upstream_findings

STALE = Alarm(code="SOURCE_STALE", source="watch", count=1, share=1.0, words="watch is stale")
BLANK = Alarm(code="SOURCE_BLANK", source="watch", count=9, share=0.9, words="pace is blank", field="pace")


def test_each_alarm_speaks_against_the_data_once_and_names_its_feature():
    findings = upstream_findings([STALE, BLANK, STALE])
    assert [(one.code, one.feature, one.reason) for one in findings] == [
        ("SOURCE_STALE", "", "watch is stale"),
        ("SOURCE_BLANK", "pace", "pace is blank"),
    ]
    verdict = Verdict(findings=findings)
    assert verdict.blessed == 0
    assert Verdict.from_json(verdict.to_json()) == verdict


def test_nothing_upstream_is_nothing():
    assert upstream_findings([]) == []
