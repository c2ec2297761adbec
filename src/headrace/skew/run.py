"""The check of one span of data, from statistics (imports TFDV when it runs).

schema      the training data against the schema in TRAINING, the serving data against it in SERVING
skew        training against serving, in the features that both have
drift       this span against the one before, whole and by slice

There are also findings for what conforms and for what was not checked.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from headrace.skew.check_result import CheckResult
from headrace.skew.compare_profiles import compare
from headrace.skew.distances.measure import measures
from headrace.skew.hints.hints import schema_hint
from headrace.skew.profiles.profile import WHOLE, Profile, Slices
from headrace.skew.shift.history import FEWEST_SPANS, describe_change, pooled
from headrace.skew.verdict.findings import Comparison, Finding, Verdict, from_schema_faults
from headrace.skew.verdict.policy import SkewPolicy
from headrace.values import ColumnType
from headrace.words import counted

if TYPE_CHECKING:
    from typing import TypeAlias

    from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

    Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList

TRAINING, SERVING = "TRAINING", "SERVING"

_log = logging.getLogger("headrace.skew")


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
    """Checks a span of training data by its statistics: against its schema, against serving and against earlier spans.

    Args:
        statistics: of the training data.
        schema: what the data must conform to. Its drift and skew comparators are thresholds: they override the policy's
            thresholds for all features, and its `per_feature` overrides them.
        serving: statistics of the serving data. Without them skew is not checked, and a finding `NOT_ASKED` says so.
            Each skew comparator that is declared for a feature is then a warning, or an alarm where the policy requires
            skew; those that SchemaCurator gives all features are not.
        baseline: statistics of the span before. Without them drift is not checked, with findings as for skew.
        history: statistics of several spans before, the oldest first, instead of a baseline. They are pooled into one
            baseline, and alarms say whether a change was gradual or sudden.
        policy: thresholds, level, what to ignore, which checks are required.
        name: the name of the verdict and the split of every finding.
        examples: Parquet shards of the training data, for rules over rows, exact counts and offending values.
        serving_examples: those of the serving data; without them rules over rows are not checked on it.
        rows_dir: where the rows that do not conform to the schema are written, by side, feature and code.

    Statistics without rows are an alarm, `NO_ROWS`, and are not compared with anything.
    """
    policy = policy or SkewPolicy()
    findings: list[Finding] = []
    compared: dict[Comparison, tuple[Slices, Slices]] = {}
    current = _filled(statistics)
    if current:
        findings += _conforms(statistics, schema, TRAINING, "training", policy, examples, rows_dir)
    else:
        findings.append(_no_rows("training", "schema", "schema, drift and skew were not checked"))
    if serving is None:
        findings += _not_asked("skew", "no serving statistics were given", policy, schema)
    elif served := _filled(serving):
        findings += _conforms(serving, schema, SERVING, "serving", policy, serving_examples, rows_dir)
        if current:
            # Features that serving lacks, such as labels, can't be compared with it; nor can slices: it has none.
            compared["skew"] = _served(current, schema), _served(served, schema)
    else:
        findings.append(_no_rows("serving", "skew", "skew was not checked"))
    past = [slices for one in history if (slices := _filled(one))]
    if past:
        if current:
            names = sorted({name for slices in past for name in slices})
            compared["drift"] = {n: pooled([s[n] for s in past if n in s], name=n) for n in names}, current
    elif baseline is None:
        findings += _not_asked("drift", "no baseline was given", policy, schema)
    elif before_all := _filled(baseline):
        if current:
            compared["drift"] = before_all, current
    else:
        findings.append(_no_rows("baseline", "drift", "drift was not checked"))
    from headrace.schema.column_types import types_in

    types = types_in(schema)
    compared = {one: (_typed(before, types), _typed(now, types)) for one, (before, now) in compared.items()}
    units = {name: kind.unit or "" for name, kind in types.items()}
    for comparison, (before, now) in compared.items():
        thresholds, defaults = _thresholds(schema, comparison), _thresholds(schema, comparison, default=True)
        found = compare(before, now, policy, comparison=comparison, thresholds=thresholds, defaults=defaults)
        findings += [schema_hint(f, before.get(f.slice), now.get(f.slice), units) for f in found]
    if past and current:
        findings = [_with_history(f, past, current) for f in findings]
    findings = [replace(f, split=name) if name else f for f in policy.apply_rules(findings)]
    verdict = Verdict(name=name, findings=findings)
    counts = {"findings": len(verdict.findings), "alarms": len(verdict.alarms), "warnings": len(verdict.warnings)}
    _log.info("checked %s: %s", name or "a span", counts, extra={"blessed": verdict.blessed, **counts})
    return CheckResult(verdict=verdict, profiles=compared)


def _with_history(finding: Finding, past: Sequence[Slices], current: Slices) -> Finding:
    """An alarm of drift with a hint whether it came at once or little by little, if there are enough spans to say."""
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
    from headrace.skew.profiles.tfdv import profiles

    found = profiles(statistics)
    return found if WHOLE in found and found[WHOLE].rows else None


def _no_rows(whose: str, comparison: Comparison, words: str) -> Finding:
    reason = f"{whose}: the statistics have no rows; {words}"
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
        reason=f"{missing}: {comparison} was not checked" + (", but the policy requires it" if required else ""),
    )
    for feature, thresholds in _thresholds(schema, comparison).items():
        if not policy.ignores(feature):
            # The first span has nothing to be compared with. If this were always an alarm, it would never be blessed,
            # and later spans would never have a baseline.
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
    from headrace.schema import validate

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
        words += f"; {counted(len(found), 'fault')} in ignored features left out"
    return [Finding(feature="", comparison="schema", code="CONFORMS", measure="schema", reason=words)]


def _typed(slices: Slices, types: Mapping[str, ColumnType]) -> dict[str, Profile]:
    """The profiles, of which each feature has the type that the schema declares."""
    return {
        name: replace(
            profile,
            features={
                feature: replace(one, type=types[feature]) if feature in types else one
                for feature, one in profile.features.items()
            },
        )
        for name, profile in slices.items()
    }


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


def _thresholds(
    schema: schema_pb2.Schema, comparison: Comparison, *, default: bool = False
) -> dict[str, dict[str, float]]:
    """The thresholds that are declared for features, or those that features have like all others."""
    from headrace.schema.feature_protos import has_default_comparator

    found: dict[str, dict[str, float]] = {}
    compared = (
        _in_environment(schema, SERVING) if comparison == "skew" else {feature.name for feature in schema.feature}
    )
    for feature in schema.feature:
        comparator = feature.drift_comparator if comparison == "drift" else feature.skew_comparator
        if feature.name in compared and has_default_comparator(feature, comparison) == default:
            thresholds = {
                measure.name: getattr(comparator, measure.comparator).threshold
                for measure in measures().values()
                if measure.comparator and comparator.HasField(measure.comparator)
            }
            found |= {feature.name: thresholds} if thresholds else {}
    return found
