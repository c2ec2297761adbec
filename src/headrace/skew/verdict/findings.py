"""The findings of a check, one for each measure that was looked at, and the verdict over all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from headrace.skew.profiles.profile import WHOLE
from headrace.words import listed

Comparison = Literal["drift", "skew", "schema", "feature_skew", "shift", "source"]

NOT_CHECKED = ("TOO_FEW_ROWS", "IDENTIFIER", "IGNORED", "NOT_ASKED", "NOT_JUDGED", "UNSUPPORTED", "VALUES_NOT_CHECKED")
"""Codes that say why a distribution was not checked; without an alarm they are neither good nor bad."""

Word = Literal["alarm", "warning", "not checked", "noise", "ok"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One measure of one feature in one slice.

    `alarm`: whether the data should not be used because of it.

    `feature` is empty for the data set itself. `comparison`: drift (before, now), skew (training, serving), schema,
    feature_skew (training, serving, pair by pair), shift (of P(x), P(y), P(y|x)) or source (an alarm raised where the
    data were made). `distance`, `threshold`, `noise_floor` are in the unit of the `measure`, None where the code has
    none; so are `low` and `high`, a 95 % confidence interval of the true distance, and `detectable`, the smallest true
    distance for which samples of these sizes raise an alarm in 90 % of all cases. `warning`: an alarm that the policy
    turned into a warning. `reason` says what was seen, `hint` what it looks like, if anything. `split`: of the
    examples, empty where there is none.
    """

    feature: str
    slice: str = WHOLE
    comparison: Comparison = "drift"
    code: str
    measure: str = ""
    distance: float | None = None
    threshold: float | None = None
    noise_floor: float | None = None
    low: float | None = None
    high: float | None = None
    detectable: float | None = None
    rows_baseline: int = 0
    rows_current: int = 0
    alarm: bool = False
    warning: bool = False
    reason: str = ""
    hint: str = ""
    split: str = ""

    @property
    def verdict(self) -> Word:
        """The finding in a word. `noise`: above the threshold, but no more than chance may show."""
        if self.alarm or self.warning:
            return "alarm" if self.alarm else "warning"
        if self.code in NOT_CHECKED:
            return "not checked"
        if self.distance is None or self.threshold is None or self.noise_floor is None:
            return "ok"
        above = self.measure != "rows_ratio" and self.distance > self.threshold
        return "noise" if above and self.distance <= self.noise_floor else "ok"

    @property
    def excess(self) -> float:
        """How many times its limit (threshold or noise floor, whichever is more) the distance is; ranks findings."""
        if self.distance is None or self.measure == "rows_ratio":
            return float(self.alarm or self.warning) * 2
        limit = max(self.threshold or 0.0, self.noise_floor or 0.0)
        return self.distance / limit if limit else (2.0 if self.alarm or self.warning else 0.0)

    def __str__(self) -> str:
        what = self.feature or "the data"
        where = (f" in {self.slice}" if self.slice else "") + (f" (split {self.split})" if self.split else "")
        return f"{what}{where}: {self.code}: {self.reason}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """All findings of one check, worst first."""

    findings: Sequence[Finding]
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "findings", tuple(sorted(self.findings, key=_rank)))

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings because of which the data are not blessed."""
        return tuple(f for f in self.findings if f.alarm)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Alarms that the policy turned into warnings."""
        return tuple(f for f in self.findings if f.warning)

    @property
    def blessed(self) -> int:
        """1 if there is no alarm, else 0: an int, so that a pipeline can test it."""
        return int(not self.alarms)

    def to_json(self) -> str:
        """The verdict and every finding as JSON text."""
        data = {"name": self.name, "blessed": self.blessed, "findings": [asdict(f) for f in self.findings]}
        return json.dumps(data, indent=1, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Verdict:
        """Inverse of `to_json`."""
        data = json.loads(text)
        return cls(name=data["name"], findings=[Finding(**f) for f in data["findings"]])

    def __add__(self, other: Verdict) -> Verdict:
        return replace(self, findings=[*self.findings, *other.findings])


def group_alike(findings: Iterable[Finding], *, names: int = 5) -> list[Finding]:
    """The findings, where those that differ in the feature only are one finding, which names the first features."""
    alike: dict[Finding, list[str]] = {}
    for finding in findings:
        alike.setdefault(replace(finding, feature="", rows_baseline=0, rows_current=0), []).append(finding.feature)
    return [replace(finding, feature=listed(features, names)) for finding, features in alike.items()]


def from_schema_faults(faults: Iterable[Any], *, comparison: Comparison = "schema") -> list[Finding]:
    """Findings from schema faults: anything with `feature`, `code`, `words`, `severity`. Only an ERROR is an
    alarm."""
    return [
        Finding(
            feature=fault.feature,
            comparison=comparison,
            code=fault.code,
            measure="schema",
            reason=fault.words,
            alarm=str(fault.severity).upper().endswith("ERROR"),
        )
        for fault in faults
    ]


def _rank(finding: Finding) -> tuple[bool, bool, bool, float, str, str, str, str]:
    return (
        not finding.alarm,
        not finding.warning,
        finding.slice != WHOLE,
        -finding.excess,
        finding.feature,
        finding.slice,
        finding.measure,
        finding.split,
    )
