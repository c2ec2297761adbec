"""Statistics by TFDV (imports it): TFDV's generators and proto, fed whole Arrow batches; no Beam runs here."""

from headrace.stats.tfdv.files import read, read_examples
from headrace.stats.tfdv.making import Making
from headrace.stats.tfdv.options import options
from headrace.stats.tfdv.partials import ALL_ROWS, extract, merge, partials_of, statistics

__all__ = ["ALL_ROWS", "Making", "extract", "merge", "options", "partials_of", "read", "read_examples", "statistics"]
