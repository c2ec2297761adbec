"""A history of spans: one baseline pooled from several, and whether a change was sudden or gradual.

share of evening runs   20 % 20 % 21 % 35 % 35 %    sudden, at the fourth span
                        20 % 24 % 27 % 31 % 35 %    gradual, over five spans
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from headrace.errors import UsageError
from headrace.skew.distances.categories import aligned
from headrace.skew.distances.joint_distribution import JointDistribution
from headrace.skew.profiles.profile import FeatureProfile, Floats, Profile
from headrace.words import number, percent

FEWEST_SPANS = 4
Kind = Literal["none", "sudden", "gradual", "undecided"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """How one feature changed over spans.

    `at`: index of the first span after a sudden change. `shares`: by span, the share of rows that was followed.
    `words`: what happened, for people.
    """

    feature: str
    kind: Kind
    at: int | None
    shares: tuple[float, ...]
    words: str


def pooled(profiles: Sequence[Profile], *, name: str = "") -> Profile:
    """One profile of the rows of several spans, such as the last seven days as a sliding baseline.

    It has the features of the last span. A span that lacks one, or has it in another kind, adds no rows to it.
    """
    if not profiles:
        raise UsageError("a history must have at least one span")
    features = {}
    for feature, last in profiles[-1].features.items():
        found = [p.features[feature] for p in profiles if feature in p.features]
        same = [f for f in found if f.kind == last.kind or f.kind == "empty"]
        features[feature] = _pooled(same)
    return Profile(name=name, rows=sum(p.rows for p in profiles), features=features)


def _pooled(parts: Sequence[FeatureProfile]) -> FeatureProfile:
    filled = [p for p in parts if p.present]
    rows, missing = sum(p.rows for p in parts), sum(p.missing for p in parts)
    unparsable, infinite = sum(p.unparsable for p in parts), sum(p.infinite for p in parts)
    if not filled:
        return FeatureProfile(kind="empty", rows=rows, missing=missing, unparsable=unparsable, infinite=infinite)
    lengths = [p.lengths for p in filled if p.lengths]
    about = {
        "rows": rows,
        "missing": missing,
        "unparsable": unparsable,
        "infinite": infinite,
        "unparsable_samples": tuple(s for p in filled for s in p.unparsable_samples)[:5],
        "lengths": _pooled(lengths) if len(lengths) == len(filled) else None,
        "as_text": any(p.as_text for p in filled),
        "single": all(p.single for p in filled),
    }
    if filled[0].kind == "categorical":
        counts: dict[str, int] = {}
        for part in filled:
            for value, count in part.counts.items():
                counts[value] = counts.get(value, 0) + count
        counts = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        cut = sum(p.cut_rows for p in filled)
        distinct = len(counts) if not cut and all(p.distinct is not None for p in filled) else None
        most = min(sum(p.cut_count for p in filled), cut)
        return FeatureProfile(
            kind="categorical",
            counts=counts,
            cut_rows=cut,
            cut_count=most,
            distinct=distinct,
            **about,  # type: ignore[arg-type]
        )
    points = np.unique(np.concatenate([p.points for p in filled]))
    upto = sum(p.distribution(points) * p.present for p in filled)
    below = sum(p.distribution(points, left=True) * p.present for p in filled)
    present = sum(p.present for p in filled)
    # Of numbers it is not known which are in several spans: a value counts once for each, as within a span.
    known = [p.distinct for p in filled if p.distinct is not None]
    return FeatureProfile(
        kind="numeric",
        distinct=sum(known) if len(known) == len(filled) else None,
        points=points,
        upto=np.asarray(upto),
        below=np.asarray(below),
        resolution=max(p.resolution for p in filled),
        minimum=min(p.minimum for p in filled),
        maximum=max(p.maximum for p in filled),
        mean=sum(p.mean * p.present for p in filled) / present,
        zeros=sum(p.zeros for p in filled),
        integral=all(p.integral for p in filled),
        **about,  # type: ignore[arg-type]
    )


def describe_change(feature: str, history: Sequence[FeatureProfile], *, level: float = 0.01) -> Change:
    """Whether a feature changed over spans (oldest first) suddenly, gradually, or not at all.

    It follows one share of the rows: of the value, or of the numbers up to the point, in which the first and the last
    third of the spans differ most. A step and a straight line are fitted to this share. The better fit is named if its
    -2 log likelihood is lower by more than 10.

    Raises:
        UsageError: there are fewer than four spans.
    """
    if len(history) < FEWEST_SPANS:
        raise UsageError(
            f"at least {FEWEST_SPANS} spans are needed to say whether a change is gradual or sudden, got {len(history)}"
        )
    spans = [i for i, p in enumerate(history) if p.present]
    kinds = {history[i].kind for i in spans}
    if len(spans) < FEWEST_SPANS or len(kinds) > 1:
        words = "too few spans have values" if len(kinds) <= 1 else "it is not of one type in all spans"
        return Change(feature=feature, kind="undecided", at=None, shares=(), words=words)
    followed, shares = _followed([history[i] for i in spans])
    rows = np.array([history[i].present for i in spans], dtype=np.float64)
    mean = float(np.sum(shares * rows) / rows.sum())
    variance = np.maximum(mean * (1 - mean), 1e-12) / rows
    still = float(np.sum((shares - mean) ** 2 / variance))
    course = f"{followed}: {', '.join(percent(s) for s in shares)}"
    # The share that changed most was chosen among many: Bonferroni over the spans and some more.
    if special.chdtrc(len(shares) - 1, still) > level / (10 * len(shares)):
        return Change(feature=feature, kind="none", at=None, shares=tuple(shares), words=f"no change; {course}")
    at, step = _step(shares, rows, variance)
    line = _line(shares, variance)
    kind: Kind = "sudden" if step + 10 < line else "gradual" if line + 10 < step else "undecided"
    words = {
        "sudden": f"sudden, at span {spans[at] + 1} of {len(history)}",
        "gradual": f"gradual, over {len(history)} spans",
        "undecided": "changed; a step and a trend fit equally well",
    }[kind]
    return Change(
        feature=feature,
        kind=kind,
        at=spans[at] if kind == "sudden" else None,
        shares=tuple(shares),
        words=f"{words}; {course}",
    )


def _followed(history: Sequence[FeatureProfile]) -> tuple[str, Floats]:
    first = _pooled(history[: max(len(history) // 3, 1)])
    last = _pooled(history[-max(len(history) // 3, 1) :])
    if first.kind == "numeric":
        _, at = JointDistribution(first, last).kolmogorov_smirnov()
        shares = np.array([float(p.distribution(np.array([at]))[0]) for p in history])
        return f"share of rows of {number(at)} or less", shares
    counts = aligned(first, last)
    value = counts.values[int(np.argmax(np.abs(counts.p - counts.q)))] if counts.values else ""
    return f"share of {value!r}", np.array([p.counts.get(value, 0) / p.present for p in history])


def _step(shares: Floats, rows: Floats, variance: Floats) -> tuple[int, float]:
    best = (0, np.inf)
    for at in range(1, len(shares)):
        misfit = 0.0
        for part in (slice(0, at), slice(at, None)):
            mean = np.sum(shares[part] * rows[part]) / rows[part].sum()
            misfit += float(np.sum((shares[part] - mean) ** 2 / variance[part]))
        # The place of the step was chosen too.
        misfit += 2 * np.log(len(shares) - 1)
        best = min(best, (at, misfit), key=lambda found: found[1])
    return best


def _line(shares: Floats, variance: Floats) -> float:
    t = np.arange(len(shares), dtype=np.float64)
    weight = 1 / np.sqrt(variance)
    design = np.column_stack([weight, weight * t])
    fitted, *_ = np.linalg.lstsq(design, shares * weight, rcond=None)
    return float(np.sum((shares * weight - design @ fitted) ** 2))
