"""The classifier two-sample test (Lopez-Paz and Oquab, 2017): can a classifier tell the sides apart?

Each half of the rows is ranked by a classifier that was trained on the other half; the results are pooled. Without a
shift the ranks are random, with the law of Mann and Whitney's test. The distance is 2 AUC - 1: 0 for chance, 1 where
the ranks separate the sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.stats import rankdata

from headrace.errors import UsageError
from headrace.skew.distances.noise_protocol import Z_CONFIDENCE, Z_POWER
from headrace.skew.profiles.profile import Floats
from headrace.skew.shift.encode import Ints

Bools = npt.NDArray[np.bool_]

FEWEST_ROWS = 10
"""Rows on each side below which a stratum is left out."""


@dataclass(frozen=True, kw_only=True)
class RankNoise:
    """The law of 2 AUC - 1 of random ranks: normal with the standard deviation `sigma`. `fewest`: rows of the smaller
    side."""

    sigma: float
    fewest: int

    def p_value(self, distance: float) -> float:
        """Chance of at least this distance, 0..1."""
        return float(special.ndtr(-distance / self.sigma)) if distance > 0 else 1.0

    def floor(self, level: float) -> float:
        """The distance exceeded with a chance of at most `level`."""
        return float(-special.ndtri(min(level, 0.5))) * self.sigma

    def interval(self, distance: float) -> tuple[float, float]:
        """The lowest and the highest true distance, by the largest variance that an area of this size can have."""
        reach = Z_CONFIDENCE * float(np.sqrt((1 - distance**2) / self.fewest))
        return max(distance - reach, 0.0), min(distance + reach, 1.0)

    def detectable(self, limit: float) -> float:
        """The smallest true distance that is found."""
        return min(limit + Z_POWER * max(self.sigma, float(np.sqrt((1 - limit**2) / self.fewest))), 1.0)


def folds(rows: int, seed: int) -> Bools:
    """A random half of the rows, as a mask."""
    first = np.zeros(rows, dtype=bool)
    first[np.random.default_rng(seed).permutation(rows)[: rows // 2]] = True
    return first


def two_sample_test(
    x: Floats, now: Bools, categorical: tuple[bool, ...], *, strata: Ints | None = None, seed: int = 0
) -> tuple[float, RankNoise]:
    """How well a classifier tells the sides apart within each of the `strata`, 0..1; and the law of that by chance.

    Where no stratum has `FEWEST_ROWS` on both sides it is 0, with a law that never alarms.
    """
    strata = np.zeros(len(now), dtype=np.int64) if strata is None else strata
    first = folds(len(now), seed)
    total, sigma, weight, fewest = 0.0, 0.0, 0.0, 0
    for train in (first, ~first):
        score = probability(x[train], now[train].astype(np.int64), x[~train], categorical, seed)[:, 1]
        variance = 0.0
        for stratum in np.unique(strata):
            here = strata[~train] == stratum
            a, b = int(np.sum(~now[~train] & here)), int(np.sum(now[~train] & here))
            if min(a, b) < FEWEST_ROWS:
                continue
            ranks = rankdata(score[here])
            area = (ranks[now[~train][here]].sum() - b * (b + 1) / 2) / (a * b)
            # Strata weigh as their harmonic mean of rows, so that one with few rows on a side counts little.
            each = a * b / (a + b)
            total += each * (2 * area - 1)
            variance += each**2 * (a + b + 1) / (3 * a * b)
            weight += each
            fewest += min(a, b)
        # The two halves may err in the same direction, so their deviations add up.
        sigma += float(np.sqrt(variance))
    if not weight:
        return 0.0, RankNoise(sigma=1.0, fewest=1)
    return max(float(total / weight), 0.0), RankNoise(sigma=sigma / weight, fewest=fewest)


def expected(x: Floats, y: Ints, categorical: tuple[bool, ...], *, seed: int = 0) -> Floats:
    """The chance of each class for each row, by a model that was not trained on it."""
    first = folds(len(y), seed)
    out = np.zeros((len(y), int(y.max()) + 1))
    for train in (first, ~first):
        out[~train] = probability(x[train], y[train], x[~train], categorical, seed, classes=out.shape[1])
    return out


def expected_number(x: Floats, y: Floats, categorical: tuple[bool, ...], *, seed: int = 0) -> Floats:
    """The expected value of a numeric label for each row, by a model that was not trained on it."""
    first = folds(len(y), seed)
    out = np.zeros(len(y))
    for train in (first, ~first):
        out[~train] = y[train].mean()
        if x.shape[1]:
            learner = _learner("HistGradientBoostingRegressor", categorical, seed)
            with _one_thread():
                model = learner.fit(x[train], y[train])
                out[~train] = model.predict(x[~train])
    return out


def probability(
    x: Floats, y: Ints, wanted: Floats, categorical: tuple[bool, ...], seed: int, *, classes: int = 2
) -> Floats:
    """The chance of each class for the rows `wanted`, learned from `x` and `y`."""
    out = np.zeros((len(wanted), classes))
    present = np.unique(y)
    if len(present) < 2 or not x.shape[1]:
        out[:] = np.bincount(y, minlength=classes) / max(len(y), 1)
        return out
    learner = _learner("HistGradientBoostingClassifier", categorical, seed)
    with _one_thread():
        model = learner.fit(x, y)
        out[:, model.classes_] = model.predict_proba(wanted)
    return out


def _one_thread() -> Any:
    # On a busy machine threads that wait for each other cost more than they save.
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)


def _learner(name: str, categorical: tuple[bool, ...], seed: int) -> Any:
    try:
        from sklearn import ensemble
    except ImportError as error:
        raise UsageError("finding the kind of shift needs: pip install 'headrace[shift]'") from error
    mask = np.array(categorical, dtype=bool)
    return getattr(ensemble, name)(
        max_iter=40,
        learning_rate=0.15,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        categorical_features=mask if mask.any() else None,
        early_stopping=False,
        random_state=seed,
    )
