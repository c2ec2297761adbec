"""A small pipeline, which tests compile and run node by node: Ingest -> Stats, and Counted where a condition holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

DAYS = {"2026-03-03": 40, "2026-03-04": 60}


def write_data(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for day, rows in DAYS.items():
        (folder / f"{day}.csv").write_text("id,pace\n" + "".join(f"{i},{4 + i % 5}\n" for i in range(rows)))


def create(
    data: str,
    root: str,
    metadata: str = "",
    counted: str = "0",
    day: str | None = None,
    beam_args: list[str] | None = None,
    **ingest_settings: Any,
) -> Any:
    """The pipeline, whose run has the parameter `day`. Counted runs if `counted` many rows or more are accepted.

    Args:
        day: the default of the parameter; None if it must be given.
    """
    from tfx.dsl.experimental.conditionals import conditional
    from tfx.orchestration import metadata as tfx_metadata
    from tfx.orchestration import pipeline as tfx_pipeline
    from tfx.orchestration.data_types import RuntimeParameter

    from headrace.ingest import Field, IngestSpec, RecordSpec, Source
    from headrace_components import Ingest, Stats

    record = RecordSpec(fields=(Field(name="id", kind="integer", required=True), Field(name="pace", kind="float")))
    sources = (Source(name="rides", pattern="{DATA}/{DAY}.csv"),)
    spec = IngestSpec(sources=sources, record=record, splits={"all": 1}, **ingest_settings)
    ingest = Ingest(spec, day=RuntimeParameter("day", str, day), data=data)
    stats = Stats(ingest.outputs["examples"])
    nodes = [ingest, stats]
    if int(counted):
        accepted = ingest.outputs["examples"].future()[0].custom_property("rows.accepted")
        with conditional.Cond(accepted >= int(counted)):
            nodes.append(Stats(ingest.outputs["examples"]).with_id("Counted"))
    connection = tfx_metadata.sqlite_metadata_connection_config(metadata) if metadata else None
    return tfx_pipeline.Pipeline(
        pipeline_name="rides",
        pipeline_root=root,
        components=nodes,
        metadata_connection_config=connection,
        beam_pipeline_args=beam_args,
    )
