"""Labels: events and outcomes in, labeled examples out; the right label, never from the future, never lost."""

from headrace.labels.facts import LabelFacts
from headrace.labels.join import JoinedLabels, join_labels
from headrace.labels.label import Label
from headrace.labels.run import LabelJoinResult, join_label_files
from headrace.labels.schedule import as_of_schedule
from headrace.labels.sources import OutcomeSource
from headrace.labels.spec import LabelSpec

__all__ = [
    "JoinedLabels",
    "Label",
    "LabelFacts",
    "LabelJoinResult",
    "LabelSpec",
    "OutcomeSource",
    "as_of_schedule",
    "join_label_files",
    "join_labels",
]
