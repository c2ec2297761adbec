"""New values: the share of the rows now whose value the baseline does not have."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from headrace.skew.distances.measure import Distance, Measurement, register
from headrace.skew.distances.noise_protocol import Z_CONFIDENCE, Z_POWER, log_choose
from headrace.skew.distances.pair import FeaturePair
from headrace.skew.profiles.profile import Floats
from headrace.words import counted, percent

EXAMPLES = 3
"""New values that are named, the most frequent."""


@register
class NewValues(Distance):
    """Share of the rows, 0..1."""

    name, code, threshold = "new_values", "NEW_VALUES", 0.2
    title = "share of new values"
    kinds = ("categorical",)
    anomaly_type = "ENUM_TYPE_UNEXPECTED_STRING_VALUES"

    def measure(self, pair: FeaturePair) -> Measurement:
        """The share, and some of the new values."""
        counts = pair.counts
        new = np.flatnonzero((counts.a == 0) & (counts.b > 0))
        share = float(counts.b[new].sum() / counts.rows_b)
        examples = sorted(new, key=lambda i: (-counts.b[i], counts.values[i]))[:EXAMPLES]
        were = "was" if len(new) == 1 else "were"
        then = pair.labels[0]
        words = f"{percent(share)} of rows have one of {counted(len(new), 'value')} that {were} not there {then}"
        such = f", such as {', '.join(repr(counts.values[i]) for i in examples)}" if examples else ""
        return Measurement(distance=share, reason=words + such)

    def noise(self, pair: FeaturePair, *, tested: bool) -> NewValuesNoise:
        """Its law."""
        return NewValuesNoise(pair.counts.a, pair.counts.b, *pair.present)


class NewValuesNoise:
    """The law of the share, by Bernstein's inequality over the values of the pool.

    All c rows of a value fall on the current side by chance in about (n / (m + n))^c of all splits.
    """

    def __init__(self, a: Floats, b: Floats, rows_a: int, rows_b: int) -> None:
        pooled, times = np.unique(np.round(a + b), return_counts=True)
        self._sum_up(pooled, all_now(pooled, rows_a, rows_b), times, rows_b)

    def _sum_up(self, pooled: Floats, p: Floats, times: Floats | npt.NDArray[np.int64], rows_b: int) -> None:
        """Of values with `pooled` rows each, which are new by chance with `p`, and there are `times` such values."""
        self.mean = float(np.sum(times * p * pooled) / rows_b)
        self._variance = float(np.sum(times * p * (1 - p) * pooled**2) / rows_b**2)
        likely = pooled[(times * p > 1e-9) & (pooled > 0)]
        self._step = float(likely.max() if len(likely) else 1.0) / rows_b
        self._rows = rows_b

    def p_value(self, distance: float) -> float:
        """Chance of at least this distance, 0..1."""
        excess = distance - self.mean
        if excess <= 0:
            return 1.0
        return float(np.exp(-(excess**2) / (2 * (self._variance + self._step * excess / 3))))

    def floor(self, level: float) -> float:
        """The distance exceeded with a chance of at most `level`."""
        log = -np.log(level)
        drift = self._step * log / 3
        return float(self.mean + drift + np.sqrt(drift**2 + 2 * self._variance * log))

    def interval(self, distance: float) -> tuple[float, float]:
        """The lowest and the highest true share (Wilson, 1927)."""
        z2 = Z_CONFIDENCE**2 / self._rows
        middle = (distance + z2 / 2) / (1 + z2)
        reach = np.sqrt(z2 * distance * (1 - distance) + z2**2 / 4) / (1 + z2)
        return max(float(middle - reach), 0.0), min(float(middle + reach), 1.0)

    def detectable(self, limit: float) -> float:
        """The smallest true share that is found, without what is new by chance, which would only add to it."""
        # The larger root of (share - bound)^2 = z^2 share (1 - share) / rows.
        bound = min(limit + 0.5 / self._rows, 1.0)
        spread = Z_POWER**2 / self._rows
        root = Z_POWER * float(np.sqrt(bound * (1 - bound) / self._rows + (spread / Z_POWER / 2) ** 2))
        return min((bound + spread / 2 + root) / (1 + spread), 1.0)


def all_now(pooled: Floats, rows_a: int, rows_b: int) -> Floats:
    """The chance that all of so many rows fall on the current side, where `rows_a` + `rows_b` are split at random."""
    if not rows_a:
        return np.ones(len(pooled))
    rows = rows_a + rows_b
    log_p = np.where(
        pooled <= rows_b, log_choose(rows_b, np.minimum(pooled, rows_b)) - log_choose(rows, pooled), -np.inf
    )
    found: Floats = np.exp(np.minimum(log_p, 0.0))
    return found
