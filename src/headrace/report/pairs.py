"""The table of feature skew, pair by pair, as plain data.

pace: 900 of 900 pairs differ, s1: 5.0 / 8.0467   ->   PairRow(feature="pace", differ=900, cause="a constant ...")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headrace.skew.pairs import FeatureSkewResult
from headrace.skew.pairs.findings import shown

FEATURES = 40
SAMPLES = 4


@dataclass(frozen=True, kw_only=True)
class PairRow:
    """One feature that differs; `samples`: key, training, serving."""

    feature: str
    differ: int
    training_only: int
    serving_only: int
    cause: str
    samples: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class PairTable:
    """The ledgers of both sides, and the features that differ, those that differ most first; `left`: not listed."""

    training: str
    serving: str
    keys: Sequence[str]
    rows: Sequence[PairRow]
    left: int = 0

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PairTable:
        """From what `dataclasses.asdict` makes of one."""
        return cls(**{**data, "rows": [PairRow(**row) for row in data["rows"]]})


def pair_table(paired: FeatureSkewResult) -> PairTable:
    """The table of a result of `detect_feature_skew`."""
    unequal = [feature for feature in paired.features if feature.unequal]
    rows = [
        PairRow(
            feature=f.feature,
            differ=f.mismatches,
            training_only=f.training_only,
            serving_only=f.serving_only,
            cause=f.cause,
            samples=[[key, shown(a), shown(b)] for key, a, b in f.samples[:SAMPLES]],
        )
        for f in unequal[:FEATURES]
    ]
    left = len(unequal) - len(rows)
    return PairTable(training=str(paired.training), serving=str(paired.serving), keys=paired.keys, rows=rows, left=left)
