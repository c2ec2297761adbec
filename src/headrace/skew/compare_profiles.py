"""Compares two profiles in every feature and slice: one finding for each measure that was looked at.

    compare(yesterday, today, SkewPolicy())  ->  [Finding(feature="age", code="JENSEN_SHANNON_HIGH", alarm=False,
    ...), ...]

Features that are ignored, too small or not comparable have a finding that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import numpy as np
from scipy import special

from headrace.skew.compare_feature import feature_findings
from headrace.skew.distances.noise_protocol import Z_CONFIDENCE
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.feature_comparison import FeatureComparison, labels
from headrace.skew.profiles.precision import at_one_precision
from headrace.skew.profiles.profile import WHOLE, FeatureProfile, Profile, Slices
from headrace.skew.profiles.text_as_numbers import as_numbers
from headrace.skew.verdict.findings import Comparison, Finding
from headrace.skew.verdict.judge import Unjudged, judge, merge_slice_alarms
from headrace.skew.verdict.policy import SkewPolicy
from headrace.words import counted

Thresholds: TypeAlias = Mapping[str, Mapping[str, float]]
"""Feature -> measure -> threshold."""


def compare(
    baseline: Profile | Slices,
    current: Profile | Slices,
    policy: SkewPolicy | None = None,
    *,
    comparison: Comparison = "drift",
    thresholds: Thresholds | None = None,
    defaults: Thresholds | None = None,
) -> list[Finding]:
    """Measures how far `current` is from `baseline`; the findings are in the order slice, feature, measure.

    Each side is one profile, or profiles by slice with the whole data under `""`. `comparison`: drift (before, now) or
    skew (training, serving). `thresholds`: what a schema declares, `{feature: {measure: threshold}}`. They override the
    policy's thresholds for all features, and its `per_feature` overrides them. What is declared and can't be measured
    is an alarm. L-infinity declared for a numeric feature is measured between the distribution functions. `defaults`:
    thresholds of the schema that nobody declared for the feature; where they can't be measured, nothing is missed.
    """
    policy = policy or SkewPolicy()
    before = {WHOLE: baseline} if isinstance(baseline, Profile) else dict(baseline)
    now = {WHOLE: current} if isinstance(current, Profile) else dict(current)
    slices = sorted(before.keys() | now.keys(), key=lambda s: (s != WHOLE, s))
    measured = [
        m
        for name in slices
        for m in _slice(before.get(name), now.get(name), name, policy, comparison, (thresholds or {}, defaults or {}))
    ]
    return policy.apply_rules(merge_slice_alarms(judge(measured, policy.level)))


def _slice(
    before: Profile | None,
    now: Profile | None,
    slice_: str,
    policy: SkewPolicy,
    comparison: Comparison,
    thresholds: tuple[Thresholds, Thresholds],
) -> Iterator[Unjudged]:
    declared, defaults = thresholds
    rows = before.rows if before else 0, now.rows if now else 0
    yield Unjudged(finding=_rows(rows, slice_, policy, comparison))
    if min(rows) < policy.min_rows:
        then, since = labels(comparison)
        least = policy.min_rows
        words = (
            f"{counted(rows[0], 'row')} {then} and {rows[1]:,} {since}: at least {least:,} on each side are needed to "
            "compare them"
        )
        # A check of the whole data that can't be done is an alarm; a slice may well be small.
        yield Unjudged(
            finding=Finding(
                feature="",
                slice=slice_,
                comparison=comparison,
                code="TOO_FEW_ROWS",
                measure="rows",
                rows_baseline=rows[0],
                rows_current=rows[1],
                alarm=slice_ == WHOLE,
                reason=words,
            )
        )
        if slice_ != WHOLE:
            return
    features_before = before.features if before else {}
    features_now = now.features if now else {}
    alike_before, alike_now = _bare(features_before), _bare(features_now)
    # In the order of the baseline, then new features, then those that only the schema has.
    for name in [*dict.fromkeys([*features_before, *features_now, *declared])]:
        pair = features_before.get(name), features_now.get(name)
        alike = (alike_now if name in features_before else alike_before).get(_bare_name(name), "")
        alike = alike if alike != name else ""
        own = declared.get(name, {}), defaults.get(name, {})
        yield from _feature(name, *pair, slice_, policy, comparison, own, alike)


def _bare(names: Iterable[str]) -> dict[str, str]:
    return {_bare_name(name): name for name in names}


def _bare_name(name: str) -> str:
    # The same for names that differ by blanks or case only.
    return "".join(name.split()).casefold()


def _feature(
    name: str,
    before: FeatureProfile | None,
    now: FeatureProfile | None,
    slice_: str,
    policy: SkewPolicy,
    comparison: Comparison,
    thresholds: tuple[Mapping[str, float], Mapping[str, float]],
    alike: str,
) -> Iterator[Unjudged]:
    declared, defaults = thresholds
    nothing = FeatureProfile(kind="empty", rows=0)
    then, since = labels(comparison)
    sides = before or nothing, now or nothing
    if before and now:
        sides = at_one_precision(before, as_numbers(before, now))
    pair = FeaturePair(before=sides[0], now=sides[1], labels=(then, since))
    feature = FeatureComparison(
        name=name,
        slice=slice_,
        comparison=comparison,
        pair=pair,
        policy=policy,
        declared=declared,
        defaults=defaults,
    )
    if policy.ignores(name):
        if slice_ == WHOLE:
            yield feature.final("IGNORED", "ignored", reason="ignored, as the policy says")
    elif before is None and now is None:
        if slice_ == WHOLE:
            words = f"{', '.join(declared) or 'a threshold'} is declared, but neither side has this feature"
            yield feature.final("NOT_COMPARABLE", "declared", reason=words, alarm=True)
    elif before is None or now is None:
        if slice_ == WHOLE:
            code, words = (
                ("FEATURE_NEW", f"not there {then}") if before is None else ("FEATURE_MISSING", f"not there {since}")
            )
            hint = (
                f"{alike!r} {since if now is None else then} differs from {name!r} by blanks or case only"
                if alike
                else ""
            )
            yield feature.final(code, "presence", reason=words, alarm=True, hint=hint)
    else:
        yield from feature_findings(feature)


def _rows(rows: tuple[int, int], slice_: str, policy: SkewPolicy, comparison: Comparison) -> Finding:
    before, now = rows
    then, since = labels(comparison)
    ratio = now / before if before else None
    low, high = policy.rows_ratio or (0.0, np.inf)
    fewer = before > now
    # By chance each of all rows is on either side, as a coin falls; real numbers of rows vary at least as much.
    spread = float(special.ndtri(1 - policy.level / 2)) * np.sqrt(max(before + now, 1))
    beyond = abs(before - now) > spread
    outside = bool(beyond and (ratio is None or not low <= ratio <= high)) and policy.rows_ratio is not None
    total = max(before + now, 1)
    floor = (total - spread) / (total + spread)
    around = np.exp(Z_CONFIDENCE * np.sqrt(1 / max(before, 1) + 1 / max(now, 1)))
    return Finding(
        feature="",
        slice=slice_,
        comparison=comparison,
        code="ROWS_LOW" if fewer else "ROWS_HIGH",
        measure="rows_ratio",
        distance=ratio,
        threshold=None if policy.rows_ratio is None else (low if fewer else high),
        noise_floor=None if floor <= 0 else float(floor if fewer else 1 / floor),
        low=float(ratio / around) if ratio else None,
        high=float(ratio * around) if ratio else None,
        rows_baseline=before,
        rows_current=now,
        alarm=bool(outside),
        reason=f"{counted(before, 'row')} {then}, {now:,} {since}" + (f" (x{ratio:.2f})" if ratio is not None else ""),
    )
