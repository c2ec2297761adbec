"""Artifact types for what TFX has none of.

A type's name is where it can be imported from, as Kubeflow Pipelines wants it; no declared properties, custom ones
instead, for the same reason.
"""

from tfx.types import artifact


class Rejects(artifact.Artifact):
    """Rows that `Ingest` turned away: `rejects.parquet`, a reason for each, and `ledger.json`."""

    TYPE_NAME = "headrace_components.Rejects"


class Unlabeled(artifact.Artifact):
    """Events that `LabelJoin` gave no label yet (immature) or will give none (excluded), with the reason."""

    TYPE_NAME = "headrace_components.Unlabeled"


class UnusedOutcomes(artifact.Artifact):
    """Outcomes that became no label: superseded, orphan, duplicate or late."""

    TYPE_NAME = "headrace_components.UnusedOutcomes"


class SchemaDiff(artifact.Artifact):
    """What changed against the schema of before: `diff.md` to read, `diff.json` to process; `proposal.yaml`, if any."""

    TYPE_NAME = "headrace_components.SchemaDiff"


class Effectiveness(artifact.Artifact):
    """What each feature tells of the label: `effectiveness.json`, `effectiveness.html`; empty without examples."""

    TYPE_NAME = "headrace_components.Effectiveness"


class ReportPage(artifact.Artifact):
    """A page a person can look at: `report.html`, self-contained, and `verdict.json`."""

    TYPE_NAME = "headrace_components.ReportPage"
