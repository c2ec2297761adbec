"""Everything that is measured of one feature on two sides.

before: 900 rows, 3 missing, numeric        ->  MISSING_SHARE, JENSEN_SHANNON_HIGH, DISTRIBUTION_FUNCTION_HIGH
before: categorical, now: numeric           ->  TYPE_CHANGED
both: text, 99.8 % of the values distinct   ->  MISSING_SHARE, IDENTIFIER (says that it is not compared further)
such text before, two values now            ->  MISSING_SHARE, IDENTIFIER_REPEATS, LINF_HIGH, NEW_VALUES
both: times                                 ->  MISSING_SHARE, NOT_JUDGED (says from when to when they are)
both: times of a span, none newer now       ->  MISSING_SHARE, NOT_NEWER (a warning), NOT_JUDGED
both: declared identifiers                  ->  MISSING_SHARE, IDENTIFIER_REPEATS if they do, NOT_JUDGED
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from headrace.skew.distances.measure import Needs, distances
from headrace.skew.distances.repeats import Repeats, distinct_change, distinct_shares
from headrace.skew.feature_comparison import FeatureComparison
from headrace.skew.hints.hints import numeric_hint
from headrace.skew.profiles.profile import FeatureProfile
from headrace.skew.verdict.judge import Unjudged
from headrace.values import ColumnType
from headrace.values.column_type import PER_SECOND
from headrace.words import counted, percent

LONGEST_SPAN_DAYS = 400
"""Times of more days than this are not those of a span."""


def feature_findings(feature: FeatureComparison) -> Iterator[Unjudged]:
    """Every measure of one feature, in the order: type, missing, unparsable, distribution."""
    before, now = feature.pair.before, feature.pair.now
    if not (before.compared and now.compared):
        yield _unsupported(feature)
        return
    if now.as_text and not before.as_text:
        yield _type_changed(feature, "numbers", "text")
    elif {before.kind, now.kind} == {"numeric", "categorical"}:
        yield _type_changed(feature, *("numbers" if kind == "numeric" else "text" for kind in (before.kind, now.kind)))
    yield from _measured(feature, "rows")
    if before.kind != now.kind or before.kind == "empty":
        if feature.declared and before.kind == now.kind:
            names = ", ".join(feature.declared)
            yield _not_comparable(feature, f"{names} is declared, but there is no value on either side")
        return
    yield from _measured(feature, "values")
    for measure in feature.declared:
        if not feature.measured_as(measure):
            yield _not_comparable(feature, f"{measure} is declared, which can't be measured on {before.kind} values")
    if feature.judges_distribution:
        yield from _distribution(feature)
    else:
        yield from _not_judged(feature)


def _distribution(feature: FeatureComparison) -> Iterator[Unjudged]:
    before, now = feature.pair.before, feature.pair.now
    few = min(feature.pair.present) < feature.policy.min_rows
    if before.identifier_like and now.identifier_like:
        yield _identifier(feature)
    elif before.identifier_like != now.identifier_like and before.kind == "categorical" and not few:
        yield from _identifier_on_one_side(feature)
    elif few:
        least = feature.policy.min_rows
        words = (
            f"{before.present:,} and {counted(now.present, 'value')}: at least {least:,} on each side are needed to "
            "compare distributions"
        )
        yield feature.final("TOO_FEW_ROWS", "distribution", reason=words)
    elif before.kind == "categorical":
        yield from _categorical(feature)
    else:
        if before.nearly_unique and not now.nearly_unique:
            yield from _measured(feature, "identifier")
        yield from _numeric(feature)


def _measured(feature: FeatureComparison, needs: Needs) -> list[Unjudged]:
    return feature.measured(list(distances(needs, feature.pair.kind)))


def _not_comparable(feature: FeatureComparison, words: str) -> Unjudged:
    return feature.final("NOT_COMPARABLE", "declared", reason=words, alarm=True)


def _unsupported(feature: FeatureComparison) -> Unjudged:
    kinds = dict.fromkeys(str(side.type) for side in (feature.pair.before, feature.pair.now) if not side.compared)
    words = f"{' and '.join(kinds)}: columns of this type are not checked; take plain values out of it to check them"
    return feature.final("UNSUPPORTED", "type", reason=words)


def _not_judged(feature: FeatureComparison) -> Iterator[Unjudged]:
    before, now = feature.pair.before, feature.pair.now
    enough = min(feature.pair.present) >= feature.policy.min_rows
    if before.nearly_unique and not now.nearly_unique and enough:
        yield from _measured(feature, "identifier")
    if feature.slice:
        return
    kind = before.type or now.type
    words = f"not judged: {'an' if kind and kind.kind == 'identifier' else 'a'} {kind.kind if kind else 'time'}"
    if before.kind == "numeric" and kind is not None and kind.kind in ("time", "date"):
        then, since = feature.pair.labels
        ranges = [f"{side.shown(side.minimum)} to {side.shown(side.maximum)}" for side in (before, now)]
        words += f", {ranges[0]} {then} and {ranges[1]} {since}"
        if feature.comparison == "drift" and enough and now.maximum <= before.maximum and _goes_on(before, kind):
            yield _not_newer(feature)
    words += "; declare a threshold for it to judge its distribution"
    yield feature.final("NOT_JUDGED", "distribution", reason=words)


def _goes_on(before: FeatureProfile, kind: ColumnType) -> bool:
    """Whether times are those of a span, as of a log: within about a year. Dates of birth do not go on."""
    day = 1 if kind.resolution is None else 86_400 * PER_SECOND[kind.resolution]
    return before.maximum - before.minimum <= LONGEST_SPAN_DAYS * day


def _not_newer(feature: FeatureComparison) -> Unjudged:
    before, now = feature.pair.before, feature.pair.now
    words = f"nothing is newer than {before.shown(before.maximum)}, the last before: the last now is "
    finding = feature.finding("NOT_NEWER", "freshness", reason=words + now.shown(now.maximum))
    return Unjudged(finding=replace(finding, warning=True, hint="are these the data of an earlier span again?"))


def _type_changed(feature: FeatureComparison, was: str, is_now: str) -> Unjudged:
    now = feature.pair.now
    samples = list(now.counts)[:3] or list(now.unparsable_samples)
    then, since = feature.pair.labels
    such = f", such as {', '.join(repr(s) for s in samples)}" if samples and is_now == "text" else ""
    return feature.final("TYPE_CHANGED", "type", reason=f"{was} {then}, {is_now} {since}{such}", alarm=True)


def _identifier(feature: FeatureComparison) -> Unjudged:
    before, now = feature.pair.before, feature.pair.now
    if before.kind == "numeric":
        words = "a running number (whole, dense and all different on both sides): compared for presence only"
    else:
        was, is_now = (percent((side.distinct or 0) / side.present) for side in (before, now))
        then, since = feature.pair.labels
        words = f"nearly unique ({was} of its values are distinct {then}, {is_now} {since}): compared for presence only"
    return feature.final("IDENTIFIER", "identifier", reason=words)


def _identifier_on_one_side(feature: FeatureComparison) -> Iterator[Unjudged]:
    pair = feature.pair
    yield from _measured(feature, "identifier")
    if pair.now.identifier_like:
        words = f"nearly unique {pair.labels[1]}, and not {pair.labels[0]}: {distinct_change(pair)}"
        yield feature.final("IDENTIFIER_NEW", "identifier", reason=words)
    was, is_now = distinct_shares(pair)
    threshold = feature.policy.threshold(feature.name, Repeats.name)
    if abs(was - is_now) > (Repeats.threshold if threshold is None else threshold):
        yield from _categorical(feature)
    else:
        words = "nearly unique on one side and close to it on the other: compared for presence only"
        yield feature.final("IDENTIFIER", "identifier", reason=words)


def _categorical(feature: FeatureComparison) -> Iterator[Unjudged]:
    if feature.pair.counts.values:
        yield from _measured(feature, "distribution")
    else:
        yield _not_comparable(feature, "there are values, but no counts of them on either side")


def _numeric(feature: FeatureComparison) -> Iterator[Unjudged]:
    found = _measured(feature, "distribution")
    # What samples of these sizes show by chance is not explained.
    real = [one.p_value <= feature.policy.level for one in found]
    hint = numeric_hint(feature.pair) if any(real) else ""
    for one, explained in zip(found, real, strict=True):
        yield replace(one, finding=replace(one.finding, hint=hint)) if explained else one
