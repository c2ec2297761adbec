"""Everything that is measured of one feature on two sides.

before: 900 rows, 3 missing, numeric        ->  MISSING_SHARE, JENSEN_SHANNON_HIGH, DISTRIBUTION_FUNCTION_HIGH
before: categorical, now: numeric           ->  TYPE_CHANGED
both: text, 99.8 % of the values distinct   ->  MISSING_SHARE, IDENTIFIER (not compared further, and said so)
such text before, two values now            ->  MISSING_SHARE, IDENTIFIER_REPEATS, LINF_HIGH, NEW_VALUES
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from headrace.skew.distances.distances import (
    Counts,
    Joint,
    aligned,
    chi_square,
    jensen_shannon,
    linf,
    merged_rare,
    normalized_absolute_difference,
    population_stability,
)
from headrace.skew.distances.divergence_noise import ChiSquareNoise, JensenShannonNoise, PermutedJensenShannonNoise
from headrace.skew.distances.judge import Measured
from headrace.skew.distances.noise import (
    KolmogorovNoise,
    LinfNoise,
    NewValuesNoise,
    Noise,
    NormalizedDifferenceNoise,
    WassersteinNoise,
)
from headrace.skew.feature_pair import Sides, meant
from headrace.skew.hints.hints import numeric_hint
from headrace.skew.profiles.profile import FeatureProfile, Floats
from headrace.words import counted, number, percent

BINS = 20
SKETCH_BINS = 10
FINE = 0.001
"""Bins of numeric features; fewer for quantile histograms coarser than this share of the rows."""
ROWS_A_BIN = 10
ALONE = 0.02
"""Share of the rows from which a single value has a bin to itself; more where that would be few rows."""
REPEATS = 0.05
"""Where no threshold of repeats is set: how far apart the shares of distinct values are from which text is no longer
nearly unique."""
MOSTLY = 0.5
"""Text of which at least this share reads as numbers is compared with numbers."""


def feature_findings(sides: Sides) -> Iterator[Measured]:
    """Every measure of one feature, in the order: type, missing, unparsable, distribution."""
    before, now = sides.before, sides.now
    if now.as_text and not before.as_text:
        yield _type_changed(sides, "numbers", "text")
    elif {before.kind, now.kind} == {"numeric", "categorical"}:
        yield _type_changed(sides, *("numbers" if kind == "numeric" else "text" for kind in (before.kind, now.kind)))
    yield _missing(sides)
    if before.unparsable or now.unparsable:
        yield _unparsable(sides)
    if before.kind != now.kind or before.kind == "empty":
        if sides.declared and before.kind == now.kind:
            names = ", ".join(sides.declared)
            yield _not_comparable(sides, f"{names} is declared, but there is no value on either side")
        return
    if before.lengths or now.lengths:
        yield from _lengths(sides)
    for measure in sides.declared:
        if not meant(measure, before.kind):
            yield _not_comparable(sides, f"{measure} is declared, which can't be measured on {before.kind} values")
    few = min(before.present, now.present) < sides.policy.min_rows
    if before.identifier_like and now.identifier_like:
        yield _identifier(sides)
    elif before.identifier_like != now.identifier_like and before.kind == "categorical" and not few:
        yield from _identifier_on_one_side(sides)
    elif few:
        least = sides.policy.min_rows
        words = f"{before.present:,} and {counted(now.present, 'value')}: {least:,} on each side are needed to tell"
        yield Measured(finding=sides.finding("TOO_FEW_ROWS", "distribution", reason=words))
    elif before.kind == "categorical":
        yield from _categorical(sides)
    else:
        yield from _numeric(sides)


def _not_comparable(sides: Sides, words: str) -> Measured:
    return Measured(finding=sides.finding("NOT_COMPARABLE", "declared", reason=words, alarm=True))


def _type_changed(sides: Sides, was: str, is_now: str) -> Measured:
    samples = list(sides.now.counts)[:3] or list(sides.now.unparsable_samples)
    then, since = sides.labels
    such = f", such as {', '.join(repr(s) for s in samples)}" if samples and is_now == "text" else ""
    return Measured(
        finding=sides.finding("TYPE_CHANGED", "type", reason=f"{was} {then}, {is_now} {since}{such}", alarm=True)
    )


@lru_cache(maxsize=1024)
def _share_noise(a: int, b: int, rows_a: int, rows_b: int) -> Noise | None:
    return LinfNoise(np.array([float(a)]), np.array([float(b)]), rows_a, rows_b) if rows_a and rows_b else None


def _missing(sides: Sides) -> Measured:
    before, now = sides.before, sides.now
    was, is_now = before.missing_share, now.missing_share
    noise = _share_noise(before.missing, now.missing, before.rows, now.rows)
    then, since = sides.labels
    words = f"missing in {percent(was)} of rows {then}, {percent(is_now)} {since}"
    hint = ""
    if was == is_now == 1 and before.rows and now.rows:
        words = "blank in every row of both: there is nothing to compare"
    elif was == 1 and before.rows:
        hint = f"it was blank {then}"
    elif is_now == 1 and now.rows:
        hint = f"it is blank {since}"
    return sides.measured("MISSING_SHARE", "missing_share", abs(was - is_now), noise, reason=words, hint=hint)


def _unparsable(sides: Sides) -> Measured:
    before, now = sides.before, sides.now
    share = {side: side.unparsable / max(side.rows, 1) for side in (before, now)}
    samples = ", ".join(repr(s) for s in (now.unparsable_samples or before.unparsable_samples)[:5])
    then, since = sides.labels
    are = "is no number" if now.unparsable == 1 else "are not numbers"
    words = f"{counted(now.unparsable, 'value')} {since} {are} ({before.unparsable:,} {then}): {samples}"
    noise = _share_noise(before.unparsable, now.unparsable, before.rows, now.rows)
    # Fewer than before is no fault.
    distance = max(share[now] - share[before], 0.0)
    return sides.measured("UNPARSABLE_VALUES", "unparsable_share", distance, noise, reason=words)


def _identifier(sides: Sides) -> Measured:
    before, now = sides.before, sides.now
    if before.kind == "numeric":
        words = "a running number (whole, dense and all different on both sides): compared for presence only"
    else:
        was, is_now = (percent((side.distinct or 0) / side.present) for side in (before, now))
        then, since = sides.labels
        words = f"nearly unique ({was} of its values are distinct {then}, {is_now} {since}): compared for presence only"
    return Measured(finding=sides.finding("IDENTIFIER", "identifier", reason=words))


def _identifier_on_one_side(sides: Sides) -> Iterator[Measured]:
    # In as many rows on both sides, as more rows repeat more.
    rows = min(sides.before.present, sides.now.present)
    was, is_now = (side.distinct_among(rows) / rows for side in (sides.before, sides.now))
    limit = sides.policy.threshold(sides.name, "repeats")
    words = f"the share of distinct values among {rows:,} rows {sides.change(percent(was), percent(is_now))}"
    repeated = [max(round(rows * (1 - share)), 0) for share in (was, is_now)]
    noise = _share_noise(repeated[0], repeated[1], rows, rows)
    if sides.before.identifier_like:
        words = f"nearly unique {sides.labels[0]}, and no longer {sides.labels[1]}: {words}"
        if sides.comparison == "skew":
            words = words.replace("and no longer", "and not")
        yield sides.measured("IDENTIFIER_REPEATS", "repeats", max(was - is_now, 0.0), noise, reason=words)
    else:
        words = f"nearly unique {sides.labels[1]}, and not {sides.labels[0]}: {words}"
        yield Measured(finding=sides.finding("IDENTIFIER_NEW", "identifier", reason=words))
    if abs(was - is_now) > (REPEATS if limit is None else limit):
        yield from _categorical(sides)
    else:
        words = "nearly unique on one side and close to it on the other: compared for presence only"
        yield Measured(finding=sides.finding("IDENTIFIER", "identifier", reason=words))


def _lengths(sides: Sides) -> Iterator[Measured]:
    one = [side.lengths or _of_one(side) for side in (sides.before, sides.now)]
    joint = Joint(*one)
    gap, at = joint.kolmogorov_smirnov()
    below = [percent(float(side.distribution(np.array([at]))[0])) for side in one]
    then, since = sides.labels
    words = f"{below[0]} of rows {then} have {number(at)} values or less, {below[1]} {since}"
    resolution = max(side.resolution for side in one)
    noise = KolmogorovNoise(rows_a=one[0].present, rows_b=one[1].present, resolution=resolution)
    yield sides.measured("LIST_LENGTH", "list_length", gap, noise, reason=words)


def _of_one(side: FeatureProfile) -> FeatureProfile:
    # A feature without lists has one value in every row that has any.
    rows = np.array([float(side.present)])
    return replace(
        side, kind="numeric", points=np.ones(1), below=np.zeros(1), upto=rows, resolution=0.0, counts={}, lengths=None
    )


def _categorical(sides: Sides) -> Iterator[Measured]:
    before, now = sides.before, sides.now
    counts = aligned(before, now)
    if not counts.values:
        yield _not_comparable(sides, "there are values, but no counts of them on either side")
        return
    at = int(np.argmax(np.abs(counts.p - counts.q)))
    words = f"{counts.values[at]!r} {sides.change(percent(counts.p[at]), percent(counts.q[at]))} of rows"
    if counts.cut:
        words += "; rare values were cut off, so this is the least that it can be"
    noise = LinfNoise(counts.a, counts.b, before.present, now.present)
    yield sides.measured("LINF_HIGH", "linf", linf(counts.p, counts.q), noise, reason=words)
    yield _new_values(sides, counts)
    yield _jensen_shannon_of(sides, counts, words)
    yield from _pearson(sides, *merged_rare(counts.a, counts.b), words)
    at = int(np.argmax(np.abs(counts.a - counts.b)))
    words = f"{counts.values[at]!r} {sides.change(f'{counts.a[at]:,.0f}', f'{counts.b[at]:,.0f}')} rows"
    distance = normalized_absolute_difference(counts.a, counts.b)
    flips = NormalizedDifferenceNoise(counts.a, counts.b)
    measure = "normalized_absolute_difference"
    yield sides.measured("NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH", measure, distance, flips, reason=words)


def _jensen_shannon_of(sides: Sides, counts: Counts, words: str) -> Measured:
    distance = jensen_shannon(*(c / max(c.sum(), 1) for c in (counts.a, counts.b)))
    rows = float(counts.a.sum()), float(counts.b.sum())
    fewest = float(np.min(counts.a + counts.b)) * min(rows) / max(sum(rows), 1)
    noise: Noise | None = None
    if min(rows) and fewest >= ROWS_A_BIN / 2:
        noise = JensenShannonNoise(bins=len(counts.values), rows_a=round(rows[0]), rows_b=round(rows[1]))
    elif min(rows) and sides.threshold("jensen_shannon") is not None:
        noise = PermutedJensenShannonNoise(counts.a, counts.b, sides.before.present, sides.now.present)
    return sides.measured("JENSEN_SHANNON_HIGH", "jensen_shannon", distance, noise, reason=words)


def _pearson(sides: Sides, a: Floats, b: Floats, words: str) -> Iterator[Measured]:
    bins, each = len(a), 1 / max(float(a.sum()), 1.0) + 1 / max(float(b.sum()), 1.0)
    told = f"{words}; over {counted(bins, 'bin')}"
    yield sides.measured("CHI_SQUARE_HIGH", "chi_square", chi_square(a, b), ChiSquareNoise(bins=bins), reason=told)
    stability = ChiSquareNoise(bins=bins, scale=each)
    yield sides.measured("PSI_HIGH", "psi", population_stability(a, b), stability, reason=told)


def _new_values(sides: Sides, counts: Counts) -> Measured:
    new = np.flatnonzero((counts.a == 0) & (counts.b > 0))
    share = float(counts.b[new].sum() / counts.rows_b)
    samples = sorted(new, key=lambda i: (-counts.b[i], counts.values[i]))[:3]
    were = "was" if len(new) == 1 else "were"
    words = f"{percent(share)} of rows have one of {counted(len(new), 'value')} that {were} not there {sides.labels[0]}"
    words += f", such as {', '.join(repr(counts.values[i]) for i in samples)}" if samples else ""
    noise = NewValuesNoise(counts.a, counts.b, counts.rows_a, counts.rows_b)
    return sides.measured("NEW_VALUES", "new_values", share, noise, reason=words)


def _numeric(sides: Sides) -> Iterator[Measured]:
    before, now = sides.before, sides.now
    rows = before.present, now.present
    resolution = max(before.resolution, now.resolution)
    medians = [number(float(side.quantiles(np.array([0.5]))[0])) for side in (before, now)]
    joint = Joint(before, now)
    gap, at = joint.kolmogorov_smirnov()
    most = BINS if resolution < FINE else SKETCH_BINS
    p, q = joint.bins(max(2, min(most, min(rows) // ROWS_A_BIN)), alone=max(ALONE, ROWS_A_BIN / 2 / min(rows)))
    noise = JensenShannonNoise(bins=len(p), rows_a=rows[0], rows_b=rows[1], resolution=resolution)
    words = f"the median {sides.change(*medians)}"
    found: list[tuple[str, str, float, Noise, str]] = [
        ("JENSEN_SHANNON_HIGH", "jensen_shannon", jensen_shannon(p, q), noise, words)
    ]
    x = np.array([at])
    below = [percent(float(side.distribution(x)[0])) for side in (before, now)]
    then, since = sides.labels
    words = f"{below[0]} of rows {then} are {number(at)} or less, {below[1]} {since}"
    steady = KolmogorovNoise(rows_a=rows[0], rows_b=rows[1], resolution=resolution)
    found.append(("DISTRIBUTION_FUNCTION_HIGH", "kolmogorov_smirnov", gap, steady, words))
    area, under, deviation = joint.wasserstein()
    each = float(np.sqrt(1 / rows[0] + 1 / rows[1]))
    blur = resolution * (before.maximum - before.minimum + now.maximum - now.minimum) / 2
    moved = WassersteinNoise(mean=float(np.sqrt(2 / np.pi)) * under * each + blur, spread=deviation * each)
    words = f"the mean {sides.change(number(before.mean), number(now.mean))}"
    if np.isfinite(area + moved.mean + moved.spread):
        found.append(("WASSERSTEIN_HIGH", "wasserstein", area, moved, words))
    # Of what is noise by any test no explanation is looked for, nor kept.
    real = any(chance.p_value(distance) <= sides.policy.level for _, _, distance, chance, _ in found)
    hint = numeric_hint(before, now, joint, gap) if real else ""
    for code, measure, distance, chance, told in found:
        yield sides.measured(code, measure, distance, chance, reason=told, hint=hint)
    yield from _pearson(sides, *merged_rare(p * rows[0], q * rows[1]), words)


def as_numbers(before: FeatureProfile, now: FeatureProfile) -> FeatureProfile:
    """`now` read as numbers where `before` is numeric and most values of `now` are the text of a number."""
    if before.kind != "numeric" or now.kind != "categorical" or now.cut_rows:
        return now
    texts = list(now.counts)
    values = np.array([_parsed(text) for text in texts])
    if np.array_equal(before.points, before.points.astype(np.float32)):
        # The payload of examples is float32: 9.8 as text is the 9.8000002 that it is there.
        values = values.astype(np.float32).astype(np.float64)
    rows = np.array([now.counts[text] for text in texts], dtype=np.float64)
    known = np.isfinite(values)
    if rows[known].sum() < MOSTLY * now.present:
        return now
    points, where = np.unique(values[known], return_inverse=True)
    steps: Floats = np.bincount(where, weights=rows[known]).astype(np.float64)
    upto = np.cumsum(steps)
    return replace(
        now,
        kind="numeric",
        as_text=True,
        unparsable=int(rows[~known].sum()),
        unparsable_samples=tuple(text for text, number_ in zip(texts, known, strict=True) if not number_)[:5],
        counts={},
        distinct=len(points),
        points=points,
        below=upto - steps,
        upto=upto,
        minimum=float(points[0]),
        maximum=float(points[-1]),
        mean=float(np.average(points, weights=steps)),
        zeros=int(steps[points == 0].sum()),
        integral=bool(np.all(points == np.floor(points))),
    )


def _parsed(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
