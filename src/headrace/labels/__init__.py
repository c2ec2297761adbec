"""Labels: events and outcomes in, labeled examples out; the right label, never from the future, never lost."""

from headrace.labels.facts import LabelFacts
from headrace.labels.join import Joined, join_labels
from headrace.labels.label import Label
from headrace.labels.schedule import as_of_schedule
from headrace.labels.sources import OutcomeSource
from headrace.labels.spec import LabelSpec

__all__ = ["Joined", "Label", "LabelFacts", "LabelSpec", "OutcomeSource", "as_of_schedule", "join_labels"]
