"""How much information each feature has about a label, before any model is trained."""

from headrace.effectiveness.format import format_html, format_json
from headrace.effectiveness.measure import Effectiveness, FeatureEffect, Pair, measure_effectiveness

__all__ = ["Effectiveness", "FeatureEffect", "Pair", "format_html", "format_json", "measure_effectiveness"]
