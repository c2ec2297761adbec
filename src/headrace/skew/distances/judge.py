"""One distance that was measured, with the noise it is to be judged against, before the level of each test is
known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from headrace.skew.distances.noise import Noise, adaptive_level
from headrace.skew.verdict.findings import Finding


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """A finding that waits for its verdict; without `noise` it is final."""

    finding: Finding
    noise: Noise | None = None


def judged(measured: Iterable[Measured], level: float) -> list[Finding]:
    """The findings, each an alarm if its distance is above its threshold and above the noise floor.

    The level of a single test follows from all of them together, so that `level` holds for the whole check.
    """
    measured = list(measured)
    tested = [m for m in measured if m.noise and m.finding.distance is not None and m.finding.threshold is not None]
    p_values = np.array(
        [m.noise.p_value(m.finding.distance) for m in tested if m.noise and m.finding.distance is not None]
    )
    each = adaptive_level(p_values, level)
    p_of = {id(m): p for m, p in zip(tested, p_values, strict=True)}
    return [_judge(m, p_of.get(id(m)), each) for m in measured]


def _judge(measured: Measured, p_value: float | None, level: float) -> Finding:
    finding, noise = measured.finding, measured.noise
    distance, threshold = finding.distance, finding.threshold
    if noise is None or distance is None:
        return finding
    floor = noise.floor(level)
    low, high = noise.interval(distance)
    found = noise.detectable(max(floor, threshold or 0.0))
    reason, hint, alarm = finding.reason, finding.hint, finding.alarm
    if threshold is None or p_value is None:
        reason += "; no threshold is set"
    else:
        alarm = bool(distance > threshold and p_value <= level)
        if p_value > level:
            hint = ""
            if distance > threshold:
                alarm = finding.alarm
                reason += "; no more than samples of this size differ by chance"
    return replace(
        finding, noise_floor=floor, low=low, high=high, detectable=found, reason=reason, hint=hint, alarm=alarm
    )


def folded(findings: Sequence[Finding]) -> list[Finding]:
    """Alarms of slices that only repeat an alarm of the whole, with no more distance than noise adds, are taken back.

    The finding of the whole says in which slice the distance is largest, where that is more than its own.
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
