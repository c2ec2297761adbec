"""Files, logs and databases in, typed rows out, and every row that was turned away with its reason."""

from headrace.ingest.database_source import DatabaseSource
from headrace.ingest.fields import Field, RecordSpec
from headrace.ingest.health import SourceHealth
from headrace.ingest.spans import SpanRange
from headrace.ingest.spec import IngestSpec, Source, TimeRange
from headrace.ingest.table import read_table
from headrace.ingest.time_splits import TimeSplits

__all__ = [
    "DatabaseSource",
    "Field",
    "IngestSpec",
    "RecordSpec",
    "Source",
    "SourceHealth",
    "SpanRange",
    "TimeRange",
    "TimeSplits",
    "read_table",
]
