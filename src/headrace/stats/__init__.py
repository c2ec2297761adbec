"""Statistics of `Examples`: TFDV's own proto, from large Arrow batches. What imports TFDV is in `tfdv` and `run`."""

from headrace.stats.declared import MutualInformation, Override, Slice
from headrace.stats.spec import StatsSpec

__all__ = ["MutualInformation", "Override", "Slice", "StatsSpec"]
