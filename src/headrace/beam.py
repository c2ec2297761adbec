"""Where Beam runs when nobody says (imports Beam)."""

from __future__ import annotations

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions


def in_this_process() -> beam.Pipeline:
    """A pipeline that runs here and downloads nothing: plain DirectRunner would try to fetch Prism, a binary."""
    return beam.Pipeline(runner="FnApiRunner", options=PipelineOptions([]))
