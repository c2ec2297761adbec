"""Labels: events and outcomes in, labeled examples out; the right label, never from the future, never lost."""

from headrace.labels.facts import LabelFacts
from headrace.labels.join import Joined, join_labels
from headrace.labels.spec import Label, LabelSpec

__all__ = ["Joined", "Label", "LabelFacts", "LabelSpec", "join_labels"]
