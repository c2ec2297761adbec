"""Checks that need rows, from Parquet shards: feature skew pair by pair, and the kind of shift in labeled data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from glob import escape

import pyarrow as pa

from headrace.errors import UsageError
from headrace.examples.layout import read_batches
from headrace.skew.pairs import FeatureSkewResult, FeatureSkewSpec, FileColumns, detect_feature_skew, pair_findings
from headrace.skew.profiles.profile import DIFFERENT_ANYWAY
from headrace.skew.shift import ShiftSpec, detect_shift
from headrace.skew.verdict.findings import Comparison, Finding
from headrace.skew.verdict.policy import SkewPolicy
from headrace.values import ColumnType


@dataclass(frozen=True, kw_only=True)
class Shards:
    """Parquet shards: the examples of this span, what was served, and the labeled examples of the span before."""

    training: Sequence[str] = field(default_factory=tuple)
    serving: Sequence[str] = field(default_factory=tuple)
    baseline: Sequence[str] = field(default_factory=tuple)


def check_examples(
    shards: Shards,
    policy: SkewPolicy,
    *,
    feature_skew: FeatureSkewSpec | None = None,
    shift: ShiftSpec | None = None,
    types: Mapping[str, ColumnType] | None = None,
) -> tuple[list[Finding], FeatureSkewResult | None]:
    """Checks for feature skew and shift where a spec for it is given: the findings, and all that the pairs showed.

    `types`: what features are. Times and identifiers are left out of the shift unless its spec names them.

    Raises:
        UsageError: a key or a label is not on both sides.
        DataError: a file can't be read, or a feature can't be compared.
    """
    findings: list[Finding] = []
    paired = None
    if feature_skew and shards.training and shards.serving:
        sides = FileColumns(shards.training, name="training"), FileColumns(shards.serving, name="serving")
        paired = detect_feature_skew(*sides, feature_skew)
        findings += pair_findings(paired, policy)
    elif feature_skew or "feature_skew" in policy.require:
        findings.append(_not_asked("feature_skew", "examples of training and serving were not given", policy))
    shift = _without_times(shift, types or {}) if shift else None
    if shift and shards.training and shards.baseline:
        findings += detect_shift(_read(shards.baseline, shift), _read(shards.training, shift), shift, policy)
    elif shift or "shift" in policy.require:
        findings.append(_not_asked("shift", "labeled examples of the span before were not given", policy))
    return policy.apply_rules(findings), paired


def _without_times(shift: ShiftSpec, types: Mapping[str, ColumnType]) -> ShiftSpec:
    """The spec without features that differ anyway, by which any two spans could be told apart."""
    differ = [name for name, kind in types.items() if kind.kind in DIFFERENT_ANYWAY and name not in shift.features]
    return replace(shift, ignore=(*shift.ignore, *map(escape, differ)))


def _read(paths: Sequence[str], spec: ShiftSpec) -> pa.Table:
    names = FileColumns(paths).names
    wanted = [name for name in names if name in spec.labels or spec.explains(name)]
    missing = [name for name in spec.labels if name not in names]
    if missing:
        raise UsageError(f"{paths[0]} lacks the labels {', '.join(missing)}; it has {', '.join(names)}")
    return pa.Table.from_batches(list(read_batches(paths, wanted)))


def _not_asked(comparison: Comparison, missing: str, policy: SkewPolicy) -> Finding:
    required = comparison in policy.require
    return Finding(
        feature="",
        comparison=comparison,
        code="NOT_COMPARABLE" if required else "NOT_ASKED",
        measure="asked",
        alarm=required,
        reason=f"{missing}: {comparison.replace('_', ' ')} was not checked"
        + (", but the policy requires it" if required else ""),
    )
