"""TFX components: collect, label, measure and check the data of a pipeline.

To add one: a folder with `component.py` and `executor.py`, and its name here.
"""

from headrace_components import store_files as _registered  # noqa: F401
from headrace_components.artifacts import Effectiveness, Rejects, ReportPage, SchemaDiff, Unlabeled, UnusedOutcomes
from headrace_components.ingest.component import Ingest
from headrace_components.label_join.component import LabelJoin
from headrace_components.point_in_time_join.component import PointInTimeJoin
from headrace_components.report.component import Report
from headrace_components.schema_curator.component import SchemaCurator
from headrace_components.skew_check.component import SkewCheck
from headrace_components.stats.component import Stats

__all__ = [
    "Effectiveness",
    "Ingest",
    "LabelJoin",
    "PointInTimeJoin",
    "Rejects",
    "Report",
    "ReportPage",
    "SchemaCurator",
    "SchemaDiff",
    "SkewCheck",
    "Stats",
    "Unlabeled",
    "UnusedOutcomes",
]
