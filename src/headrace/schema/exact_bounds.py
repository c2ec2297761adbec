"""Bounds of whole numbers that statistics can't decide: they hold the extremes as floats, exact below 2^53.

max 9007199254740993, the largest value 9007199254740994 in the statistics: it may be 9007199254740993 in the data
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from headrace.schema.feature_protos import type_name

EXACT_BELOW = 2**53
_ENDS = {"min": -(2**63), "max": 2**63 - 1}
"""Beyond these no whole number lies."""


@dataclass(frozen=True, kw_only=True)
class UndecidedBound:
    """A bound of a feature that the extreme of its values equals, as floats. `code`: of a value beyond it."""

    feature: str
    code: str
    bound: int

    @property
    def words(self) -> str:
        """Why statistics don't decide."""
        side = "largest" if self.code.endswith("BIG_INT") else "smallest"
        return f"the {side} value is about {self.bound}, the bound, and statistics are exact only below 2^53"


def undecided_bounds(dataset: Any, schema: Any) -> Iterator[UndecidedBound]:
    """Those of the features of TFMD's `DatasetFeatureStatistics`."""
    features = {feature.name: feature for feature in schema.feature}
    for stats in dataset.features:
        feature = features.get(".".join(stats.path.step) or stats.name)
        if feature is None or type_name(feature) != "INT" or feature.WhichOneof("domain_info") != "int_domain":
            continue
        if stats.WhichOneof("stats") != "num_stats" or not stats.num_stats.common_stats.tot_num_values:
            continue
        for side, code in (("min", "INT_TYPE_SMALL_INT"), ("max", "INT_TYPE_BIG_INT")):
            bound = getattr(feature.int_domain, side)
            given = feature.int_domain.HasField(side) and bound != _ENDS[side]
            if given and abs(bound) >= EXACT_BELOW and getattr(stats.num_stats, side) == float(bound):
                yield UndecidedBound(feature=feature.name, code=code, bound=bound)
