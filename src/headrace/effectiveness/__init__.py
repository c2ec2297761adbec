"""How much each feature can tell a model, before any model sees it."""

from headrace.effectiveness.measure import Effectiveness, FeatureEffect, Pair, measure
from headrace.effectiveness.show import html, to_json

__all__ = ["Effectiveness", "FeatureEffect", "Pair", "html", "measure", "to_json"]
