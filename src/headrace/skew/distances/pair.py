"""A feature on two sides, with what several distances need of both: common counts, distribution functions, bins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from headrace.skew.distances.categories import Counts, aligned, merge_rare
from headrace.skew.distances.joint_distribution import JointDistribution
from headrace.skew.profiles.profile import FeatureProfile, Floats, Kind
from headrace.words import percent

BINS = 20
COARSE_BINS = 10
FINE_RESOLUTION = 0.001
"""Numeric features get `BINS`, and `COARSE_BINS` where a bucket of their quantile histogram holds a larger share."""
MIN_ROWS_PER_BIN = 10
OWN_BIN_SHARE = 0.02
"""Share of the rows from which a single value has a bin to itself; more where that would be few rows."""

OVER_TIME = ("before", "now")
SERVED = ("in training", "in serving")


@dataclass(frozen=True, kw_only=True, eq=False)
class FeaturePair:
    """One feature on two sides.

    `labels`: what the sides are called in a sentence, `OVER_TIME` or `SERVED`.
    """

    before: FeatureProfile
    now: FeatureProfile
    labels: tuple[str, str] = OVER_TIME

    @property
    def kind(self) -> Kind:
        """The kind of the feature before."""
        return self.before.kind

    @property
    def judged_by_default(self) -> bool:
        """Whether a change of its distribution is drift without a declaration."""
        return self.before.judged_by_default and self.now.judged_by_default

    @property
    def present(self) -> tuple[int, int]:
        """Rows with a value, on either side."""
        return self.before.present, self.now.present

    @property
    def resolution(self) -> float:
        """Share of the rows by which the distribution functions may be off, 0..1."""
        return max(self.before.resolution, self.now.resolution)

    @cached_property
    def counts(self) -> Counts:
        """Rows by value, of a categorical feature."""
        return aligned(self.before, self.now)

    @cached_property
    def joint(self) -> JointDistribution:
        """Both distribution functions, of a numeric feature."""
        return JointDistribution(self.before, self.now)

    @cached_property
    def bin_shares(self) -> tuple[Floats, Floats]:
        """Shares of the rows of either side in common bins, of a numeric feature."""
        rows = min(self.present)
        most = BINS if self.resolution < FINE_RESOLUTION else COARSE_BINS
        own = max(OWN_BIN_SHARE, MIN_ROWS_PER_BIN / 2 / rows)
        return self.joint.bins(max(2, min(most, rows // MIN_ROWS_PER_BIN)), own_bin_share=own)

    @cached_property
    def frequent_cells(self) -> tuple[Floats, Floats]:
        """Rows of either side by value or bin, with the rare ones as one: what Pearson's statistic can be taken of."""
        if self.kind == "categorical":
            return merge_rare(self.counts.a, self.counts.b)
        p, q = self.bin_shares
        return merge_rare(p * self.present[0], q * self.present[1])

    def change(self, was: str, is_now: str, unit: str = "") -> str:
        """Words for a value on either side, in a unit such as " of rows"."""
        then, since = self.labels
        if self.labels == OVER_TIME:
            return f"went from {was} to {is_now}{unit}"
        return f"is {was}{unit} {then}, {is_now} {since}"

    @cached_property
    def share_change(self) -> str:
        """Words for the category whose share of the rows changed the most."""
        counts = self.counts
        at = int(np.argmax(np.abs(counts.p - counts.q)))
        words = f"{counts.values[at]!r} {self.change(percent(counts.p[at]), percent(counts.q[at]), ' of rows')}"
        cut = "; rare values were left out of the statistics, so the true distance may be larger"
        return words + (cut if counts.cut else "")

    @property
    def median_change(self) -> str:
        """Words for the medians."""
        half = np.array([0.5])
        return (
            "the median "
            f"{self.change(*(side.shown(float(side.quantiles(half)[0])) for side in (self.before, self.now)))}"
        )

    @property
    def mean_change(self) -> str:
        """Words for the means."""
        return f"the mean {self.change(self.before.shown(self.before.mean), self.now.shown(self.now.mean))}"
