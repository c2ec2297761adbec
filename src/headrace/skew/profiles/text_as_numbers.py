"""A profile of text read as one of numbers, where the baseline has numbers.

before: 9.8 10.1 (numbers)     now: "9.8" "10.1" "-"     ->  2 numbers, 1 unparsable: "-"
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headrace.skew.profiles.profile import FeatureProfile, Floats

MOSTLY = 0.5
"""Text of which at least this share reads as numbers is compared with numbers."""
SAMPLES = 5


def as_numbers(before: FeatureProfile, now: FeatureProfile) -> FeatureProfile:
    """`now`, read as numbers where `before` is numeric and at least half of the rows of `now` have the text of a
    number."""
    if before.kind != "numeric" or now.kind != "categorical" or now.cut_rows:
        return now
    texts = list(now.counts)
    values = np.array([_parsed(text) for text in texts])
    if np.array_equal(before.points, before.points.astype(np.float32)):
        # Examples hold float32, in which 9.8 is 9.8000002; so the text "9.8" has to become that.
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
        unparsable_samples=tuple(text for text, parsed in zip(texts, known, strict=True) if not parsed)[:SAMPLES],
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
