"""Which kind of shift there is, by what moved and what stayed.

    P(x) moved, P(y|x) stays                    covariate shift     a campaign brought different people
    P(y) moved, P(x|y) stays                    label shift         an illness is more frequent, with equal symptoms
    P(y|x) moved, P(x) stays                    concept shift       the same people answer differently
    P(y|x) and P(x) and P(x|y) moved            covariate and concept shift

(Moreno-Torres et al., 2012.) A shift that follows from another one says so and is not an alarm.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from headrace.errors import UsageError
from headrace.skew.distances.linf import LinfNoise, linf
from headrace.skew.profiles.from_table import is_text
from headrace.skew.profiles.profile import Floats
from headrace.skew.shift.classify import expected, expected_number, two_sample_test
from headrace.skew.shift.encode import Encoded, Ints, encode, flat, numbers, texts
from headrace.skew.shift.residual_test import ConceptChange, ResidualNoise, changed_cells
from headrace.skew.shift.spec import ShiftSpec
from headrace.skew.verdict.findings import Finding
from headrace.skew.verdict.judge import Unjudged, judge
from headrace.skew.verdict.policy import SkewPolicy
from headrace.words import counted, number, percent

MOST_CLASSES = 10
"""Classes of a label; rarer values are one class, and numbers with more values are continuous."""
WEAK = 0.05
"""2 AUC - 1 from which P(x|y) counts as moved."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Label:
    """A label in the `rows` that have it, as classes or, beside these, numbers; `infinite` ones, of which so many are
    before and now, are left out.
    """

    name: str
    rows: Bools
    codes: Ints
    classes: tuple[str, ...]
    values: Floats | None = None
    infinite: tuple[int, int] = (0, 0)


def detect_shift(before: pa.Table, now: pa.Table, spec: ShiftSpec, policy: SkewPolicy | None = None) -> list[Finding]:
    """Finds the kind of shift between two labeled tables, for each label and for all features together.

    Findings are `COVARIATE_SHIFT` of the data, `LABEL_SHIFT` of each label, and `CONCEPT_SHIFT` of each label by each
    feature, the surest first. Needs scikit-learn.

    Raises:
        UsageError: a label is not on both sides; scikit-learn is not installed.
        DataError: a feature has several values in one row.
    """
    policy = policy or SkewPolicy()
    missing = [name for name in spec.labels if name not in before.column_names or name not in now.column_names]
    if missing:
        both = sorted(set(before.column_names) & set(now.column_names))
        raise UsageError(f"labels must be on both sides, got {', '.join(missing)}; both have {', '.join(both)}")
    names = [n for n in before.column_names if n in now.column_names and spec.explains(n) and not policy.ignores(n)]
    if min(before.num_rows, now.num_rows) < policy.min_rows:
        words = (
            f"{counted(before.num_rows, 'row')} before and {now.num_rows:,} now: at least {policy.min_rows:,} on each "
            "side are needed"
        )
        return [_finding("", "TOO_FEW_ROWS", before.num_rows, now.num_rows, words, alarm=True)]
    sides = [_drawn(side, spec.rows, spec.seed) for side in (before, now)]
    encoded = encode(flat(sides[0], names), flat(sides[1], names), names)
    labels = [_label(name, *(flat(side, [name]).column(0) for side in sides)) for name in spec.labels]
    measured = [_covariates(encoded, policy, spec.seed)]
    stays: dict[str, bool] = {}
    for label in labels:
        few = min(int(np.sum(label.rows & side)) for side in (encoded.now, ~encoded.now)) < policy.min_rows
        if few:
            words = f"fewer than {policy.min_rows:,} rows of a side have this label: at least as many are needed"
            words += _infinite(label)
            measured.append(Unjudged(finding=_of(encoded, label, "TOO_FEW_ROWS", words)))
            continue
        measured.append(_labels(encoded, label, policy))
        measured += _concepts(encoded, label, policy, spec.seed)
        stays[label.name] = _features_given_label_stay(encoded, label, policy, spec.seed)
    findings = judge(measured, policy.level)
    return policy.apply_rules(_explain_each_other(findings, stays))


def _drawn(table: pa.Table, rows: int, seed: int) -> pa.Table:
    if table.num_rows <= rows:
        return table
    picked = np.sort(np.random.default_rng(seed).choice(table.num_rows, rows, replace=False))
    return table.take(pa.array(picked, pa.int64()))


def _label(name: str, before: pa.ChunkedArray, now: pa.ChunkedArray) -> _Label:
    if is_text(before.type) or is_text(now.type):
        as_text = [side.cast(pa.string()) for side in (before, now)]
        codes, values = texts(pa.chunked_array([c for side in as_text for c in side.chunks], type=pa.string()))
        few = values if len(values) <= MOST_CLASSES else (*values[: MOST_CLASSES - 1], "(other)")
        return _Label(name, codes >= 0, np.minimum(codes, len(few) - 1), few)
    y = np.concatenate([numbers(before), numbers(now)])
    known, infinite = np.isfinite(y), np.isinf(y)
    counts = int(infinite[: len(before)].sum()), int(infinite[len(before) :].sum())
    y = np.where(known, y, 0.0)
    values_ = np.unique(y[known])
    if len(values_) > MOST_CLASSES:
        tenths = np.quantile(y[known], np.arange(1, MOST_CLASSES) / MOST_CLASSES)
        return _Label(name, known, np.searchsorted(np.unique(tenths), y, side="left"), (), y, counts)
    codes = np.searchsorted(values_, y).clip(max=max(len(values_) - 1, 0))
    classes = tuple(number(v) for v in values_.tolist())
    return _Label(name, known, codes.astype(np.int64), classes, infinite=counts)


def _covariates(encoded: Encoded, policy: SkewPolicy, seed: int) -> Unjudged:
    distance, noise = two_sample_test(encoded.x, encoded.now, encoded.categorical, seed=seed)
    a, b = int(np.sum(~encoded.now)), int(np.sum(encoded.now))
    moved = _moved_features(encoded)
    words = (
        f"from {counted(len(encoded.names), 'feature')} together, a classifier tells rows of before and now apart in "
        f"{percent((1 + distance) / 2)} of pairs (50 % is chance)"
    )
    words += f"; moved most: {', '.join(moved)}" if moved else ""
    finding = _finding("", "COVARIATE_SHIFT", a, b, words, measure="covariate_shift")
    return Unjudged(
        finding=replace(finding, distance=distance, threshold=policy.threshold("", "covariate_shift")), noise=noise
    )


def _moved_features(encoded: Encoded) -> list[str]:
    gaps = []
    for name, cells, words in zip(encoded.names, encoded.cells, encoded.cell_names, strict=True):
        p, q = (
            np.bincount(cells[side], minlength=len(words)) / max(side.sum(), 1) for side in (~encoded.now, encoded.now)
        )
        at = int(np.argmax(np.abs(p - q)))
        gaps.append((abs(p[at] - q[at]), f"{name} ({words[at]}: {percent(p[at])} -> {percent(q[at])})"))
    return [words for gap, words in sorted(gaps, reverse=True)[:3] if gap > 0.02]


def _labels(encoded: Encoded, label: _Label, policy: SkewPolicy) -> Unjudged:
    k = int(label.codes.max(initial=0)) + 1
    a, b = (np.bincount(label.codes[label.rows & side], minlength=k) for side in (~encoded.now, encoded.now))
    n, m = int(a.sum()), int(b.sum())
    p, q = a / n, b / m
    at = int(np.argmax(np.abs(p - q)))
    what = f"{label.name} = {label.classes[at]}" if label.classes else f"{label.name} in its {at + 1}. tenth"
    words = f"P({what}) went from {percent(p[at])} to {percent(q[at])}"
    words += _infinite(label)
    noise = LinfNoise(a.astype(np.float64), b.astype(np.float64), n, m)
    finding = replace(_of(encoded, label, "LABEL_SHIFT", words), measure="label_shift")
    return Unjudged(
        finding=replace(finding, distance=linf(p, q), threshold=policy.threshold(label.name, "label_shift")),
        noise=noise,
    )


def _infinite(label: _Label) -> str:
    was, is_now = label.infinite
    return f"; {was:,} infinite labels before and {is_now:,} now are left out" if was or is_now else ""


def _concepts(encoded: Encoded, label: _Label, policy: SkewPolicy, seed: int) -> list[Unjudged]:
    """A finding for each feature and one for all rows, the surest first."""
    rows = label.rows
    x, threshold = encoded.x[rows], policy.threshold(label.name, "concept_shift")
    found: list[tuple[ConceptChange, str]] = []
    if label.values is not None:
        y = label.values[rows]
        # In standard deviations, so that a threshold means the same for every label.
        y = (y - y.mean()) / (y.std() or 1.0)
        model = expected_number(x, y, encoded.categorical, seed=seed)
        found = [(moved, "") for moved in changed_cells(encoded, rows, y, model, threshold or 0.0)]
    else:
        codes = label.codes[rows]
        chances = expected(x, codes, encoded.categorical, seed=seed)
        surest: dict[str, tuple[ConceptChange, str]] = {}
        # With two classes the second says as much as both.
        for k in range(1, chances.shape[1]) if chances.shape[1] == 2 else range(chances.shape[1]):
            y = (codes == k).astype(np.float64)
            for moved in changed_cells(encoded, rows, y, chances[:, k], threshold or 0.0):
                moved = replace(moved, cells=moved.cells * max(chances.shape[1] - 1, 1))
                kept = surest.get(moved.feature)
                if kept is None or _sure(moved, threshold) > _sure(kept[0], threshold):
                    surest[moved.feature] = moved, label.classes[k]
        found = list(surest.values())
    found.sort(key=lambda pair: -_sure(pair[0], threshold))
    return [_concept(encoded, label, moved, value, threshold) for moved, value in found]


def _sure(moved: ConceptChange, threshold: float | None) -> float:
    return (abs(moved.by) - (threshold or 0.0)) / moved.error


def _concept(encoded: Encoded, label: _Label, moved: ConceptChange, value: str, threshold: float | None) -> Unjudged:
    what = f"{label.name} = {value}" if value else label.name
    given = f"{moved.feature} = {moved.cell}" if moved.feature else "all rows"
    if value:
        went = f"went from {percent(moved.was)} to {percent(moved.now)}, {100 * moved.by:+.1f} points at equal features"
    else:
        went = f"moved by {moved.by:+.3g} standard deviations at equal features"
    finding = replace(
        _of(encoded, label, "CONCEPT_SHIFT", f"P({what} | {given}) {went}"),
        measure="concept_shift",
        rows_baseline=moved.rows[0],
        rows_current=moved.rows[1],
    )
    return Unjudged(
        finding=replace(finding, distance=abs(moved.by), threshold=threshold),
        noise=ResidualNoise(error=moved.error, cells=moved.cells),
    )


def _features_given_label_stay(encoded: Encoded, label: _Label, policy: SkewPolicy, seed: int) -> bool:
    rows, codes = label.rows, label.codes[label.rows]
    x = np.column_stack([encoded.x[rows], codes])
    distance, noise = two_sample_test(x, encoded.now[rows], (*encoded.categorical, True), strata=codes, seed=seed)
    return distance <= WEAK or noise.p_value(distance) > policy.level


def _explain_each_other(findings: list[Finding], stays: dict[str, bool]) -> list[Finding]:
    covariates = any(f.alarm for f in findings if f.code == "COVARIATE_SHIFT")
    result = []
    for f in findings:
        concept = next((g for g in findings if g.feature == f.feature and g.code == "CONCEPT_SHIFT" and g.alarm), None)
        label = any(g.feature == f.feature and g.code == "LABEL_SHIFT" and g.alarm for g in findings)
        if f.code == "LABEL_SHIFT" and f.alarm and not stays[f.feature]:
            why = "the concept shift" if concept else "the shift of the features" if covariates else ""
            if why:
                f = replace(f, alarm=False, reason=f"{f.reason}; this follows from {why}")
        elif f.code == "LABEL_SHIFT" and f.alarm:
            f = replace(f, hint="label shift: P(y) moved, P(x|y) stays")
        elif f.code == "CONCEPT_SHIFT" and f.alarm and label and stays[f.feature]:
            f = replace(f, alarm=False, reason=f"{f.reason}; as P(x|y) stays, this follows from the label shift")
        elif f.code == "CONCEPT_SHIFT" and f.alarm and f is not concept:
            f = replace(f, alarm=False, reason=f"{f.reason}; the same shift, seen in another feature")
        elif f.code == "CONCEPT_SHIFT" and f.alarm:
            kind = (
                "covariate and concept shift: P(x) and P(y|x) moved"
                if covariates
                else "concept shift: P(y|x) moved, P(x) stays"
            )
            f = replace(f, hint=kind)
        elif f.code == "COVARIATE_SHIFT" and f.alarm:
            concepts = any(g.alarm for g in findings if g.code == "CONCEPT_SHIFT")
            f = replace(f, hint="covariate shift: P(x) moved" + ("" if concepts or not stays else ", P(y|x) stays"))
        result.append(f)
    return result


def _of(encoded: Encoded, label: _Label, code: str, words: str) -> Finding:
    a, b = (int(np.sum(label.rows & side)) for side in (~encoded.now, encoded.now))
    return _finding(label.name, code, a, b, words)


def _finding(
    feature: str, code: str, before: int, now: int, reason: str, *, measure: str = "shift", alarm: bool = False
) -> Finding:
    return Finding(
        feature=feature,
        comparison="shift",
        code=code,
        measure=measure,
        rows_baseline=before,
        rows_current=now,
        alarm=alarm,
        reason=reason,
    )
