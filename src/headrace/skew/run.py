"""The check of one span of data, from statistics (imports TFDV).

schema      the training data against the schema in TRAINING, what was served against it in SERVING
skew        training against serving, in the features that both have
drift       this span against the one before, whole and by slice
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from headrace.schema.validate import validate
from headrace.skew.checked import Checked, Slices
from headrace.skew.compare import compare
from headrace.skew.findings import WHOLE, Comparison, Finding, Verdict, from_schema_faults
from headrace.skew.policy import SkewPolicy
from headrace.skew.profile import Profile
from headrace.skew.tfdv import profiles

TRAINING, SERVING = "TRAINING", "SERVING"

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


def check(
    *,
    statistics: Statistics,
    schema: schema_pb2.Schema,
    serving: Statistics | None = None,
    baseline: Statistics | None = None,
    policy: SkewPolicy | None = None,
    name: str = "",
) -> Checked:
    """Everything that can be told of a span of training data from its statistics.

    Args:
        statistics: of the training data.
        schema: what it must conform to; its drift and skew comparators are thresholds, which go before the policy's.
        serving: of what was served; without it no skew is looked for.
        baseline: of the span before; without it no drift is looked for.
        policy: thresholds, level, what to ignore.
        name: what the verdict is called.

    Raises:
        DataError: statistics are of no rows.
    """
    policy = policy or SkewPolicy()
    findings = _conforms(statistics, schema, TRAINING, "training", policy)
    sides: dict[Comparison, tuple[Slices, Slices]] = {}
    current = profiles(statistics)
    if serving is not None:
        findings += _conforms(serving, schema, SERVING, "serving", policy)
        # Labels and what else serving has not can't be compared with it; nor can slices, as serving has none.
        sides["skew"] = _served(current, schema), _served(profiles(serving), schema)
    if baseline is not None:
        sides["drift"] = profiles(baseline), current
    for comparison, (before, now) in sides.items():
        thresholds = _thresholds(schema, comparison)
        findings += compare(before, now, policy, comparison=comparison, thresholds=thresholds)
    return Checked(verdict=Verdict(name=name, findings=findings), sides=sides)


def _conforms(
    statistics: Statistics, schema: schema_pb2.Schema, environment: str, whose: str, policy: SkewPolicy
) -> list[Finding]:
    known = environment if environment in schema.default_environment else None
    found = from_schema_faults(validate(statistics, schema, environment=known))
    return [replace(f, reason=f"{whose}: {f.reason}") for f in found if not policy.ignores(f.feature)]


def _served(slices: Slices, schema: schema_pb2.Schema) -> dict[str, Profile]:
    served = _in_environment(schema, SERVING)
    whole = slices[WHOLE]
    return {WHOLE: replace(whole, features={name: p for name, p in whole.features.items() if name in served})}


def _in_environment(schema: schema_pb2.Schema, environment: str) -> set[str]:
    return {
        feature.name
        for feature in schema.feature
        if environment not in feature.not_in_environment
        and (not feature.in_environment or environment in feature.in_environment)
    }


def _thresholds(schema: schema_pb2.Schema, comparison: Comparison) -> dict[str, tuple[str, float]]:
    declared = {}
    compared = (
        _in_environment(schema, SERVING) if comparison == "skew" else {feature.name for feature in schema.feature}
    )
    for feature in schema.feature:
        if feature.name not in compared:
            continue
        comparator = feature.drift_comparator if comparison == "drift" else feature.skew_comparator
        if comparator.HasField("infinity_norm"):
            declared[feature.name] = ("linf", comparator.infinity_norm.threshold)
        if comparator.HasField("jensen_shannon_divergence"):
            declared[feature.name] = ("jensen_shannon", comparator.jensen_shannon_divergence.threshold)
    return declared
