"""Outputs that exist only for Kubeflow's user interface: a page and numbers, beside the node's own outputs.

    a node with an output of type headrace_components.ReportPage  ->  + <output>_html   system.HTML
    any node of headrace                                          ->  + metrics         system.Metrics

The interface shows an artifact by the title of its type; of a `system.HTML` it shows the one file that its URI names.
The compiler declares these outputs and the entrypoint writes them, so components need not know of them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping

from headrace_pipelines.kubeflow.messages import Artifact, ArtifactList, ArtifactSpec, ArtifactType

REPORT = "headrace_components.ReportPage"
REPORT_PAGE = "report.html"
HTML, METRICS = "system.HTML", "system.Metrics"
VERSION = "0.0.1"
METRICS_OUTPUT = "metrics"


def type_title(artifact_type: ArtifactType) -> str:
    """The title of an artifact type: its `schemaTitle`, or the title in its `instanceSchema`; "" if it has none."""
    import yaml

    if "schemaTitle" in artifact_type:
        return artifact_type["schemaTitle"]
    schema = yaml.safe_load(artifact_type.get("instanceSchema", "")) or {}
    return str(schema.get("title", ""))


def declare_views(outputs: Mapping[str, ArtifactSpec]) -> dict[str, ArtifactSpec]:
    """The views to declare for a node that has these outputs."""
    pages = {f"{name}_html": HTML for name, output in outputs.items() if type_title(output["artifactType"]) == REPORT}
    views = {**pages, METRICS_OUTPUT: METRICS}
    return {
        name: {"artifactType": {"schemaTitle": title, "schemaVersion": VERSION}}
        for name, title in views.items()
        if name not in outputs
    }


def find_views(outputs: Mapping[str, ArtifactList]) -> dict[str, str]:
    """Those of a task's outputs that are views, with the title of their type."""
    titles = {
        name: type_title(output["artifacts"][0].get("type", {}))
        for name, output in outputs.items()
        if output.get("artifacts")
    }
    return {name: title for name, title in titles.items() if title in (HTML, METRICS)}


def copy_page(report_path: str, page_path: str) -> None:
    """Copies the page of a report to the file that the interface shows."""
    os.makedirs(os.path.dirname(page_path), exist_ok=True)
    shutil.copyfile(os.path.join(report_path, REPORT_PAGE), page_path)


def numeric_metadata(artifacts: Mapping[str, Artifact]) -> dict[str, object]:
    """The numbers among the metadata of a node's outputs, by name; of a name that several have, the first."""
    numbers: dict[str, object] = {}
    for name, value in _numbers(artifacts):
        numbers.setdefault(name, value)
    return numbers


def _numbers(artifacts: Mapping[str, Artifact]) -> Iterator[tuple[str, float]]:
    for artifact in artifacts.values():
        for name, value in sorted(artifact.get("metadata", {}).items()):
            if isinstance(value, (int, float)) and not isinstance(value, bool) and name != "span":
                yield name, value
