"""Files, logs and databases in, typed rows out, and every row that was turned away with its reason."""

from headrace.examples.time_splits import TimeSplits
from headrace.ingest.read_table import read_table
from headrace.ingest.result import IngestResult
from headrace.ingest.run import ingest
from headrace.ingest.spec.database_source import DatabaseSource
from headrace.ingest.spec.fields import Field, RecordSpec
from headrace.ingest.spec.ingest_spec import IngestSpec
from headrace.ingest.spec.source import Source
from headrace.ingest.spec.source_health import SourceHealth
from headrace.ingest.spec.spans import SpanRange
from headrace.ingest.spec.time_range import TimeRange

__all__ = [
    "DatabaseSource",
    "Field",
    "IngestResult",
    "IngestSpec",
    "RecordSpec",
    "Source",
    "SourceHealth",
    "SpanRange",
    "TimeRange",
    "TimeSplits",
    "ingest",
    "read_table",
]
