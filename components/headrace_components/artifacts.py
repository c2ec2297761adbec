"""Artifact types that TFX does not have.

A type's name is where it can be imported from, and it has custom properties but no declared ones: Kubeflow Pipelines
requires both.
"""

from tfx.types import artifact


class Rejects(artifact.Artifact):
    """Rows that `Ingest` rejected: `rejects.parquet`, with the reason for each row, and `ledger.json`."""

    TYPE_NAME = "headrace_components.Rejects"


class Unlabeled(artifact.Artifact):
    """Events that have no label yet (immature) or will get none (excluded), with the reason."""

    TYPE_NAME = "headrace_components.Unlabeled"


class UnusedOutcomes(artifact.Artifact):
    """Outcomes that did not become labels: superseded, orphan, duplicate or late."""

    TYPE_NAME = "headrace_components.UnusedOutcomes"


class SchemaDiff(artifact.Artifact):
    """Changes against the previous schema: `diff.md` to read, `diff.json` to process; `proposal.yaml`, if any."""

    TYPE_NAME = "headrace_components.SchemaDiff"


class Effectiveness(artifact.Artifact):
    """How much each feature tells about the label: `effectiveness.json`, `.html`; not measured without examples."""

    TYPE_NAME = "headrace_components.Effectiveness"


class ReportPage(artifact.Artifact):
    """A page a person can look at: `report.html`, self-contained, and `verdict.json`."""

    TYPE_NAME = "headrace_components.ReportPage"
