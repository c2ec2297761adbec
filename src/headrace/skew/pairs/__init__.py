"""Feature skew: the same example, found by its key on both sides, has other values at serving than at training."""

from headrace.skew.pairs.detect import FeatureDifferences, FeatureSkewResult, detect_feature_skew
from headrace.skew.pairs.findings import pair_findings
from headrace.skew.pairs.sources import Columns, FileColumns, TableColumns
from headrace.skew.pairs.spec import FeatureSkewSpec, Tolerance

__all__ = [
    "Columns",
    "FeatureDifferences",
    "FeatureSkewResult",
    "FeatureSkewSpec",
    "FileColumns",
    "TableColumns",
    "Tolerance",
    "detect_feature_skew",
    "pair_findings",
]
