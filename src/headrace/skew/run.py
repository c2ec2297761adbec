"""The check of one span of data, from statistics (imports TFDV).

schema      the training data against the schema in TRAINING, what was served against it in SERVING
skew        training against serving, in the features that both have
drift       this span against the one before, whole and by slice

What conforms, and what was not looked for, has a finding that says so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from headrace.schema.declare import unit_of
from headrace.schema.validate import validate
from headrace.skew.check_result import CheckResult
from headrace.skew.compare_profiles import compare
from headrace.skew.distances.measure import measures
from headrace.skew.hints.hints import schema_hint
from headrace.skew.profiles.profile import WHOLE, Profile, Slices
from headrace.skew.profiles.tfdv import profiles
from headrace.skew.shift.history import FEWEST_SPANS, describe_change, pooled
from headrace.skew.verdict.findings import Comparison, Finding, Verdict, from_schema_faults
from headrace.skew.verdict.policy import SkewPolicy
from headrace.words import counted

TRAINING, SERVING = "TRAINING", "SERVING"

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


def check(
    *,
    statistics: Statistics,
    schema: schema_pb2.Schema,
    serving: Statistics | None = None,
    baseline: Statistics | None = None,
    history: Sequence[Statistics] = (),
    policy: SkewPolicy | None = None,
    name: str = "",
    examples: Sequence[str] | None = None,
    serving_examples: Sequence[str] | None = None,
    rows_dir: str | None = None,
) -> CheckResult:
    """Everything that can be told of a span of training data from its statistics.

    Args:
        statistics: of the training data.
        schema: what it must conform to; its drift and skew comparators are thresholds, which go before the policy's
            for all features, and after its `per_feature`.
        serving: of what was served; without it no skew is looked for, and a finding `NOT_ASKED` says so. Each skew
            comparator in the schema is then an anomaly: a warning, or an alarm where the policy requires skew.
        baseline: of the span before; without it no drift is looked for; likewise.
        history: of several spans before, the oldest first, in place of a baseline: pooled they are it, and changes are
            told to be gradual or sudden.
        policy: thresholds, level, what to ignore, what must be looked for.
        name: what the verdict is called; the split of every finding.
        examples: Parquet shards of the training data: for rules over rows, exact counts and offending values.
        serving_examples: of what was served; without them rules over rows are not put to it.
        rows_dir: where the rows that do not conform to the schema go, by side, feature and code.

    Statistics of no rows are an alarm, `NO_ROWS`, and are compared with nothing.
    """
    policy = policy or SkewPolicy()
    findings: list[Finding] = []
    sides: dict[Comparison, tuple[Slices, Slices]] = {}
    current = _filled(statistics)
    if current:
        findings += _conforms(statistics, schema, TRAINING, "training", policy, examples, rows_dir)
    else:
        findings.append(_no_rows("training", "schema", "neither the schema nor drift nor skew was looked at"))
    if serving is None:
        findings += _not_asked("skew", "no serving statistics were given", policy, schema)
    elif served := _filled(serving):
        findings += _conforms(serving, schema, SERVING, "serving", policy, serving_examples, rows_dir)
        if current:
            # Labels and what else serving has not can't be compared with it; nor can slices, as serving has none.
            sides["skew"] = _served(current, schema), _served(served, schema)
    else:
        findings.append(_no_rows("serving", "skew", "skew was not looked at"))
    past = [profiles for one in history if (profiles := _filled(one))]
    if past:
        if current:
            names = sorted({name for slices in past for name in slices})
            profiles["drift"] = {n: pooled([s[n] for s in past if n in s], name=n) for n in names}, current
    elif baseline is None:
        findings += _not_asked("drift", "no baseline was given", policy, schema)
    elif before_all := _filled(baseline):
        if current:
            profiles["drift"] = before_all, current
    else:
        findings.append(_no_rows("baseline", "drift", "drift was not looked at"))
    units = {feature.name: unit_of(feature) for feature in schema.feature}
    for comparison, (before, now) in sides.items():
        thresholds = _thresholds(schema, comparison)
        compared = compare(before, now, policy, comparison=comparison, thresholds=thresholds)
        findings += [schema_hint(f, before.get(f.slice), now.get(f.slice), units) for f in compared]
    if past and current:
        findings = [_with_history(f, past, current) for f in findings]
    findings = [replace(f, split=name) if name else f for f in policy.ruled(findings)]
    return CheckResult(verdict=Verdict(name=name, findings=findings), profiles=sides)


def _with_history(finding: Finding, past: Sequence[Slices], current: Slices) -> Finding:
    """An alarm of drift, with whether it came at once or little by little, where there are spans enough to tell."""
    if not (finding.alarm and finding.comparison == "drift" and finding.feature) or len(past) + 1 < FEWEST_SPANS:
        return finding
    spans = [slices[finding.slice] for slices in (*past, current) if finding.slice in slices]
    history = [span.features[finding.feature] for span in spans if finding.feature in span.features]
    if len(history) < FEWEST_SPANS:
        return finding
    change = describe_change(finding.feature, history)
    return replace(finding, hint="; ".join(words for words in (finding.hint, change.words) if words))


def _filled(statistics: Statistics) -> dict[str, Profile] | None:
    # None where they are of no rows.
    found = profiles(statistics)
    return found if WHOLE in found and found[WHOLE].rows else None


def _no_rows(whose: str, comparison: Comparison, words: str) -> Finding:
    reason = f"{whose}: the statistics are of no rows: {words}"
    return Finding(feature="", comparison=comparison, code="NO_ROWS", measure="rows", alarm=True, reason=reason)


def _not_asked(
    comparison: Comparison, missing: str, policy: SkewPolicy, schema: schema_pb2.Schema
) -> Iterator[Finding]:
    required = comparison in policy.require
    yield Finding(
        feature="",
        comparison=comparison,
        code="NOT_COMPARABLE" if required else "NOT_ASKED",
        measure="asked",
        alarm=required,
        reason=f"{missing}: {comparison} was not looked for" + (", and the policy requires it" if required else ""),
    )
    for feature, thresholds in _thresholds(schema, comparison).items():
        if not policy.ignores(feature):
            # A first span has nothing before it: were this an alarm by itself, none would ever be blessed, and no later
            # one have a baseline.
            words = f"the schema declares a {comparison} comparator ({', '.join(thresholds)}), but {missing}"
            yield Finding(
                feature=feature,
                comparison=comparison,
                code="NOT_COMPARABLE",
                measure="declared",
                alarm=required,
                warning=not required,
                reason=words,
            )


def _conforms(
    statistics: Statistics,
    schema: schema_pb2.Schema,
    environment: str,
    whose: str,
    policy: SkewPolicy,
    examples: Sequence[str] | None,
    rows_dir: str | None,
) -> list[Finding]:
    faults = validate(
        statistics,
        schema,
        environment=environment if environment in schema.default_environment else None,
        examples=examples,
        rows_dir=os.path.join(rows_dir, whose) if rows_dir and examples else None,
        rules=environment == TRAINING or bool(examples),
    )
    found = from_schema_faults(faults)
    kept = [replace(f, reason=f"{whose}: {f.reason}") for f in found if not policy.ignores(f.feature)]
    if kept:
        return kept
    words = f"{whose}: conforms to the schema, in {counted(len(schema.feature), 'feature')}"
    if found:
        words += f"; {counted(len(found), 'fault')} of ignored features left out"
    return [Finding(feature="", comparison="schema", code="CONFORMS", measure="schema", reason=words)]


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


def _thresholds(schema: schema_pb2.Schema, comparison: Comparison) -> dict[str, dict[str, float]]:
    declared: dict[str, dict[str, float]] = {}
    compared = (
        _in_environment(schema, SERVING) if comparison == "skew" else {feature.name for feature in schema.feature}
    )
    for feature in schema.feature:
        comparator = feature.drift_comparator if comparison == "drift" else feature.skew_comparator
        if feature.name in compared:
            thresholds = {
                measure.name: getattr(comparator, measure.comparator).threshold
                for measure in measures().values()
                if measure.comparator and comparator.HasField(measure.comparator)
            }
            declared |= {feature.name: thresholds} if thresholds else {}
    return declared
