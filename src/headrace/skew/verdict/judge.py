"""From measured distances to findings: an alarm is above its threshold and above the noise floor.

distance   threshold   noise floor
  0.12       0.05         0.03      ->  an alarm
  0.06       0.05         0.08      ->  no alarm: samples of this size differ as much by chance
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from headrace.skew.distances.noise_protocol import Noise
from headrace.skew.profiles.profile import Floats
from headrace.skew.verdict.findings import Finding


@dataclass(frozen=True, kw_only=True, eq=False)
class Unjudged:
    """A finding whose distance is not judged yet; without `noise` it is final."""

    finding: Finding
    noise: Noise | None = None

    @property
    def p_value(self) -> float:
        """Chance of at least this distance without drift, 0..1; 1 where it has no noise law."""
        distance = self.finding.distance
        return 1.0 if self.noise is None or distance is None else self.noise.p_value(distance)

    @property
    def tested(self) -> bool:
        """Whether it is a test: a distance with a threshold and a noise law."""
        return None not in (self.noise, self.finding.distance, self.finding.threshold)


def judge(measured: Iterable[Unjudged], level: float) -> list[Finding]:
    """The findings, each an alarm if its distance is above its threshold and above the noise floor.

    The level of a single test follows from all of them together, so that `level` holds for the whole check.
    """
    measured = list(measured)
    p_values = np.array([one.p_value for one in measured if one.tested])
    each = adaptive_level(p_values, level)
    left = iter(p_values)
    return [_judge(one, float(next(left)) if one.tested else None, each) for one in measured]


def _judge(measured: Unjudged, p_value: float | None, level: float) -> Finding:
    finding, noise = measured.finding, measured.noise
    distance, threshold = finding.distance, finding.threshold
    if noise is None or distance is None:
        return finding
    floor = noise.floor(level)
    low, high = noise.interval(distance)
    detectable = noise.detectable(max(floor, threshold or 0.0))
    reason, hint, alarm = finding.reason, finding.hint, finding.alarm
    if threshold is None or p_value is None:
        reason += "; no threshold is set"
    else:
        alarm = bool(distance > threshold and p_value <= level)
        if p_value > level:
            hint = ""
            if distance > threshold:
                alarm = finding.alarm
                reason += "; not more than samples of this size differ by chance"
    return replace(
        finding, noise_floor=floor, low=low, high=high, detectable=detectable, reason=reason, hint=hint, alarm=alarm
    )


def adaptive_level(p_values: Floats, level: float) -> float:
    """The level each single test is held to so that at most the share `level` of the alarms is false.

    Benjamini & Hochberg (1995): k level / n for the largest k such that k of the n tests have p <= k level / n;
    level / n if there is none. Without any drift the chance of one alarm or more is at most `level`.
    """
    if not len(p_values):
        return level
    ranks = np.arange(1, len(p_values) + 1)
    passed = np.flatnonzero(np.sort(p_values) <= ranks * level / len(p_values))
    return level * (passed[-1] + 1 if len(passed) else 1) / len(p_values)


def merge_slice_alarms(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, where alarms of slices that only repeat an alarm of the whole data are no longer alarms.

    An alarm of a slice repeats it where its distance is not larger by more than noise. The alarm of the whole data then
    names the slice with the largest distance, if that is larger than its own.
    """
    whole = {_key(f): f for f in findings if f.alarm and not f.slice}
    strongest: dict[Key, Finding] = {}
    result = []
    for f in findings:
        above = whole.get(_key(f)) if f.slice and f.alarm else None
        if above is None:
            result.append(f)
            continue
        reach = _distance(above)
        if _distance(f) > _distance(strongest.get(_key(f), above)):
            strongest[_key(f)] = f
        if f.measure != "rows_ratio" and _distance(f) > reach + (f.noise_floor or 0.0):
            result.append(f)
        else:
            result.append(replace(f, alarm=False, reason=f"{f.reason}; as in the whole data"))
    return [_with_strongest(f, strongest.get(_key(f))) for f in result]


Key = tuple[str, str, str]


def _key(finding: Finding) -> Key:
    return finding.feature, finding.code, finding.measure


def _distance(finding: Finding) -> float:
    return finding.distance or 0.0


def _with_strongest(finding: Finding, strongest: Finding | None) -> Finding:
    if finding.slice or not finding.alarm or strongest is None or finding.measure == "rows_ratio":
        return finding
    return replace(finding, reason=f"{finding.reason}; strongest in {strongest.slice} ({_distance(strongest):.3g})")
