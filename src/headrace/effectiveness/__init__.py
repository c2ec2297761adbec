"""How much each feature can tell a model, before any model sees it."""

from headrace.effectiveness.format import html, to_json
from headrace.effectiveness.measure import Effectiveness, FeatureEffect, Pair, measure

__all__ = ["Effectiveness", "FeatureEffect", "Pair", "html", "measure", "to_json"]
