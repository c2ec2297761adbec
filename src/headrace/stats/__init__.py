"""Statistics of `Examples`: TFDV's own proto, from large Arrow batches. Only modules in `tfdv` import TFDV when
they are imported themselves."""

from headrace.stats.compute import statistics, write_statistics
from headrace.stats.spec.nested import MutualInformation, Override, Slice
from headrace.stats.spec.stats_spec import StatsSpec
from headrace.stats.summary import DataSetSummary, FeatureSummary, summarize

__all__ = [
    "DataSetSummary",
    "FeatureSummary",
    "MutualInformation",
    "Override",
    "Slice",
    "StatsSpec",
    "statistics",
    "summarize",
    "write_statistics",
]
